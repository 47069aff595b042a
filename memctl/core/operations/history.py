"""Reads the journal of operations; writing it is done in `operation`."""

from __future__ import annotations

from ...model.results import HistoryResult
from ..local_state import open_journal


def read_history(*, group_id: str | None = None, limit: int = 20) -> HistoryResult:
    """List operations and their steps, newest first.

    Raises:
        LocalStateUnusable: when memctl's own SQLite file can't be read.
    """
    with open_journal() as journal:
        return HistoryResult(journal.operations(limit, group_id))

"""Reads the journal of operations; writing it is done in `operation`."""

from __future__ import annotations

from ...model.results import HistoryResult


def read_history(*, group_id: str | None = None, limit: int = 20) -> HistoryResult:
    """List operations and their steps, newest first.

    Raises:
        LocalStateUnusable: when memctl's own SQLite file can't be read.
    """
    from ...store.database import open_state
    from ...store.journal import Journal

    with open_state() as state:
        return HistoryResult(Journal(state).operations(limit, group_id))

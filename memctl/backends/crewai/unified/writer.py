"""Writes and deletes records in CrewAI's Lance table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...base import Failure, FailureReason
from .rows import COLUMNS, to_row
from .table import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ....model.memory_type import MemoryType
    from ....model.record import MemoryRecord
    from ....model.selector import Selector
    from .memory import UnifiedMemory


class Writer:
    """Writes to the one table of a store.

    Args:
        memories: the table, if there is one.
        create: creates the table for a dimension, and returns it.
    """

    def __init__(
        self, memories: Sequence[UnifiedMemory], create: Callable[[int], UnifiedMemory]
    ) -> None:
        self._memories = memories
        self._create = create

    def upsert(self, records: Sequence[MemoryRecord]) -> dict[str, Failure]:
        """Write records with distinct ids in one commit; return those that were refused."""
        now = datetime.now(UTC)
        failed: dict[str, Failure] = {}
        rows: list[dict[str, Any]] = []
        held: list[MemoryRecord] = []
        taken = self._ambiguous_ids()
        for record in records:
            reason = _refusal(record, taken)
            try:
                row = to_row(record, now) if reason is None else {}
                _check_text(row)
            except ValueError as exc:
                reason = f"it can't be written as UTF-8 and JSON: {exc}"
            if reason is not None:
                failed[record.id] = Failure(FailureReason.REFUSED, reason)
                continue
            rows.append({**row, "vector": record.embedding})
            held.append(record)
        if rows:
            self._merge(rows, held)
        return failed

    def _ambiguous_ids(self) -> frozenset[str]:
        """Return the ids that several rows have, and the ids given to the later ones."""
        copies = {each for memory in self._memories for each in memory.copies().values()}
        if not copies:
            return frozenset()
        return frozenset(copies | {each.rpartition("#")[0] for each in copies})

    def _merge(self, rows: list[dict[str, Any]], records: Sequence[MemoryRecord]) -> None:
        (memory,) = self._memories or [self._create(len(rows[0]["vector"]))]
        row_ids = memory.row_ids(records)
        rows = [{**row, "id": row_ids[row["id"]]} for row in rows]
        memory.table.merge(_as_arrow(rows, memory.table.dimension))

    def delete(self, memory_type: MemoryType, selector: Selector) -> int:
        """Delete the rows of a type that a selector with ids means; return how many."""
        deleted = 0
        for memory in self._memories:
            found = memory.read(memory.find(selector, memory_type), with_embeddings=False)
            meant = [
                address
                for address, record in found.items()
                if record.type is memory_type and selector.matches(record)
            ]
            deleted += memory.table.delete(meant)
        return deleted


def _refusal(record: MemoryRecord, taken: frozenset[str]) -> str | None:
    import numpy as np

    if not record.id:
        return "its id is empty"
    # CrewAI saves such a record with a vector of zeros, which `verify` warns of.
    if record.embedding is None:
        return "it has no vector, and CrewAI would find it by none"
    if not np.isfinite(record.embedding).all():
        return "its vector holds NaN or an infinity"
    if record.id in taken:
        return "several rows of the table have its id, and CrewAI would take any of them"
    return None


def _check_text(row: dict[str, Any]) -> None:
    """Raise `ValueError` for half of a surrogate pair, which is no UTF-8."""
    for value in row.values():
        if isinstance(value, str):
            value.encode()


def _as_arrow(rows: list[dict[str, Any]], dimension: int) -> Any:
    import numpy as np
    import pyarrow as pa

    vectors = np.concatenate([row["vector"] for row in rows]).astype(np.float32, copy=False)
    form = schema(dimension)
    columns = [pa.array([row[name] for row in rows], form.field(name).type) for name in COLUMNS]
    block = pa.FixedSizeListArray.from_arrays(pa.array(vectors, pa.float32()), dimension)
    return pa.Table.from_arrays([*columns, block], schema=form)

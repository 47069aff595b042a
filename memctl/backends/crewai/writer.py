"""Writes and deletes rows of CrewAI's Lance table; how a record becomes a row, `rows` knows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..base import Failure, FailureReason
from .rows import COLUMNS, to_row
from .table import create_table, schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from ...model.selector import Selector
    from .backend import CrewaiBackend


class Writer:
    """Writes to the one table of a store."""

    def __init__(self, backend: CrewaiBackend) -> None:
        self._backend = backend

    def upsert(self, records: Sequence[MemoryRecord]) -> dict[str, Failure]:
        """Write records of distinct ids in one commit; return those that the table can't hold."""
        now = datetime.now(UTC)
        failed: dict[str, Failure] = {}
        rows: list[dict[str, Any]] = []
        held: list[MemoryRecord] = []
        taken = self._several()
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

    def _several(self) -> frozenset[str]:
        """List the ids that several rows of the table have, and the names of the later ones."""
        copies = {
            each for memory in self._backend.store.unified for each in memory.copies().values()
        }
        if not copies:
            return frozenset()
        return frozenset(copies | {each.rpartition("#")[0] for each in copies})

    def _merge(self, rows: list[dict[str, Any]], records: Sequence[MemoryRecord]) -> None:
        if not self._backend.store.unified:
            create_table(self._backend.place.unified_directory, len(rows[0]["vector"]))
            self._backend.forget()
        (memory,) = self._backend.store.unified
        row_ids = memory.row_ids(records)
        rows = [{**row, "id": row_ids[row["id"]]} for row in rows]
        memory.table.merge(_as_arrow(rows, memory.table.dimension))

    def delete(self, memory_type: MemoryType, selector: Selector) -> int:
        """Delete the rows of a type that a selector with ids means, by address."""
        deleted = 0
        for memory in self._backend.store.unified:
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

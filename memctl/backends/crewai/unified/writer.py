"""Writes and deletes records in CrewAI's Lance table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ....model.records import column_of
from ...holding import Holds, Unheld, as_utf8_and_json, judge_ids, judge_vectors, sort_out
from .rows import COLUMNS, to_row
from .table import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ....model.memory_type import MemoryType
    from ....model.record import MemoryRecord
    from ....model.selector import Selector
    from ...base import Failure
    from .memory import UnifiedMemory

# CrewAI saves a record without a vector with one of zeros, which `verify` warns of.
HOLDS: Final = Holds(
    empty_ids=False,
    half_characters=False,
    odd_numbers=False,
    odd_vectors=False,
    no_vector="it has no vector, and CrewAI would find it by none",
)


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
        now, taken = datetime.now(UTC), self._ambiguous_ids()
        made, failed = sort_out(records, lambda some: _to_rows(some, now, taken))
        if made:
            self._merge([row for _, row in made], [record for record, _ in made])
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


def _to_rows(
    records: Sequence[MemoryRecord], now: datetime, taken: frozenset[str]
) -> list[tuple[MemoryRecord, dict[str, Any]]]:
    """Return each record with its row.

    Raises:
        Unheld: saying why the table can't hold one of them.
    """
    ids = column_of(records, "id")
    judge_ids(ids, HOLDS)
    judge_vectors(column_of(records, "embedding"), HOLDS)
    if taken.intersection(ids):
        raise Unheld("several rows of the table have its id, and CrewAI would take any of them")
    with as_utf8_and_json():
        rows = [{**to_row(each, now), "vector": each.embedding} for each in records]
        for value in (each for row in rows for each in row.values() if isinstance(each, str)):
            value.encode()
    return [*zip(records, rows, strict=True)]


def _as_arrow(rows: list[dict[str, Any]], dimension: int) -> Any:
    import numpy as np
    import pyarrow as pa

    vectors = np.concatenate([row["vector"] for row in rows]).astype(np.float32, copy=False)
    form = schema(dimension)
    columns = [pa.array([row[name] for row in rows], form.field(name).type) for name in COLUMNS]
    block = pa.FixedSizeListArray.from_arrays(pa.array(vectors, pa.float32()), dimension)
    return pa.Table.from_arrays([*columns, block], schema=form)

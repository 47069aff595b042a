"""Counts the rows that a selector means, by collection, type and group; deletes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from ...model.results import RowsMeant

if TYPE_CHECKING:
    from ...backends.base import MemoryBackend
    from ...model.memory_type import MemoryType
    from ...model.selector import Selector

    Place = tuple[str, MemoryType, str | None]


def count_rows(backend: MemoryBackend, selector: Selector) -> tuple[tuple[RowsMeant, ...], int]:
    """Count the rows that are meant, and those that just lack the group to be."""
    counted = _count(backend, replace(selector, group_id=None))
    meant = tuple(
        RowsMeant(collection, memory_type, group, records)
        for (collection, memory_type, group), records in counted.items()
        if selector.owner_fits(group, selector.crew_id)
    )
    if selector.group_id is None or selector.include_unscoped:
        return meant, 0
    return meant, sum(records for (_, _, group), records in counted.items() if group is None)


def _count(backend: MemoryBackend, selector: Selector) -> Counter[Place]:
    """Count by collection, type and group; by ids and age only reading every row can tell."""
    counted: Counter[Place] = Counter()
    if selector.ids is None and selector.created_before is None:
        for row in backend.tally(selector):
            counted[row.collection, row.type, row.group_id] += row.records
        return counted
    for memory_type in filter(selector.wants, backend.describe().types):
        for batch in backend.scan(memory_type, selector, with_embeddings=False):
            for record in batch.records:
                counted[batch.collection, memory_type, record.group_id] += 1
    return counted

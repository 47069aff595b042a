"""Notices that a store was written to while it was read; what was read, others compare."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...backends.facets import Snapshotted
from ..connect import open_selection
from .retyping import give_back

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...model.memory_type import MemoryType
    from ..connect import Connection
    from .reading import Reading


def revisions(source: Connection, types: Iterable[MemoryType]) -> dict[MemoryType, str | None]:
    """Ask a store for the revision of each of these types that it has."""
    there = set(source.backend.describe().types)
    store = source.backend.facet(Snapshotted)
    return {each: store.revision(each) if store else None for each in types if each in there}


def changed_types(source: Connection, reading: Reading, *, is_same: bool) -> list[MemoryType]:
    """List the types of which rows that are meant were written since the reading was planned.

    A store that does not tell its revision is trusted as long as both sides are the same.

    Args:
        source: the store that was read.
        reading: what was meant, and how the store was then.
        is_same: whether the other side holds all that was read.
    """
    return [each for each in reading.counts if _is_changed(source, reading, each, is_same=is_same)]


def _is_changed(
    source: Connection, reading: Reading, memory_type: MemoryType, *, is_same: bool
) -> bool:
    before = reading.revisions.get(memory_type)
    store = source.backend.facet(Snapshotted)
    if before is None or store is None:
        return not is_same and _is_another_count(source, reading, memory_type)
    if before == store.revision(memory_type):
        return False
    is_part = reading.selector.group_id is not None or reading.selector.crew_id is not None
    if is_same and is_part:
        # Rows that nobody asked for may have been written; those that are meant are counted again.
        return _is_another_count(source, reading, memory_type)
    return True


def _is_another_count(source: Connection, reading: Reading, memory_type: MemoryType) -> bool:
    wanted = replace(reading.selector, types=frozenset({memory_type}))
    with open_selection(source.selection) as again:
        side = give_back(again, reading.given_back)
        return side.backend.count(wanted) != reading.counts[memory_type]

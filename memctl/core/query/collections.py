"""Counts the rows of collections, which no store does while it only describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...backends.base import MemoryBackend
    from ...model.backend.collection import Collection
    from ...model.memory_type import MemoryType


def count_collections(backend: MemoryBackend) -> dict[Collection, int]:
    """Return how many rows each collection holds, those of no memory type too."""
    return {each: backend.rows_in(each) for each in backend.describe().collections}


def count_untyped(backend: MemoryBackend) -> dict[Collection, int]:
    """Return how many rows each collection of no memory type holds."""
    found = (each for each in backend.describe().collections if each.type is None)
    return {each: backend.rows_in(each) for each in found}


def types_with_rows(backend: MemoryBackend, types: Iterable[MemoryType]) -> set[MemoryType]:
    """Return those of the types of which a store holds any rows, of whoever they are."""
    described = backend.describe()
    return {each for each in types if any(map(backend.rows_in, described.of_type(each)))}

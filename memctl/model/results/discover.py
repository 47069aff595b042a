"""What `memctl discover` found, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .base import Result

if TYPE_CHECKING:
    from datetime import datetime

    from ..memory_type import MemoryType


@dataclass(frozen=True, slots=True)
class TypeFound:
    """How many records of a memory type a store holds.

    Attributes:
        type: the memory type.
        records: how many.
    """

    type: MemoryType
    records: int


@dataclass(frozen=True, slots=True)
class UncountedFound:
    """Something in a store that is no memory.

    Attributes:
        name: of the collection or table.
        records: how many rows it has.
    """

    name: str
    records: int


@dataclass(frozen=True, slots=True)
class StoreFound:
    """One store, or one generation of memory in it.

    Attributes:
        location: how other commands name it.
        backend: the backend that reads it.
        path: the directory.
        generation: ``G1`` (CrewAI 0.74 to 0.186), ``G2`` (0.193 to 1.9) or ``G3`` (1.10 and newer).
        format: what keeps it, with its schema level.
        readers: which programs can still read it.
        crews: by name; null where only reading every row would tell.
        types: records by memory type.
        records: all of them; null where they can't be counted.
        dimensions: of the vectors.
        uncounted: what lies there and is no memory.
        size_bytes: of its files.
        last_write: when any of its files was changed last.
        problem: why it could not be read in full; null where it could.
        hint: what follows from it; null where nothing does.
    """

    location: str
    backend: str
    path: str
    generation: str
    format: str
    readers: str
    crews: list[str] | None
    types: list[TypeFound]
    records: int | None
    dimensions: list[int]
    uncounted: list[UncountedFound]
    size_bytes: int
    last_write: datetime | None
    problem: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceSearched:
    """A place where memory may lie.

    Attributes:
        path: the directory.
        why: what puts memory there.
        found: whether any lies there.
    """

    path: str
    why: str
    found: bool


@dataclass(frozen=True, slots=True)
class DiscoverResult(Result):
    """What `memctl discover` found, and where it looked.

    Attributes:
        stores: the stores; one for each generation of memory in a directory.
        searched: the places, in the order in which they were searched.
    """

    stores: list[StoreFound]
    searched: list[PlaceSearched]

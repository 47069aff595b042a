"""What a store says of its collections and rows without reading their vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..memory_type import MemoryType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Collection:
    """What holds the records of one memory type.

    Attributes:
        name: as the store calls it.
        type: the memory type, or `None` where the collection fits none (CrewAI's ``knowledge_*``).
        dimension: of its vectors; `None` while it holds none.
        metric: ``cosine``, ``l2`` or ``ip``; `None` where the store names none.
        crew_id: the crew that the collection's name gives, if any.
        embedder: the model that made its vectors, where the store says so.
    """

    name: str
    type: MemoryType | None
    dimension: int | None
    metric: str | None
    crew_id: str | None = None
    embedder: str | None = None


class Description:
    """What the collections of a store are like; how many rows they hold is asked elsewhere.

    A store that has to be asked about each type apart overrides `collections`, `types` and
    `of_type`, so that nobody waits for what is not needed.

    Args:
        collections: every collection, those of no memory type too.
        dimension: the one that vectors of a type must have while no collection of it has any;
            `None`: any will do.
    """

    def __init__(
        self, collections: Sequence[Collection] = (), dimension: int | None = None
    ) -> None:
        self._collections = tuple(collections)
        self._dimension = dimension

    @property
    def collections(self) -> Sequence[Collection]:
        """Every collection, those of no memory type too."""
        return self._collections

    @property
    def types(self) -> list[MemoryType]:
        """The memory types that there is a collection for."""
        found = {each.type for each in self._collections}
        return [each for each in MemoryType if each in found]

    def of_type(self, memory_type: MemoryType) -> Sequence[Collection]:
        """List the collections of a memory type."""
        return [each for each in self._collections if each.type is memory_type]

    def dimension(self, memory_type: MemoryType) -> int | None:
        """Return the dimension that vectors of the type must have, or `None` where any will do."""
        found = (each.dimension for each in self.of_type(memory_type))
        return next((each for each in found if each is not None), self._dimension)

    def metric(self, memory_type: MemoryType) -> str:
        """Name the metric by which records of the type are ranked."""
        metrics = (each.metric for each in self.of_type(memory_type))
        return next((each for each in metrics if each is not None), "l2")

    def has_dimension(self, memory_type: MemoryType) -> bool:
        """Return whether a collection of the type has a dimension, which it keeps from then on."""
        return any(each.dimension is not None for each in self.of_type(memory_type))


@dataclass(frozen=True, slots=True)
class OwnerCount:
    """How many rows of a collection share group and crew."""

    collection: str
    type: MemoryType
    group_id: str | None
    crew_id: str | None
    records: int


@dataclass(frozen=True, slots=True)
class TallyRow:
    """How many rows of a collection share owner, agent and day.

    Attributes:
        day: the UTC day of ``created_at``, or `None` for rows without a time.
        oldest: the earliest ``created_at`` among them.
        newest: the latest one.
    """

    collection: str
    type: MemoryType
    group_id: str | None
    crew_id: str | None
    agent_id: str | None
    day: date | None
    records: int
    oldest: datetime | None
    newest: datetime | None

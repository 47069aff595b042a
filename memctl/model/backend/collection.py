"""What a store says of its collections and rows without reading their vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from ..memory_type import MemoryType


@dataclass(frozen=True, slots=True)
class Collection:
    """What holds the records of one memory type.

    Attributes:
        name: as the store calls it.
        type: the memory type, or `None` where the collection fits none (CrewAI's ``knowledge_*``).
        records: how many rows it holds, of every group and crew.
        dimension: of its vectors; `None` while it holds none.
        metric: ``cosine``, ``l2`` or ``ip``; `None` where the store names none.
        crew_id: the crew that the collection's name gives, if any.
        embedder: the model that made its vectors, where the store says so.
    """

    name: str
    type: MemoryType | None
    records: int
    dimension: int | None
    metric: str | None
    crew_id: str | None = None
    embedder: str | None = None


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

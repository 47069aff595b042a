"""What `memctl stats` counted, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .base import Result, StoreUsed

if TYPE_CHECKING:
    from datetime import date, datetime

    from ..memory_type import MemoryType


@dataclass(frozen=True, slots=True)
class TypeStats:
    """One memory type: its records, the dimensions of its vectors, the collections that hold it."""

    type: MemoryType
    records: int
    dimensions: list[int]
    collections: list[str]
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class CollectionStats:
    """One collection; ``type`` is `None` where it fits no memory type and is not counted."""

    name: str
    type: MemoryType | None
    records: int
    dimension: int | None
    metric: str | None


@dataclass(frozen=True, slots=True)
class CrewStats:
    """How many records a crew has in a group."""

    crew_id: str | None
    group_id: str | None
    records: int


@dataclass(frozen=True, slots=True)
class AgentStats:
    """How many records an agent of a crew has."""

    agent_id: str | None
    crew_id: str | None
    records: int


@dataclass(frozen=True, slots=True)
class DayStats:
    """How many records were created on a UTC day."""

    day: date | None
    records: int


@dataclass(frozen=True, slots=True)
class StatsResult(StoreUsed, Result):
    """What `memctl stats` counted.

    Attributes:
        total: records of the group and crew that were asked for.
        unscoped: rows without a group; counted in ``total`` only where all groups are read.
        size_bytes: of the store on disk, or `None` where that can't be known.
        is_mappable: whether `--map` can say the type of a collection.
    """

    group_id: str | None
    crew_id: str | None
    total: int
    unscoped: int
    types: list[TypeStats]
    collections: list[CollectionStats]
    crews: list[CrewStats]
    agents: list[AgentStats]
    days: list[DayStats]
    oldest: datetime | None
    newest: datetime | None
    size_bytes: int | None
    is_mappable: bool = True

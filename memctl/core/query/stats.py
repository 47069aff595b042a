"""Counts what a store holds, by type, crew, agent and day; reads no vector."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from ...backends.facets import Snapshotted
from ...model.results import (
    AgentStats,
    CollectionStats,
    CrewStats,
    DayStats,
    StatsResult,
    TypeStats,
)
from ...model.selector import Selector
from ..connect import connect
from .collections import count_untyped
from .rows import EVERY_ROW

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from ...model.backend.collection import Collection, TallyRow
    from ...model.memory_type import MemoryType
    from ..connect import Connection
    from ..selection import StoreRequest
    from .rows import Rows

    Key = TypeVar("Key", bound=Hashable)


def count_memory(request: StoreRequest, rows: Rows = EVERY_ROW) -> StatsResult:
    """Count the records of a store, or of one crew in it.

    Raises:
        MemctlError: when the store can't be chosen, opened or read in full.
    """
    with connect(request, only_looks=True) as connection:
        return _stats(connection, connection.selector(rows))


def _stats(connection: Connection, selector: Selector) -> StatsResult:
    rows = connection.backend.tally(Selector(crew_id=selector.crew_id))
    meant = [row for row in rows if selector.owner_fits(row.group_id, row.crew_id)]
    described = connection.backend.describe()
    untyped = count_untyped(connection.backend)
    profile = connection.selection.profile
    files = connection.backend.facet(Snapshotted)
    return StatsResult(
        **connection.used.named,
        group_id=selector.group_id,
        crew_id=selector.crew_id,
        total=_sum(meant),
        unscoped=_sum(row for row in rows if row.group_id is None),
        types=[
            _type_stats(
                each,
                described.of_type(each),
                meant,
                is_enabled=not profile or profile.keeps(each),
            )
            for each in described.types
        ],
        collections=[_collection_stats(each, meant, untyped) for each in described.collections],
        crews=[
            CrewStats(crew, group, records)
            for (crew, group), records in _by(meant, lambda row: (row.crew_id, row.group_id))
        ],
        agents=[
            AgentStats(agent, crew, records)
            for (agent, crew), records in _by(meant, lambda row: (row.agent_id, row.crew_id))
        ],
        days=sorted(
            (DayStats(day, records) for day, records in _by(meant, lambda row: row.day)),
            key=lambda stats: str(stats.day or ""),
        ),
        oldest=min((row.oldest for row in meant if row.oldest), default=None),
        newest=max((row.newest for row in meant if row.newest), default=None),
        size_bytes=files.size_bytes() if files else None,
        is_mappable=any(each.name == "map" for each in connection.backend.info.settings),
    )


def _sum(rows: Iterable[TallyRow]) -> int:
    return sum(row.records for row in rows)


def _by(rows: Iterable[TallyRow], key: Callable[[TallyRow], Key]) -> list[tuple[Key, int]]:
    """Sum rows by a key, the most first."""
    counted: Counter[Key] = Counter()
    for row in rows:
        counted[key(row)] += row.records
    return sorted(counted.items(), key=lambda item: (-item[1], str(item[0])))


def _type_stats(
    memory_type: MemoryType,
    collections: Iterable[Collection],
    meant: Iterable[TallyRow],
    *,
    is_enabled: bool,
) -> TypeStats:
    return TypeStats(
        type=memory_type,
        records=_sum(row for row in meant if row.type is memory_type),
        dimensions=sorted({each.dimension for each in collections if each.dimension is not None}),
        collections=[each.name for each in collections],
        is_enabled=is_enabled,
    )


def _collection_stats(
    collection: Collection, meant: Iterable[TallyRow], untyped: Mapping[Collection, int]
) -> CollectionStats:
    """Count what was asked for; a collection of no memory type is counted whole."""
    records = untyped.get(collection)
    if records is None:
        records = _sum(row for row in meant if row.collection == collection.name)
    return CollectionStats(
        collection.name, collection.type, records, collection.dimension, collection.metric
    )

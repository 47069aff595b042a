"""Counts records by reading them, for stores that can't count."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ...model.backend.collection import TallyRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from ..exchange import Batch

    TallyKey = tuple[str, MemoryType, str | None, str | None, str | None, date | None]


def tally_batches(batches: Iterable[Batch]) -> list[TallyRow]:
    """Count by collection, owner, agent and day."""
    counts: dict[TallyKey, int] = defaultdict(int)
    times: dict[TallyKey, tuple[datetime, datetime]] = {}
    for batch in batches:
        for record in batch.records:
            key = _tally_key(batch.collection, record)
            counts[key] += 1
            if (moment := record.created_at) is not None:
                oldest, newest = times.get(key, (moment, moment))
                times[key] = (min(oldest, moment), max(newest, moment))
    return [TallyRow(*key, count, *times.get(key, (None, None))) for key, count in counts.items()]


def _tally_key(collection: str, record: MemoryRecord) -> TallyKey:
    day = record.created_at.date() if record.created_at else None
    return (collection, record.type, record.group_id, record.crew_id, record.agent_id, day)

"""Counts the rows of CrewAI's Lance table by owner and day, in Arrow where it can."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ....model.canonical import parse_time
from ....model.memory_type import MemoryType
from ...holding import RECORD_KEY
from .rows import read_mark, read_metadata
from .scopes import ROOT, agent_of, crew_of

if TYPE_CHECKING:
    from datetime import date, datetime

    import pyarrow as pa

    Owner = tuple[MemoryType, str | None, str | None, str | None]
    """Type, group, crew and agent."""

COUNTED: Final = ("scope", "created_at", "metadata_str")
_PLAIN_TIME: Final = r"^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{6})?$"
"""CrewAI's own form of times, whose texts sort like the times."""
_DAY: Final = len("2026-01-01")


@dataclass(slots=True)
class Counts:
    """Counts of the rows of a table by owner and day.

    Attributes:
        version: the table's version.
        rows: how many rows there are.
        times: the earliest and the latest time of each count; rows without a time are left out.
    """

    version: int
    rows: Counter[tuple[Owner, date | None]] = field(default_factory=Counter)
    times: dict[tuple[Owner, date | None], tuple[datetime, datetime]] = field(default_factory=dict)

    def of(self, memory_type: MemoryType) -> int:
        """Return how many rows of a type there are."""
        return sum(n for (owner, _), n in self.rows.items() if owner[0] is memory_type)

    def add_batch(self, batch: pa.RecordBatch) -> None:
        """Add a batch: plain rows in groups, the others one by one."""
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = pa.Table.from_batches([batch])
        is_plain = pc.match_substring_regex(rows.column("created_at"), _PLAIN_TIME)
        is_marked = pc.match_substring(rows.column("metadata_str"), RECORD_KEY)
        is_simple = pc.and_not(pc.fill_null(is_plain, False), pc.fill_null(is_marked, False))
        self._add_groups(rows.filter(is_simple))
        for row in rows.filter(pc.invert(is_simple)).to_pylist():
            owner, moment = _read(row["scope"], row["created_at"], row["metadata_str"])
            self._add(owner, 1, moment, moment)

    def _add_groups(self, rows: pa.Table) -> None:
        import pyarrow.compute as pc

        days = pc.utf8_slice_codeunits(rows.column("created_at"), 0, _DAY)
        kinds = [("created_at", each) for each in ("count", "min", "max")]
        for group in (
            rows.append_column("day", days).group_by(["scope", "day"]).aggregate(kinds).to_pylist()
        ):
            oldest, newest = (parse_time(group[f"created_at_{each}"]) for each in ("min", "max"))
            owner = _owner(group["scope"])
            self._add(owner, group["created_at_count"], oldest, newest)

    def _add(
        self, owner: Owner, number: int, oldest: datetime | None, newest: datetime | None
    ) -> None:
        key = owner, oldest.date() if oldest else None
        self.rows[key] += number
        if oldest is not None and newest is not None:
            first, last = self.times.get(key, (oldest, newest))
            self.times[key] = min(first, oldest), max(last, newest)


def _owner(scope: str | None) -> Owner:
    scope = scope or ROOT
    return MemoryType.UNIFIED, None, crew_of(scope), agent_of(scope)


def _read(
    scope: str | None, created: str | None, metadata: str | None
) -> tuple[Owner, datetime | None]:
    """Return owner and time of a row, the same as its record has."""
    memory_type, group, crew, agent = _owner(scope)
    mark = read_mark(read_metadata(metadata)[1])
    owner = (
        mark.get("type", memory_type),
        mark.get("group_id", group),
        mark.get("crew_id", crew),
        mark.get("agent_id", agent),
    )
    return owner, mark.get("created_at", parse_time(created or ""))

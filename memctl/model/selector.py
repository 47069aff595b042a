"""Which records are meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .memory_type import MemoryType
    from .record import MemoryRecord


@dataclass(frozen=True, slots=True)
class Selector:
    """Which records are meant: those that fit every part that is given.

    Attributes:
        group_id: rows of this group only; `None` means rows of every group and of none.
        include_unscoped: with ``group_id``, also rows without a group.
        crew_id: rows of this crew only.
        types: memory types; empty means all.
        created_before: rows created before this aware time; rows without a time never fit.
        ids: rows with one of these ids; `None` means any.
    """

    group_id: str | None = None
    include_unscoped: bool = False
    crew_id: str | None = None
    types: frozenset[MemoryType] = frozenset()
    created_before: datetime | None = None
    ids: frozenset[str] | None = None

    def wants(self, memory_type: MemoryType) -> bool:
        """Return whether records of this type can fit."""
        return not self.types or memory_type in self.types

    def owner_fits(self, group_id: str | None, crew_id: str | None) -> bool:
        """Return whether rows of this group and crew can fit."""
        if self.crew_id is not None and crew_id != self.crew_id:
            return False
        if self.group_id is None or group_id == self.group_id:
            return True
        return self.include_unscoped and group_id is None

    def select(self, records: Sequence[MemoryRecord]) -> Sequence[MemoryRecord]:
        """Keep the records that are meant."""
        if self == EVERYTHING:
            return records
        return [record for record in records if self.matches(record)]

    def matches(self, record: MemoryRecord) -> bool:
        """Return whether the record is meant."""
        if self.ids is not None and record.id not in self.ids:
            return False
        if not (self.wants(record.type) and self.owner_fits(record.group_id, record.crew_id)):
            return False
        if self.created_before is None:
            return True
        return record.created_at is not None and record.created_at < self.created_before


EVERYTHING = Selector()
"""Every record of a store, whoever owns it."""

"""What `memctl clear` would delete and deleted, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import MemctlError, Partial
from .base import BreakableResult, StoreUsed

if TYPE_CHECKING:
    from datetime import datetime

    from ..memory_type import MemoryType


@dataclass(frozen=True, slots=True)
class TypeCleared:
    """What was deleted of one memory type.

    Attributes:
        type: the memory type.
        records: records that the selector meant.
        deleted: those that were deleted in this run; at least so many where `left` is null.
        left: records that the selector means now; null where they could not be counted.
    """

    type: MemoryType
    records: int
    deleted: int
    left: int | None


@dataclass(frozen=True, slots=True)
class RowsMeant:
    """How many records of a collection and group the selector meant.

    Attributes:
        collection: the collection's name.
        type: its memory type.
        group_id: the group; null for rows without one.
        records: how many.
    """

    collection: str
    type: MemoryType
    group_id: str | None
    records: int


@dataclass(frozen=True, slots=True)
class ClearResult(StoreUsed, BreakableResult):
    """What `memctl clear` deleted, or would delete.

    Attributes:
        group_id: the group whose rows were meant; null where rows of all groups and of none were.
        crew_id: the crew; null for all crews.
        created_before: only records created before it were meant; null where any were.
        dry_run: whether nothing was deleted because of `--dry-run`.
        operation_id: the journal's entry; null where nothing was done.
        backup: the id of the backup that was made first; null where none was.
        types: by memory type.
        collections: where the records lay, and whose they were.
        total: records that the selector meant.
        deleted: records that were deleted; at least so many where `left` is null.
        left: records that the selector means now; null where they could not be counted.
        unscoped: rows of the crew without a group, which were not meant.
        purged_versions: earlier versions of the store that were removed; null where none were
            to be.
        notes: what else there is to know of what was meant.
    """

    group_id: str | None
    crew_id: str | None
    created_before: datetime | None
    dry_run: bool
    operation_id: str | None
    backup: str | None
    types: list[TypeCleared]
    collections: list[RowsMeant]
    total: int
    deleted: int
    left: int | None
    unscoped: int
    purged_versions: int | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def errors(self) -> tuple[MemctlError, ...]:
        """What broke it off, or that records are left, if there are any."""
        if self.failure is not None:
            return (self.failure,)
        if self.operation_id is None or not self.left:
            return ()
        return (
            Partial(
                f"{self.deleted} records were deleted, and {self.left} are still in "
                f"`{self.location}`: something else is writing to it",
                hint="let the crew stop, then run the same command again",
            ),
        )

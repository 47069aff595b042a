"""What `memctl backup` made, lists and deleted, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ..base import BreakableResult, Result, StoreUsed
from .left_out import LeftOut

if TYPE_CHECKING:
    from datetime import datetime

    from ...errors import MemctlError
    from .migrate import Comparison, TypeCopy


class BackupState(StrEnum):
    """Whether a backup can be restored, as far as its manifest tells."""

    COMPLETE = "complete"
    UNFINISHED = "unfinished"
    """The command that was making it broke off."""
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class BackupListed:
    """One backup.

    Attributes:
        id: the id of the operation that made it.
        created_at: when it was finished; of others, when it was last written to.
        source: the store that it was made of; null where the backup does not say.
        records: how many records it holds; null where that can't be known.
        size_bytes: the size of its files.
        state: whether it can be restored.
        made_by: the command that made it; null where the journal does not know it.
        group_id: the group that was in force; null where none was.
    """

    id: str
    created_at: datetime
    source: str | None
    records: int | None
    size_bytes: int
    state: BackupState
    made_by: str | None
    group_id: str | None


@dataclass(frozen=True, slots=True)
class BackupResult(Result):
    """What `memctl backup SOURCE` made.

    Attributes:
        id: what `memctl restore` takes; null for a dry run, and where all was left out.
        location: where the backup lies; null where there is none.
        source: the store that it was made of.
        dry_run: whether nothing was written because of `--dry-run`.
        records: how many records it holds.
        size_bytes: the size of its files; null where there is no backup.
        types: what was copied, by memory type.
        left_out: rows without a group that were not meant.
        comparison: what reading both sides again found; null where there is no backup.
        operation_id: the journal's entry, the same as the id.
        left_out_by: how many records were not meant, by reason.
    """

    id: str | None
    location: str | None
    source: StoreUsed
    dry_run: bool
    records: int
    size_bytes: int | None
    types: list[TypeCopy]
    left_out: int
    comparison: Comparison | None
    operation_id: str | None
    left_out_by: LeftOut = field(default_factory=LeftOut)

    @property
    def errors(self) -> tuple[MemctlError, ...]:
        """That all was left out, and no backup was made."""
        if self.left_out_by.total and not self.types:
            return (self.left_out_by.error("copied", self.source.location),)
        return ()


@dataclass(frozen=True, slots=True)
class BackupListResult(Result):
    """Every backup.

    Attributes:
        location: the directory that they lie in.
        backups: the newest first.
    """

    location: str
    backups: list[BackupListed]


@dataclass(frozen=True, slots=True)
class BackupDeleteResult(BreakableResult):
    """What `memctl backup delete` deleted, or would delete.

    Attributes:
        location: the directory that they lay in.
        dry_run: whether nothing was deleted because of `--dry-run`.
        operation_id: the journal's entry; null where nothing was done.
        backups: the backups that are meant, the newest first.
        size_bytes: the size of their files.
        deleted: the ids of those that are gone.
        left: the ids of those that are still there; they may have lost files.
    """

    location: str
    dry_run: bool
    operation_id: str | None
    backups: list[BackupListed]
    size_bytes: int
    deleted: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

"""What is to be restored, and where to; not how it is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...backends.base import DEFAULT_BATCH_SIZE
from ...model.on_conflict import OnConflict
from ..selection import Connecting

if TYPE_CHECKING:
    from ...model.memory_type import MemoryType


@dataclass(frozen=True, slots=True)
class RestoreOrder:
    """What is to be restored.

    Attributes:
        backup: a backup's id, or the beginning of it.
        target: a profile or a location; `None` means where the backup came from.
        group_id: the group whose profile the target is, `None` where none was given.
        crew_id: only records of this crew.
        types: only these memory types; empty means all.
        on_conflict: what to do about other content under the same id and owner.
        skip_without_vectors: leave rows without vectors behind where the target needs them.
        batch_size: records per batch.
        upgrade: allow a target of an older schema level to be rewritten.
        dry_run: do every read and check, write nothing.
        connecting: how the target is connected to.
    """

    backup: str
    target: str | None = None
    group_id: str | None = None
    crew_id: str | None = None
    types: frozenset[MemoryType] = frozenset()
    on_conflict: OnConflict = OnConflict.STOP
    skip_without_vectors: bool = False
    batch_size: int = DEFAULT_BATCH_SIZE
    upgrade: bool = False
    dry_run: bool = False
    connecting: Connecting = field(default_factory=Connecting)

    @property
    def means_all(self) -> bool:
        """Whether no part of the backup is chosen."""
        return self.crew_id is None and not self.types

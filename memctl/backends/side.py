"""What a store does as one side of a copy; the copy itself is made in `core`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model.memory_type import MemoryType
    from ..model.record import MemoryRecord
    from .base import MemoryBackend


class Side:
    """A store as the source or target of a copy; most are one part, used by one thread."""

    @property
    def writers(self) -> int:
        """How many threads may call `upsert`, `delete` and `scan` at once to write a copy."""
        return 1

    @property
    def readers(self) -> int:
        """How many threads may scan at once, each a part of the order."""
        return 1

    def revision(self, memory_type: MemoryType) -> str | None:  # noqa: ARG002 - most can't tell
        """Name the state of all records of a type: another text after any write to them.

        The store is looked at anew each time; `None` where it does not tell.
        """
        return None

    @property
    def arrange(self) -> Callable[[MemoryRecord], MemoryRecord] | None:
        """What places a record as this store's settings say: in a scope, where one was given."""
        return None

    def unheld_fields(self, memory_type: MemoryType, record: MemoryRecord) -> list[str]:  # noqa: ARG002 - most stores hold all
        """Name what of a record this store, which is there, has no place for."""
        return []

    def as_target(self) -> None:
        """Leave out what is only read, where it is one of several parts of this store."""

    def apart_from(self, target: MemoryBackend) -> None:
        """Leave out what ``target`` writes to, where it is one of several parts of this store."""

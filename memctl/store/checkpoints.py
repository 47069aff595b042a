"""How far copies have come, so that they go on from there; not what is copied."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlmodel import col, delete

from ..model.journal import Checkpoint
from .tables import CheckpointRow

if TYPE_CHECKING:
    from ..model.memory_type import MemoryType
    from .database import State


class Checkpoints:
    """The checkpoints of every copy, each on the disk when `save` returns.

    A copy's key is a digest of whatever makes it the same copy: source, target, selector, mapping.
    Every method raises what `State.reading` and `State.writing` raise.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def get(self, key: str, memory_type: MemoryType) -> Checkpoint | None:
        """Return how far the copy has come in one memory type, or `None` if it never began."""
        with self._state.reading() as session:
            row = session.get(CheckpointRow, (key, memory_type.value))
            return None if row is None else Checkpoint(row.cursor, row.copied, row.complete)

    def save(
        self, key: str, memory_type: MemoryType, cursor: str | None, copied: int, complete: bool
    ) -> None:
        """Save how far the copy has come in one memory type."""
        row = CheckpointRow(
            key=key,
            memory_type=memory_type.value,
            cursor=cursor,
            copied=copied,
            complete=complete,
            updated_at=datetime.now(UTC),
        )
        with self._state.writing() as session:
            session.merge(row)

    def clear(self, key: str) -> None:
        """Forget the copy: it starts from the beginning next time."""
        with self._state.writing() as session:
            session.exec(delete(CheckpointRow).where(col(CheckpointRow.key) == key))

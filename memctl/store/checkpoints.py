"""How far copies have come, so that they go on from there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlmodel import SQLModel, col, delete, insert

from ..model.journal import Checkpoint
from .reading import read_rows
from .tables import CheckpointRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model.memory_type import MemoryType
    from .database import State


# Into the table, not its class: SQLAlchemy takes twice as long for what could be objects.
_SAVE: Final = insert(SQLModel.metadata.tables["checkpoints"]).prefix_with("OR REPLACE")


_PARTS: Final = """
    SELECT part, until, cursor, copied, complete FROM checkpoints
    WHERE key = :key AND memory_type = :memory_type ORDER BY part
"""


class Checkpoints:
    """The checkpoints of every copy, each on the disk when `save` returns.

    A copy's key is a digest of whatever makes it the same copy: source, target, selector, mapping.
    Every method raises what `State.reading` and `State.writing` raise.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def get(self, key: str, memory_type: MemoryType) -> list[Checkpoint]:
        """Return how far the copy has come in each part of a type; none if it never began."""
        with self._state.reading() as connection:
            found = read_rows(connection, _PARTS, key=key, memory_type=memory_type.value)
            return [Checkpoint(**row) for row in found]

    def save(self, key: str, memory_type: MemoryType, parts: Iterable[Checkpoint]) -> None:
        """Save how far the copy has come in these parts of a memory type."""
        rows = [
            {
                "key": key,
                "memory_type": memory_type.value,
                "part": each.part,
                "until": each.until,
                "cursor": each.cursor,
                "copied": each.copied,
                "complete": each.complete,
                "updated_at": datetime.now(UTC),
            }
            for each in parts
        ]
        if rows:  # without any, SQLAlchemy would insert a row of nothing
            with self._state.writing() as session:
                session.exec(_SAVE, params=rows)

    def clear(self, key: str) -> None:
        """Forget the copy: it starts from the beginning next time."""
        with self._state.writing() as session:
            session.exec(delete(CheckpointRow).where(col(CheckpointRow.key) == key))

"""The journaled steps of a migration, and its place; what they do stands beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ...model.results import Comparison, TypeCopy
from .compare import compare_sides

if TYPE_CHECKING:
    from ...model.memory_type import MemoryType
    from ...model.profile import Profile
    from ...model.progress import Progress
    from ...store.checkpoints import Checkpoints
    from .copying import Copying


class Place(Protocol):
    """Where a copy goes on."""

    def cursor(self, memory_type: MemoryType) -> str | None:
        """Return the cursor after the last batch that was safe."""

    def is_complete(self, memory_type: MemoryType) -> bool:
        """Say whether the type was read to its end."""

    def keep(
        self, memory_type: MemoryType, cursor: str | None, copied: int, *, complete: bool
    ) -> None:
        """Keep the place."""


class FromTheBeginning:
    """No place to go on from: what the target holds already is found there."""

    def cursor(self, memory_type: MemoryType) -> None:
        """Begin with the first record."""

    def is_complete(self, memory_type: MemoryType) -> bool:  # noqa: ARG002 - no type is
        """Say that no type was read yet."""
        return False

    def keep(
        self, memory_type: MemoryType, cursor: str | None, copied: int, *, complete: bool
    ) -> None:
        """Keep nothing."""


class KeptPlace:
    """Where an interrupted copy goes on, by memory type."""

    def __init__(self, checkpoints: Checkpoints, key: str) -> None:
        self._checkpoints = checkpoints
        self._key = key

    def cursor(self, memory_type: MemoryType) -> str | None:
        """Return the cursor after the last batch that was safe."""
        found = self._checkpoints.get(self._key, memory_type)
        return found.cursor if found else None

    def is_complete(self, memory_type: MemoryType) -> bool:
        """Say whether the type was read to its end."""
        found = self._checkpoints.get(self._key, memory_type)
        return found is not None and found.complete

    def keep(
        self, memory_type: MemoryType, cursor: str | None, copied: int, *, complete: bool
    ) -> None:
        """Keep the place; it is on disk when this returns."""
        self._checkpoints.save(self._key, memory_type, cursor, copied, complete)

    def forget(self) -> None:
        """Start from the beginning next time."""
        self._checkpoints.clear(self._key)


class CopyType:
    """Copy one memory type from where an earlier run left off."""

    def __init__(self, copying: Copying, kept: Place) -> None:
        self.name = f"copy {copying.memory_type}"
        self.copied = TypeCopy(copying.memory_type, 0, 0, 0, 0, 0, 0)
        self._copying = copying
        self._kept = kept

    def find(self) -> bool:
        """Say whether an earlier run had read the type to its end."""
        return self._kept.is_complete(self._copying.memory_type)

    def do(self) -> None:
        """Copy, and keep the place after each batch that the target acknowledged."""
        memory_type = self._copying.memory_type
        cursor = self._kept.cursor(memory_type)

        def keep(reached: str, copied: int) -> None:
            nonlocal cursor
            cursor = reached
            self._kept.keep(memory_type, reached, copied, complete=False)

        self.copied = self._copying.run(cursor, keep)
        self._kept.keep(memory_type, cursor, self.copied.written, complete=True)

    def undo(self) -> None:
        """Leave what was copied: running the command again goes on from there."""


class CompareSides:
    """Read both sides again and compare them."""

    name = "compare"

    def __init__(self, copyings: list[Copying], progress: Progress) -> None:
        self.comparison = Comparison(0, 0, 0, 0)
        self._copyings = copyings
        self._progress = progress

    def find(self) -> bool:
        """Compare every time: what was the same once may differ now."""
        return False

    def do(self) -> None:
        """Compare."""
        self._progress.start("comparing", None)
        self.comparison = compare_sides(self._copyings)

    def undo(self) -> None:
        """Leave it: comparing changes nothing."""


class SwitchDefault:
    """Make the target's profile the default of its group."""

    def __init__(self, profile: Profile) -> None:
        self.name = f"make {profile.name} the default"
        self._profile = profile

    def find(self) -> bool:
        """Say whether it is the default already."""
        from ...store.database import open_state
        from ...store.profiles import Profiles

        with open_state() as state:
            return Profiles(state).get(self._profile.group_id, self._profile.name).is_default

    def do(self) -> None:
        """Switch."""
        from ...store.database import open_state
        from ...store.profiles import Profiles

        with open_state() as state:
            Profiles(state).set_default(self._profile.group_id, self._profile.name)

    def undo(self) -> None:
        """Leave it: `memctl config set-default` switches back."""

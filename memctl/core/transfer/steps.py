"""The journaled steps of a migration, and its place; what they do stands beside them."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ...backends.registry import backend_class
from ...model.journal import Checkpoint
from ...model.results import Comparison, TypeCopy
from ..config import check_settings
from .comparison.sides import compare_sides

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ...backends.base import Partition
    from ...model.memory_type import MemoryType
    from ...model.profile import Profile
    from ...model.progress import Progress
    from ...store.checkpoints import Checkpoints
    from ...store.profiles import Profiles
    from .copying import Copying


class Place(Protocol):
    """Where a copy goes on."""

    def parts(
        self, memory_type: MemoryType, draw: Callable[[], list[Partition]]
    ) -> list[Checkpoint]:
        """Return how far each part came; parts are drawn just once for a copy."""

    def is_complete(self, memory_type: MemoryType) -> bool:
        """Return whether the type was read to its end."""

    def keep(self, memory_type: MemoryType, reached: Checkpoint) -> None:
        """Keep the place."""


class FromTheBeginning:
    """No place to go on from: what the target holds already is found there."""

    def parts(
        self,
        memory_type: MemoryType,  # noqa: ARG002 - every type begins with its first record
        draw: Callable[[], list[Partition]],
    ) -> list[Checkpoint]:
        """Begin every part."""
        return _first_places(draw())

    def is_complete(self, memory_type: MemoryType) -> bool:  # noqa: ARG002 - no type is
        """Return false: no type was read yet."""
        return False

    def keep(self, memory_type: MemoryType, reached: Checkpoint) -> None:
        """Keep nothing."""


class KeptPlace:
    """Where an interrupted copy goes on, by memory type."""

    def __init__(self, checkpoints: Checkpoints, key: str) -> None:
        self._checkpoints = checkpoints
        self._key = key

    def parts(
        self, memory_type: MemoryType, draw: Callable[[], list[Partition]]
    ) -> list[Checkpoint]:
        """Return how far each part came; new parts are on disk when this returns."""
        found = self._checkpoints.get(self._key, memory_type)
        if not found:
            found = _first_places(draw())
            self._checkpoints.save(self._key, memory_type, found)
        return found

    def is_complete(self, memory_type: MemoryType) -> bool:
        """Return whether every part was read to its end."""
        found = self._checkpoints.get(self._key, memory_type)
        return bool(found) and all(each.complete for each in found)

    def is_begun(self, memory_type: MemoryType) -> bool:
        """Return whether an earlier run copied something of the type."""
        found = self._checkpoints.get(self._key, memory_type)
        return any(each.cursor is not None for each in found)

    def keep(self, memory_type: MemoryType, reached: Checkpoint) -> None:
        """Keep the place; it is on disk when this returns."""
        self._checkpoints.save(self._key, memory_type, [reached])

    def forget(self) -> None:
        """Start from the beginning next time."""
        self._checkpoints.clear(self._key)


def _first_places(drawn: list[Partition]) -> list[Checkpoint]:
    return [Checkpoint(number, each.until, each.after) for number, each in enumerate(drawn)]


@contextmanager
def _profiles() -> Iterator[Profiles]:
    from ...store.database import open_state
    from ...store.profiles import Profiles

    with open_state() as state:
        yield Profiles(state)


class CopyType:
    """Copy one memory type from where an earlier run left off."""

    def __init__(self, copying: Copying, kept: Place) -> None:
        self.name = f"copy {copying.memory_type}"
        self.copied = TypeCopy(copying.memory_type, 0, 0, 0, 0, 0, 0)
        self._counted: Counter[str] = Counter()
        self._copying = copying
        self._kept = kept

    def find(self) -> bool:
        """Return whether an earlier run had read the type to its end."""
        return self._kept.is_complete(self._copying.memory_type)

    def do(self) -> None:
        """Copy, and keep the place after each batch that the target acknowledged."""
        memory_type = self._copying.memory_type
        parts = self._kept.parts(memory_type, self._copying.draw_parts)
        left = [each for each in parts if not each.complete]
        keep = partial(self._kept.keep, memory_type)
        self.copied = self._copying.run(left, keep, self._counted)

    @property
    def written(self) -> int:
        """How many records the target has taken, also where the copy broke off."""
        return self._counted["written"]

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
        self.comparison = compare_sides(self._copyings, self._progress)

    def undo(self) -> None:
        """Leave it: comparing changes nothing."""


class KeepSettings:
    """Keep in the target's profile what its vectors are made with from now on.

    Args:
        profile: the profile.
        values: settings; those that its backend does not have are left out.
    """

    def __init__(self, profile: Profile, values: Mapping[str, object]) -> None:
        self.name = f"keep the embedder in profile {profile.name}"
        self._profile = profile
        known = {each.name for each in backend_class(profile.backend_type).info.settings}
        self._values = {key: each for key, each in values.items() if key in known and each}

    def find(self) -> bool:
        """Return whether the profile has these settings."""
        return self._values.items() <= self._profile.settings.items()

    def do(self) -> None:
        """Save them."""
        settings = check_settings(
            self._profile.backend_type, {**self._profile.settings, **self._values}
        )
        with _profiles() as profiles:
            profiles.update(self._profile.group_id, self._profile.name, {"settings": settings})

    def undo(self) -> None:
        """Leave them: `memctl config update` changes them back."""


class SwitchDefault:
    """Make the target's profile the default of its group."""

    def __init__(self, profile: Profile) -> None:
        self.name = f"make {profile.name} the default"
        self._profile = profile

    def find(self) -> bool:
        """Return whether it is the default already."""
        with _profiles() as profiles:
            return profiles.get(self._profile.group_id, self._profile.name).is_default

    def do(self) -> None:
        """Switch."""
        with _profiles() as profiles:
            profiles.set_default(self._profile.group_id, self._profile.name)

    def undo(self) -> None:
        """Leave it: `memctl config set-default` switches back."""

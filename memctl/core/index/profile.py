"""The step that makes a profile name what its store has now; the store is changed elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..local_state import open_profiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...model.profile import Profile


class NameInProfile:
    """Set settings of a profile, or leave out those that are `None`."""

    def __init__(self, profile: Profile, changes: Mapping[str, Any]) -> None:
        self.name = f"name it in profile {profile.name}"
        if changes and all(each is None for each in changes.values()):
            self.name = f"leave it out of profile {profile.name}"
        self._profile = profile
        self._changes = changes

    def find(self) -> bool:
        """Return whether the profile is so already."""
        with open_profiles() as profiles:
            found = profiles.get(self._profile.group_id, self._profile.name)
        return all(found.settings.get(name) == value for name, value in self._changes.items())

    def do(self) -> None:
        """Change it."""
        with open_profiles() as profiles:
            found = profiles.get(self._profile.group_id, self._profile.name)
            merged = {**found.settings, **self._changes}
            kept = {name: value for name, value in merged.items() if value is not None}
            profiles.update(found.group_id, found.name, {"settings": kept})

    def undo(self) -> None:
        """Leave it: the profile names what is there."""

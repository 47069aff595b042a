"""The steps that every setup ends with: the profile, and the secrets that belong to it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...model.errors import CredentialMissing, ProfileNotFound
from ..secrets import delete_secret, set_secret

if TYPE_CHECKING:
    from ...model.profile import Profile
    from ...store.profiles import Profiles
    from .order import SetupOrder


class KeepSecret:
    """Keep a secret that was given to setup for the host of the profile that it made."""

    def __init__(self, order: SetupOrder, setting: str) -> None:
        self.name = f"keep the secret {setting}"
        self._order = order
        self._setting = setting

    def find(self) -> bool:
        """Return false: what was given is to be kept, whatever is kept already."""
        return False

    def do(self) -> None:
        """Keep it."""
        order = self._order
        set_secret(
            order.group,
            order.profile_name,
            self._setting,
            in_vault=order.in_vault,
            value=order.secrets[self._setting],
            connecting=order.connecting,
        )

    def undo(self) -> None:
        """Delete it, if it is there."""
        with suppress(CredentialMissing):
            order = self._order
            delete_secret(
                order.group, order.profile_name, self._setting, connecting=order.connecting
            )


class SaveProfile:
    """The last step of every setup: the profile, once what it names is there."""

    name = "save the profile"

    def __init__(self, profiles: Profiles, order: SetupOrder, settings: dict[str, Any]) -> None:
        self._profiles = profiles
        self._order = order
        self._settings = settings

    def find(self) -> bool:
        """Return whether it is saved, and the default if that was asked for."""
        found = self._profiles.find(self._order.group, self._order.profile_name)
        return found is not None and (found.is_default or not self._order.set_default)

    def do(self) -> None:
        """Save it."""
        order = self._order
        if self._profiles.find(order.group, order.profile_name) is not None:
            self._profiles.set_default(order.group, order.profile_name)
            return
        self._profiles.create(
            group_id=order.group,
            name=order.profile_name,
            backend_type=order.backend,
            settings=self._settings,
            make_default=order.set_default,
        )

    def undo(self) -> None:
        """Delete it, if it is there."""
        with suppress(ProfileNotFound):
            self._profiles.delete(self._order.group, self._order.profile_name)

    def profile(self) -> Profile:
        """Return the profile as it is kept, or else as it would be."""
        from datetime import UTC, datetime

        from ...model.profile import Profile

        order, now = self._order, datetime.now(UTC)
        found = self._profiles.find(order.group, order.profile_name)
        return found or Profile(
            id="",
            group_id=order.group,
            name=order.profile_name,
            backend_type=order.backend,
            created_at=now,
            updated_at=now,
            settings=self._settings,
        )

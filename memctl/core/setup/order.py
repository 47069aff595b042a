"""What a setup is asked for, and how the user is asked and told meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ...backends.base import Access
from ...backends.registry import backend_class
from ...model.progress import Silent
from ..selection import Connecting, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import SecretStr

    from ...model.profile import Profile
    from ...model.progress import Progress
    from ...model.results import SetupResult


@dataclass(frozen=True, slots=True)
class SetupOrder:
    """A store to be made ready.

    Attributes:
        backend: the backend's name.
        group: the group that is to own the profile.
        name: the profile's name; `None` means the backend's name.
        settings: those that were given; the rest comes from the profile, if there is one.
        set_default: make the profile the group's default even where there is another.
        upgrade: allow a store of an older schema level to be rewritten.
        dry_run: say what would be done.
        secrets: secrets that were given, to be kept with the profile.
        in_vault: keep them in the vault, not in the keyring.
        options: of the setup alone, as the backend declares them; what is `None` was not given.
        resume: go on with the setup of this profile that broke off.
        rollback: take back what the last setup of this profile made.
        connecting: how the store is connected to.
    """

    backend: str
    group: str
    name: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    set_default: bool = False
    upgrade: bool = False
    dry_run: bool = False
    secrets: Mapping[str, SecretStr] = field(default_factory=dict)
    in_vault: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    resume: bool = False
    rollback: bool = False
    connecting: Connecting = field(default_factory=Connecting)

    @property
    def profile_name(self) -> str:
        """The name of the profile to save."""
        return self.backend if self.name is None else self.name

    @property
    def access(self) -> Access:
        """What may be done with the store."""
        return Access(writable=not self.dry_run, upgrade=self.upgrade)

    def selection(self, existing: Profile | None, settings: Mapping[str, Any]) -> Selection:
        """Return the store that these settings name, to be logged in to with the given secrets."""
        connecting = self.connecting
        return Selection(
            group_id=self.group,
            profile=existing,
            backend=self.backend,
            settings=backend_class(self.backend).info.parse_settings(settings),
            selected_by="setup",
            reason="set up",
            connecting=replace(connecting, secrets={**connecting.secrets, **self.secrets}),
        )


@dataclass(frozen=True, slots=True)
class Dialogue:
    """How the user is asked and told, while a store is set up.

    Attributes:
        ask: asks for a line; `None` where nobody may be asked.
        ask_secret: asks for a secret without showing it.
        announce: shows the plan before anything is changed.
        progress: shows what is waited for.
    """

    ask: Callable[[str], str] | None = None
    ask_secret: Callable[[str], SecretStr] | None = None
    announce: Callable[[SetupResult], None] | None = None
    progress: Progress = field(default_factory=Silent)

"""Makes a store ready and saves its profile; the steps are the backend's."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ..backends.base import Access, SetupRequest
from ..backends.registry import backend_class
from ..model.errors import (
    CredentialMissing,
    MemctlError,
    ProfileExists,
    ProfileNotFound,
    UnsupportedOperation,
)
from ..model.memory_type import MemoryType
from ..model.profile import check_owner_id, check_profile_name
from ..model.results import SetupResult
from ..store.home import home_directory
from .config import check_settings
from .connect import open_selection
from .operation import plan, run_operation
from .secrets import delete_secret, set_secret
from .selection import Connecting, Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

    from ..model.profile import Profile
    from ..model.step import Step
    from ..store.profiles import Profiles
    from .provision import Dialogue

KEPT_BY_DEFAULT = (
    MemoryType.SHORT_TERM,
    MemoryType.LONG_TERM,
    MemoryType.ENTITY,
    MemoryType.DOCUMENT,
)

_LONGEST_NAME: Final = 200
"""Of a directory, in bytes; file systems take 255, and some that encrypt names take fewer."""


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


def set_up(order: SetupOrder, dialogue: Dialogue | None = None) -> SetupResult:
    """Make the store ready and save its profile; what is there already is found and left.

    Args:
        order: what is to be made.
        dialogue: with the user, where a store is built of resources elsewhere; `None`: nobody.

    Raises:
        ProfileExists: when the profile's name stands for other settings.
        MemctlError: when a step fails. What this run made is then taken back; where a store is
            built of resources elsewhere, that is a result, and the setup can be gone on with.
    """
    from ..backends.provisioning import ProvisionedBackend

    found = backend_class(order.backend)
    if not found.info.has_setup:
        raise UnsupportedOperation(f"backend `{order.backend}` needs no setup")
    check_owner_id("group", order.group)
    check_profile_name(order.profile_name)
    if issubclass(found, ProvisionedBackend):
        from .provision import Dialogue, provision_store

        return provision_store(found, order, dialogue or Dialogue())
    return _set_up_at_once(order)


def _set_up_at_once(order: SetupOrder) -> SetupResult:
    """Make a store all of which is made at once, or taken back at once."""
    from ..store.database import open_state
    from ..store.profiles import Profiles

    info = backend_class(order.backend).info
    with ExitStack() as stack:
        profiles = Profiles(stack.enter_context(open_state()))
        existing = profiles.find(order.group, order.profile_name)
        settings = _settings(order, existing)
        save = SaveProfile(profiles, order, settings)
        selection = Selection(
            group_id=order.group,
            profile=existing,
            backend=order.backend,
            settings=info.parse_settings(settings),
            selected_by="setup",
            reason="set up",
            connecting=replace(
                order.connecting, secrets={**order.connecting.secrets, **order.secrets}
            ),
        )
        access = Access(writable=not order.dry_run, upgrade=order.upgrade)
        connection = stack.enter_context(open_selection(selection, access))
        wanted = SetupRequest(KEPT_BY_DEFAULT, embedder=selection.settings.get("embedder"))
        steps = [*connection.backend.plan_setup(wanted), save]
        steps += [KeepSecret(order, each) for each in order.secrets]
        location = connection.backend.location
        if order.dry_run:
            draft = save.draft()
            return SetupResult(order.backend, location, draft, True, None, plan(steps))
        return _run(order, location, steps, save)


def _run(order: SetupOrder, location: str, steps: list[Step], save: SaveProfile) -> SetupResult:
    command, redactor = f"setup {order.backend}", order.connecting.redactor
    with run_operation(command, order.group, location, redactor=redactor) as operation:
        try:
            for step in steps:
                operation.take(step)
        except MemctlError:
            operation.roll_back()
            raise
        profile = save.saved()
        return SetupResult(
            order.backend,
            location,
            profile,
            False,
            operation.id,
            operation.taken,
            message=f"profile `{profile.name}` is ready",
            backend_id=profile.id,
        )


def _settings(order: SetupOrder, existing: Profile | None) -> dict[str, Any]:
    """Merge what was given over the saved profile's settings."""
    info = backend_class(order.backend).info
    given = {name: value for name, value in order.settings.items() if value is not None}
    if existing is None:
        is_placed = any(name in given for name in info.one_of)
        place = (
            {info.location_setting: _own_place(order)}
            if info.location_setting and not is_placed
            else {}
        )
        return check_settings(order.backend, {**place, **given})
    merged = check_settings(order.backend, {**existing.settings, **given})
    if existing.backend_type != order.backend or merged != existing.settings:
        raise ProfileExists(
            f"profile `{existing.name}` of group `{existing.group_id}` has other settings",
            hint="choose another `--name`, or run `memctl config update` to change them",
        )
    return merged


def _own_place(order: SetupOrder) -> str:
    """Give each profile a directory of its own; group ids may hold any character."""
    group = quote(order.group, safe="").replace(".", "%2E")
    if len(group) > _LONGEST_NAME:
        digest = sha256(order.group.encode()).hexdigest()[:32]
        group = f"{group[: _LONGEST_NAME - 33]}-{digest}"
    return str(home_directory() / "memory" / group / order.profile_name)


class KeepSecret:
    """Keep a secret that was given to setup for the host of the profile that it made."""

    def __init__(self, order: SetupOrder, setting: str) -> None:
        self.name = f"keep the secret {setting}"
        self._order = order
        self._setting = setting

    def find(self) -> bool:
        """Say that what was given is to be kept, whatever is kept already."""
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
            may_ask=order.connecting.may_ask,
        )

    def undo(self) -> None:
        """Delete it, if it is there."""
        with suppress(CredentialMissing):
            delete_secret(
                self._order.group,
                self._order.profile_name,
                self._setting,
                may_ask=self._order.connecting.may_ask,
            )


class SaveProfile:
    """The last step of every setup: the profile, once what it names is there."""

    name = "save the profile"

    def __init__(self, profiles: Profiles, order: SetupOrder, settings: dict[str, Any]) -> None:
        self._profiles = profiles
        self._order = order
        self._settings = settings

    def find(self) -> bool:
        """Say whether it is saved, and the default if that was asked for."""
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

    def saved(self) -> Profile:
        """Return the profile as it is kept."""
        return self._profiles.get(self._order.group, self._order.profile_name)

    def draft(self) -> Profile:
        """Return the profile as it would be kept."""
        from datetime import UTC, datetime

        from ..model.profile import Profile

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

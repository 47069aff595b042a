"""Makes a store ready and saves its profile; the steps are the backend's."""

from __future__ import annotations

from contextlib import ExitStack
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ...backends.base import SetupRequest
from ...backends.registry import backend_class
from ...model.errors import MemctlError, ProfileExists, UnsupportedOperation
from ...model.memory_type import MemoryType
from ...model.profile import check_owner_id, check_profile_name
from ...model.results import SetupResult
from ...store.home import home_directory
from ..config import check_settings
from ..connect import open_selection
from ..local_state import open_profiles
from ..operations.operation import plan, run_operation
from ..saved_settings import naming_profile
from .order import Dialogue
from .steps import KeepSecret, SaveProfile
from .wanted import given

if TYPE_CHECKING:
    from ...model.profile import Profile
    from ...model.step import Step
    from .order import SetupOrder

KEPT_BY_DEFAULT = (
    MemoryType.SHORT_TERM,
    MemoryType.LONG_TERM,
    MemoryType.ENTITY,
    MemoryType.DOCUMENT,
)

_LONGEST_NAME: Final = 200
"""Of a directory, in bytes; file systems take 255, and some that encrypt names take fewer."""


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
    found = backend_class(order.backend)
    if not found.info.has_setup:
        raise UnsupportedOperation(f"backend `{order.backend}` needs no setup")
    check_owner_id("group", order.group)
    check_profile_name(order.profile_name)
    if found.info.provisioning is not None:
        from .provision import provision_store

        return provision_store(order, found.info.provisioning, dialogue or Dialogue())
    return _set_up_at_once(order)


def _set_up_at_once(order: SetupOrder) -> SetupResult:
    """Make a store all of which is made at once, or taken back at once."""
    with ExitStack() as stack:
        profiles = stack.enter_context(open_profiles())
        existing = profiles.find(order.group, order.profile_name)
        settings = _settings(order, existing)
        save = SaveProfile(profiles, order, settings)
        selection = order.selection(existing, settings)
        connection = stack.enter_context(open_selection(selection, order.access))
        types = _kept_by_default(connection.backend.info.types)
        wanted = SetupRequest(types, embedder=selection.settings.get("embedder"))
        steps = [*connection.backend.plan_setup(wanted), save]
        steps += [KeepSecret(order, each) for each in order.secrets]
        location = connection.backend.location
        if order.dry_run:
            return SetupResult(order.backend, location, save.profile(), True, None, plan(steps))
        return _run(order, location, steps, save)


def _kept_by_default(held: frozenset[MemoryType]) -> tuple[MemoryType, ...]:
    """List the types that a new store is made for: of the usual ones those that it can hold."""
    usual = tuple(each for each in KEPT_BY_DEFAULT if each in held)
    return usual or tuple(each for each in MemoryType if each in held)


def _run(order: SetupOrder, location: str, steps: list[Step], save: SaveProfile) -> SetupResult:
    command, redactor = f"setup {order.backend}", order.connecting.redactor
    with run_operation(command, order.group, location, redactor=redactor) as operation:
        try:
            operation.take_all(steps)
        except MemctlError:
            operation.roll_back()
            raise
        profile = save.profile()
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
    values = given(order.settings)
    if existing is None:
        is_placed = any(name in values for name in info.one_of)
        if info.path_setting and not is_placed:
            values = {info.path_setting: _own_place(order), **values}
        return check_settings(order.backend, values)
    with naming_profile(existing, values):
        merged = check_settings(order.backend, {**existing.settings, **values})
    if existing.backend_type != order.backend or merged != existing.settings:
        raise ProfileExists(
            f"profile `{existing.name}` of group `{existing.group_id}` has other settings",
            hint="choose another `--name`, or run `memctl config update` to change them",
        )
    return merged


def _own_place(order: SetupOrder) -> str:
    """Return a directory of the profile's own; group ids may hold any character."""
    group = quote(order.group, safe="").replace(".", "%2E")
    if len(group) > _LONGEST_NAME:
        digest = sha256(order.group.encode()).hexdigest()[:32]
        group = f"{group[: _LONGEST_NAME - 33]}-{digest}"
    return str(home_directory() / "memory" / group / order.profile_name)

"""Which store a backup goes to: the one that is given, or the one that it was made of."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from ...backends.holding import HeldIds
from ...backends.registry import BACKENDS, backend_class
from ...model.address.location import looks_like_location, parse_location
from ...model.errors import UsageError
from ...model.memory_type import MemoryType
from ...model.profile import DEFAULT_GROUP
from ..connect import open_selection
from ..local_state import open_profiles
from ..selection import Connecting, Selection, StoreRequest, select

if TYPE_CHECKING:
    from collections.abc import Collection

    from ...backends.base import MemoryBackend
    from ..backup.catalog import KeptBackup
    from .order import RestoreOrder


def choose_target(order: RestoreOrder, backup: KeptBackup) -> Selection:
    """Choose the target that is given, else the store that the backup was made of."""
    if order.target is not None:
        return _as_kept(select(order.target), backup, order.target.settings)
    source = backup.listed.source
    group = backup.listed.group_id or DEFAULT_GROUP
    found = _origin(source, group, order.connecting) if source else None
    if found is None:
        raise UsageError(
            f"nothing tells where backup `{backup.id}` came from",
            hint=f"name the target: `memctl restore {backup.id} TARGET`",
        )
    return _as_kept(found, backup)


def _as_kept(
    target: Selection, backup: KeptBackup, given: Collection[str] = frozenset()
) -> Selection:
    """Read a place of no profile with the settings that the backup's store was read with.

    Those that were given for the place are its own.
    """
    files = backup.files
    if files is None or target.profile is not None or target.backend != files.backend:
        return target
    kept = {name: value for name, value in files.settings.items() if name not in given}
    return replace(target, settings={**target.settings, **kept})


def _origin(source: str, group: str, connecting: Connecting) -> Selection | None:
    """Find the store by its location, or by the group's profile whose store has that location.

    A store on a host may want a secret, which only a profile has.
    """
    if not looks_like_location(source):
        return None
    name = parse_location(source).backend
    backend = backend_class(name)
    if backend.info.location_setting is None:
        for selection in _profiles_of(name, group, connecting):
            with open_selection(selection) as connection:
                if connection.backend.location == source:
                    return selection
        return None
    located = select(StoreRequest(at=source, connecting=connecting))
    if backend.info.secret_host(located.settings) is None:
        return located
    profiles = _profiles_of(name, group, connecting)
    return next((each for each in profiles if each.whole_location == source), located)


def _profiles_of(backend: str, group: str, connecting: Connecting) -> list[Selection]:
    with open_profiles() as profiles:
        found = profiles.list(group)
    return [
        select(StoreRequest(group, each.name, connecting=connecting))
        for each in found
        if each.backend_type == backend
    ]


def is_origin(order: RestoreOrder, source: str | None) -> bool:
    """Return whether a backup is to go back to where it came from: no target, or that one."""
    if order.target is None:
        return True
    target = select(order.target)
    if target.backend != _backend_of(source):
        return False
    origin = parse_location(str(source)).path
    place = parse_location(target.whole_location or target.location).path
    if target.kind.info.path_setting is None:
        return place == origin
    return os.path.realpath(place) == os.path.realpath(origin)


def types_of_origin(backup: KeptBackup) -> frozenset[MemoryType]:
    """Return the types that the store of a backup can hold: others it may keep as one of these."""
    name = _backend_of(backup.listed.source)
    return frozenset(MemoryType) if name is None else backend_class(name).info.types


def are_rows_kept(order: RestoreOrder, backup: KeptBackup, target: MemoryBackend) -> bool:
    """Return whether records go back to rows of the ids that they were backed up under.

    A store that renamed them when they came to it knows its own rows by the ids that it gave, and
    another store of its kind may take them over. Any other gets records under the ids that they had
    before.
    """
    source = backup.listed.source
    name = _backend_of(source)
    if name is None or not backend_class(name).holds.renames or is_origin(order, source):
        return True
    return name == target.info.name and target.holds.ids is HeldIds.UUID


def _backend_of(source: str | None) -> str | None:
    """Name the backend of the store of a backup, `None` where that is not known."""
    name = parse_location(source).backend if source and looks_like_location(source) else None
    return name if name in BACKENDS else None

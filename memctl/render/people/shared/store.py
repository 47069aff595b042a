"""How a store is named on every screen, and by the flags of the command that comes next."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Final

from ....model.profile import DEFAULT_GROUP

if TYPE_CHECKING:
    from ....model.results import StoreUsed
    from ...layout import Cell

REASONS: Final = {
    "profile": "as it was named",
    "group_default": "the default of its group",
    "group_latest": "the latest active one of its group",
    "shared_default": f"the default of the shared group `{DEFAULT_GROUP}`",
    "local": "CrewAI's own memory on this machine, because no profile is in force",
}
"""What the words of ``selected_by`` mean."""


def store_facts(used: StoreUsed) -> list[tuple[str, Cell | None]]:
    """Name a store, the profile that leads to it and why it is that one."""
    reason = REASONS.get(used.selected_by, used.selected_by.replace("_", " "))
    is_given = used.profile is None and used.selected_by == "at"
    return [
        ("store", located(used.backend, used.location)),
        ("login", login(used)),
        ("profile", f"{used.profile}, {reason}" if used.profile is not None else None),
        ("chosen", None if is_given or used.profile is not None else reason),
    ]


def meant_group(group_id: str | None) -> str:
    """Say whose rows are meant."""
    return "all, and rows without one" if group_id is None else group_id


def login(used: StoreUsed) -> str | None:
    """Return as whom a store is used, on one line; `None` where it knows no users."""
    return None if used.login is None else f"{used.login.user}, by {used.login.method}"


def located(backend: str, location: str) -> str:
    """Name a store so that its backend can be told."""
    return location if location.startswith(f"{backend}:") else f"{backend}: {location}"


def named(used: StoreUsed) -> str:
    """Name a store on one line, and the profile that leads to it."""
    place = located(used.backend, used.location)
    return place if used.profile is None else f"{place} (profile {used.profile})"


def side_facts(side: str, used: StoreUsed) -> list[tuple[str, Cell | None]]:
    """Name a store that is one side of a copy, and as whom it is used."""
    return [(side, named(used)), (f"{side} login", login(used))]


def command(*words: str, profile: str | None = None, group: str | None = None) -> str:
    """Spell a memctl command as a shell reads it; a group that is in force anyway is left out."""
    spelt = ["memctl", *words]
    if profile is not None:
        spelt += ["--profile", profile]
    if group not in {None, os.environ.get("MEMCTL_GROUP") or DEFAULT_GROUP}:
        spelt += ["-g", str(group)]
    return shlex.join(spelt)


def command_at(used: StoreUsed, *words: str, group: str | None = None) -> str:
    """Spell a memctl command that works on a store that was used."""
    if used.profile is not None:
        return command(*words, profile=used.profile, group=group)
    return command(*words, "--at", used.location)

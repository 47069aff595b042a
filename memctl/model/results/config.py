"""What `memctl config` shows and changed, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .base import Result

if TYPE_CHECKING:
    from ..profile import Profile


@dataclass(frozen=True, slots=True)
class ProfileListed:
    """A profile in a list."""

    id: str
    name: str
    group_id: str
    backend_type: str
    is_default: bool
    is_active: bool


@dataclass(frozen=True, slots=True)
class ConfigListResult(Result):
    """The profiles of a group."""

    group_id: str
    profiles: list[ProfileListed]


@dataclass(frozen=True, slots=True)
class ConfigShowResult(Result):
    """One profile, and what its settings come to.

    Attributes:
        profile: as it is saved, and as `memctl config create --from` reads it.
        effective: the value in force of each setting of its backend.
        sources: where each of them comes from: ``profile`` or ``default``.
    """

    profile: Profile
    effective: dict[str, Any]
    sources: dict[str, str]


@dataclass(frozen=True, slots=True)
class ConfigChangeResult(Result):
    """What a change of profiles did.

    Attributes:
        change: ``created``, ``updated``, ``deleted``, ``set_default`` or ``disabled``.
        profile: the profile after the change (before it, if deleted).
        promoted: the profile that became the default because the old one went.
        switched_off: the profiles that are inactive now.
    """

    change: str
    profile: Profile
    promoted: str | None = None
    switched_off: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ConfigWhichResult(Result):
    """The profile in force and why.

    Attributes:
        refused: why commands that do more than look would not use this store and end with exit
            code 4; null where they use it too.
    """

    group_id: str
    profile: str | None
    profile_group: str | None
    backend: str
    location: str
    selected_by: str
    reason: str
    considered: list[str]
    refused: str | None = None

"""A saved backend configuration of a group."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from .address.logins import masked, shown
from .errors import InvalidSetting
from .memory_type import MemoryType

if TYPE_CHECKING:
    from datetime import datetime

DEFAULT_GROUP: Final = "default"
DISABLED_NAME: Final = "disabled"
"""The name of the configuration that `memctl config disable` switches to."""

_PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST_OWNER: Final = 255


@dataclass(frozen=True, slots=True)
class Profile:
    """One backend configuration of a group.

    Attributes:
        id: a UUID as text.
        group_id: the tenant that owns it.
        name: unique within the group.
        description: free text.
        backend_type: the backend's name.
        settings: the backend's settings; never a secret.
        enable_short_term: whether short-term memory is kept through this profile.
        enable_long_term: the same for long-term memory.
        enable_entity: the same for entity memory.
        is_active: inactive profiles are kept, but never in force.
        is_default: at most one per group.
        created_at: aware, UTC.
        updated_at: aware, UTC.
    """

    id: str
    group_id: str
    name: str
    backend_type: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    enable_short_term: bool = True
    enable_long_term: bool = True
    enable_entity: bool = True
    is_active: bool = True
    is_default: bool = False

    def __post_init__(self) -> None:
        """Leave out passwords that earlier versions let a URL bring in."""
        object.__setattr__(self, "settings", _masked(self.settings))

    @property
    def is_disabled_configuration(self) -> bool:
        """Whether every type is off, which means: use this machine's own memory."""
        return not (self.enable_short_term or self.enable_long_term or self.enable_entity)

    def keeps(self, memory_type: MemoryType) -> bool:
        """Return whether the type is switched on; types without a switch always are."""
        switches = {
            MemoryType.SHORT_TERM: self.enable_short_term,
            MemoryType.LONG_TERM: self.enable_long_term,
            MemoryType.ENTITY: self.enable_entity,
        }
        return switches.get(memory_type, True)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {_masked(key): _masked(each) for key, each in value.items()}
    return [_masked(each) for each in value] if isinstance(value, list) else value


def check_profile_name(name: str) -> str:
    """Return the name.

    Raises:
        InvalidSetting: when it is not a profile's name.
    """
    if not _PROFILE_NAME.match(name):
        raise InvalidSetting(
            f"`{printable(shown(name))}` is not a profile name",
            hint="use 1 to 100 letters, digits, `.`, `_` or `-`, and start with a letter or digit",
        )
    return name


def check_owner_id(kind: str, value: str) -> str:
    """Return a group's or crew's id.

    Raises:
        InvalidSetting: when it is empty or too long, or holds what is no printable character.
    """
    if not 1 <= len(value) <= _LONGEST_OWNER or _CONTROL.search(value):
        raise InvalidSetting(
            f"`{printable(shown(value))}` is not a {kind} id",
            hint=f"use 1 to {_LONGEST_OWNER} characters, none of them a control character",
        )
    return value


def printable(text: str, longest: int = 80) -> str:
    """Return the text fit for one line of a message."""
    visible = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    return visible if len(visible) <= longest else visible[:longest] + "..."

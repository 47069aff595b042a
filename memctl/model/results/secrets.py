"""What `memctl config secret` shows and changed, as plain data; no secret's value is here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .base import Result

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class SecretListed:
    """Where one secret lies.

    Attributes:
        profile: the profile that it belongs to.
        setting: the setting of the backend that it fills.
        host: the only host that it is sent to.
        place: ``keyring`` or ``vault``.
        state: ``used``; ``shadowed`` by an environment variable; ``other_host``: the profile names
            another host now; ``no_profile``: the profile was deleted.
        kept_since: when it was set.
    """

    profile: str
    setting: str
    host: str
    place: str
    state: str
    kept_since: datetime


@dataclass(frozen=True, slots=True)
class SecretListResult(Result):
    """The secrets of a group's profiles."""

    group_id: str
    secrets: list[SecretListed]


@dataclass(frozen=True, slots=True)
class SecretChangeResult(Result):
    """What a change of secrets did.

    Attributes:
        change: ``set``; ``deleted``; ``forgotten``: only the entry went, the value was not touched.
        group_id: the group of the profile.
        profile: the profile that the secret belongs to.
        setting: the setting of the backend that it fills.
        host: the only host that it is sent to.
        place: ``keyring`` or ``vault``.
    """

    change: str
    group_id: str
    profile: str
    setting: str
    host: str
    place: str

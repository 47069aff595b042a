"""Where a secret comes from: the environment, then the keyring, then the vault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model.errors import CredentialMissing
from .environment import environment_secret
from .kept import KeptSecrets

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr

    from ..model.profile import Profile
    from ..model.redaction import Redactor


@dataclass(frozen=True, slots=True)
class Wanted:
    """A secret that a store asks for.

    Attributes:
        setting: the setting that it fills.
        variable: the environment variable that stands for the setting.
        host: the host that it would be sent to, `None` where the store has none.
        profile: the profile that the store was opened by, if any.
        set_command: the command that would keep it.
    """

    setting: str
    variable: str
    host: str | None
    profile: Profile | None
    set_command: str


@dataclass(frozen=True, slots=True)
class Found:
    """A secret, and where it comes from: ``environment``, ``keyring`` or ``vault``."""

    value: SecretStr
    source: str


def find_secret(
    wanted: Wanted, directory: Path, redactor: Redactor, *, may_ask: bool = False
) -> Found | None:
    """Find a secret; `None` where none was ever given.

    The redactor learns the password of a vault that is opened for it.

    Raises:
        CredentialError: when one was given and can't be had, or is bound to another host.
    """
    given = environment_secret(wanted.variable)
    if given is not None:
        return Found(given, "environment")
    if wanted.profile is None:
        return None
    ways_out = (
        f"unlock it or start one, set `{wanted.variable}`, or run `{wanted.set_command} --vault`"
    )
    kept = KeptSecrets(directory, redactor, keyring_hint=ways_out, may_ask=may_ask)
    try:
        found = kept.find(wanted.profile, wanted.setting, wanted.host)
    except CredentialMissing as exc:
        exc.hint = exc.hint or f"run `{wanted.set_command}`, or set `{wanted.variable}`"
        raise
    return None if found is None else Found(*found)

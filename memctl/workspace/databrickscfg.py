"""Reads `.databrickscfg`, the vendor's file of profiles."""

from __future__ import annotations

import configparser
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..model.errors import CredentialRejected, InvalidSetting
from .hosts import normalise_host

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_VARIABLE: Final = "DATABRICKS_CONFIG_FILE"
_USUAL_PLACE: Final = "~/.databrickscfg"
_IMPLIED: Final = "DEFAULT"
_SETTINGS: Final = "__settings__"
"""A section that is no profile; it may name the default one."""


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """The file, read; the SDK's own reader passes over one that it can't open.

    Attributes:
        path: where it lies.
        profiles: by name, with their values as they are written.
        default: the profile that the file itself says is meant where none is named.
        exists: whether there is such a file.
    """

    path: Path
    profiles: Mapping[str, Mapping[str, str]]
    default: str | None
    exists: bool

    def choose(self, named: str | None) -> str | None:
        """Return the profile that is meant, or `None` where neither user nor file names one.

        Raises:
            CredentialRejected: when the file, or the profile in it, is not there.
        """
        if not self.exists:
            if named is None and not os.environ.get(FILE_VARIABLE):
                return None
            meant = f"profile `{named}`" if named else f"`{FILE_VARIABLE}`"
            raise CredentialRejected(
                f"there is no file `{self.path}`, in which {meant} is looked for",
                hint=f"make it with `databricks auth login`, or name another in `{FILE_VARIABLE}`",
            )
        name = named or self.default or (_IMPLIED if _IMPLIED in self.profiles else None)
        if name is None or name in self.profiles:
            return name
        listed = ", ".join(f"`{each}`" for each in self.profiles) or "none"
        raise CredentialRejected(
            f"there is no profile `{name}` in `{self.path}`; its profiles are: {listed}",
            hint="name one of them, or make it with `databricks auth login --profile NAME`",
        )


def read_profile_file() -> ProfileFile:
    """Read the file that the environment names, or the one in the home directory.

    Raises:
        CredentialRejected: when it can't be opened, or is not of its form. What stands in it is
            not repeated: it may be a secret.
    """
    path = Path(os.environ.get(FILE_VARIABLE) or _USUAL_PLACE)
    content = configparser.ConfigParser(interpolation=None, default_section="")
    try:
        path = path.expanduser()
        content.read_string(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return ProfileFile(path, {}, None, exists=False)
    except (OSError, RuntimeError) as exc:
        why = getattr(exc, "strerror", None) or "there is no home directory"
        raise _unusable(path, f"can't be opened: {why}") from None
    except configparser.Error as exc:
        raise _unusable(path, f"is no file of profiles: line {_line_of(exc)} is wrong") from None
    except UnicodeDecodeError:
        raise _unusable(path, "is no file of profiles: it is not text in UTF-8") from None
    profiles = {name: dict(content[name]) for name in content.sections()}
    default = profiles.pop(_SETTINGS, {}).get("default_profile", "").strip() or None
    if not profiles.get(_IMPLIED, True):
        del profiles[_IMPLIED]  # an empty one is there in every file that the vendor makes
    return ProfileFile(path, profiles, default, exists=True)


def way_to_profiles(host: str) -> str | None:
    """Return which profiles of the file are for a host, and how to use one; else `None`."""
    try:
        file = read_profile_file()
    except CredentialRejected:
        return None
    names = [
        name
        for name, values in file.profiles.items()
        if are_same_hosts(host, values.get("host", ""))
    ]
    if not names:
        return None
    listed = ", ".join(f"`{each}`" for each in names)
    return (
        f"`{file.path}` has for this workspace: {listed}; log in by one with `--auth-profile "
        f"{names[0]}` of `memctl setup databricks`, or with `memctl config update NAME --set "
        f"auth_profile={names[0]}`"
    )


def are_same_hosts(first: str, second: str) -> bool:
    """Return whether two addresses, as people write them, are of one workspace."""
    try:
        return normalise_host(first) == normalise_host(second)
    except InvalidSetting:
        return False


def _line_of(exc: configparser.Error) -> int:
    """Return the first line that can't be understood."""
    errors = getattr(exc, "errors", None)
    return errors[0][0] if errors else getattr(exc, "lineno", 1)


def _unusable(path: Path, why: str) -> CredentialRejected:
    return CredentialRejected(
        f"`{path}` {why}", hint=f"mend it, or name another file in `{FILE_VARIABLE}`"
    )

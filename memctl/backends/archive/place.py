"""The directory of an archive, and the one beside it in which it is written."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from ...model.errors import InvalidSetting, NotAStore, StoreNotFound
from .errors import damaged, file_errors
from .files import names_in, temporary_name
from .manifest import MANIFEST, parse_part_name


@dataclass(frozen=True, slots=True)
class Place:
    """The place where an archive is or will be.

    Attributes:
        path: the finished archive's directory, without symbolic links.
    """

    path: Path

    @property
    def partial(self) -> Path:
        """The directory beside it that holds it until it is finished."""
        return self.path.with_name(f"{self.path.name}.partial")

    def is_finished(self) -> bool:
        """Return whether a finished archive lies there, which may be damaged.

        Raises:
            NotAStore: when something else lies there.
        """
        names = _names_in(self.path)
        if MANIFEST in names or any(is_part(name) for name in names):
            return True
        if names:
            raise _not_an_archive(self.path)
        return False

    def is_unfinished(self) -> bool:
        """Return whether an archive was begun and not finished.

        Raises:
            NotAStore: when something else lies in its place.
            DamagedStore: when parts are there without a manifest.
        """
        names = _names_in(self.partial)
        if not all(is_ours(name) for name in names):
            raise _not_an_archive(self.partial)
        if MANIFEST not in names and any(is_part(name) for name in names):
            raise damaged(f"{self.partial}/{MANIFEST}", "is missing")
        return MANIFEST in names

    def not_found(self) -> StoreNotFound:
        """Return the error for an archive that is not there."""
        message = f"there is no archive at `{self.path}`"
        if _names_in(self.partial):
            hint = f"`{self.partial}` holds one that was never finished: run the same copy again"
            return StoreNotFound(message, hint=hint)
        return StoreNotFound(message, hint="check the path")


def find_place(setting: str) -> Place:
    """Return the place for the setting ``path``.

    Raises:
        InvalidSetting: when it is the root directory.
    """
    path = Path(os.path.realpath(os.path.expanduser(setting)))  # noqa: PTH111 - pathlib's raises where there is no home
    if not path.name:
        raise InvalidSetting(
            "the root directory can't be an archive", hint="name a directory in it"
        )
    return Place(path)


def _names_in(path: Path) -> list[str]:
    """List the names in a directory; none if there is no such path.

    Raises:
        NotAStore: when it is something else than a directory.
    """
    with file_errors("look at", path):
        try:
            mode = path.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return []
    if not stat.S_ISDIR(mode):
        raise _not_an_archive(path)
    return names_in(path)


def is_ours(name: str) -> bool:
    """Return whether a file of this name belongs to an archive that is being written."""
    return name == MANIFEST or is_part(name) or is_temporary(name)


def is_part(name: str) -> bool:
    """Return whether a file of this name is a part."""
    return parse_part_name(name) is not None


def is_temporary(name: str) -> bool:
    """Return whether a file of this name is one that a killed run left incomplete."""
    inner = name.removeprefix(".").removesuffix(".tmp")
    return name == temporary_name(inner) and (inner == MANIFEST or is_part(inner))


def _not_an_archive(path: Path) -> NotAStore:
    return NotAStore(
        f"what lies at `{path}` is not an archive",
        hint="choose a directory that does not exist yet",
    )

"""Where the parts of one store lie, and which of them are meant."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ...formats.crewai import Kind, Storage, find_storage
from ...formats.crewai.directories import own_directories, own_unified_directory
from ...formats.crewai.storage import TABLE_DIRECTORY, UNIFIED_DIRECTORY
from ...model.errors import StoreNotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...formats.crewai import Part

LEGACY: Final = (Kind.PER_TYPE, Kind.SHARED, Kind.LONG_TERM)
"""Parts of CrewAI up to 1.9, which are only read."""


class Place:
    """A storage directory of CrewAI, or all those in which this project's memory may lie.

    Args:
        path: the directory, as it was given; `None` for this project's own.
    """

    def __init__(self, path: str | None) -> None:
        self._given = path
        expanded = None if path is None else Path(os.path.expanduser(path))  # noqa: PTH111 - pathlib's raises where there is no home
        self.directories = own_directories() if expanded is None else [expanded]
        self._is_apart = False
        self._is_kept: Callable[[Part], bool] | None = None
        self._storage: Storage | None = None

    def __str__(self) -> str:
        """Return the directory as it was given, or this project's own if that is a single one."""
        if self._given is not None:
            return self._given
        found = [each for each in self.directories if os.path.isdir(each)]  # noqa: PTH112 - pathlib's raises where one may not look
        return "" if len(found) > 1 else str((found or self.directories)[0])

    @property
    def location(self) -> str:
        """Where the store lies, as the user would write it."""
        return f"crewai:{self}"

    @property
    def root(self) -> Path:
        """The absolute path of the directory, to which the paths of a clearing are relative."""
        return self.storage.path.absolute()

    @property
    def storage(self) -> Storage:
        """What lies there, without the parts that were left out.

        Raises:
            NotPermitted: when the user may not look.
        """
        if self._storage is None:
            found = [each for each in map(find_storage, self.directories) if each.parts]
            storage = found[0] if len(found) == 1 else _merged(found, self.directories[0])
            kept = tuple(filter(self._is_kept, storage.parts)) if self._is_kept else storage.parts
            self._storage = replace(storage, parts=kept)
        return self._storage

    @property
    def unified_directory(self) -> Path:
        """The directory of the table; if there is none, the one where CrewAI would make it."""
        found = self.storage.of(Kind.UNIFIED)
        if found:
            return found[0].path
        if self._given is None:
            return own_unified_directory()
        path = self.storage.path
        path = path.parent if path.name == TABLE_DIRECTORY else path
        return path if path.name == UNIFIED_DIRECTORY else path / UNIFIED_DIRECTORY

    @property
    def real_path(self) -> str:
        """The real path of the table, or of the directory if the table was left out."""
        return os.path.realpath(self.directories[0] if self._is_apart else self.unified_directory)

    @property
    def is_one_table(self) -> bool:
        """Whether there is at most one table, so that it is clear which one is written."""
        return not self.storage.is_many and len(self.storage.of(Kind.UNIFIED)) <= 1

    @property
    def has_room(self) -> bool:
        """Whether the table is there, or the directory for it."""
        return bool(self.storage.of(Kind.UNIFIED)) or self.unified_directory.is_dir()

    def keep_unified(self) -> None:
        """Leave out memory of CrewAI up to 1.9, which is never written."""
        self._is_kept = _is_unified
        self.forget()

    def leave_out(self, real_path: str) -> None:
        """Leave out the table at a real path if there is older memory beside it."""

        def is_kept(part: Part) -> bool:
            return not _is_unified(part) or os.path.realpath(part.path) != real_path

        if any(is_kept(part) for part in self.storage.of(*LEGACY, Kind.UNIFIED)):
            self._is_kept = is_kept
            self._is_apart = True
            self.forget()

    def forget(self) -> None:
        """Look again at the next use."""
        self._storage = None

    def not_found(self) -> StoreNotFound:
        """Return the error for a place without memory."""
        directory = self.directories[0]
        if self._given is None:
            return StoreNotFound(
                "CrewAI keeps no memory of the working directory's project: nothing lies at "
                f"`{directory}`",
                hint="run `memctl discover` to find memory on this machine, name a store with "
                "`--at BACKEND:LOCATION`, or save a profile with `memctl setup chroma`",
            )
        if directory.exists():
            return StoreNotFound(
                f"`{directory}` holds no memory of CrewAI",
                hint=f"run `memctl discover {directory}` to search below it",
            )
        return StoreNotFound(
            f"there is no directory `{directory}`",
            hint="check the spelling, or run `memctl discover`",
        )


def _merged(storages: Sequence[Storage], directory: Path) -> Storage:
    """Return the parts of several directories, whose paths prefix the collections' names."""
    parts = (
        replace(part, prefix=f"{storage.path}/{part.prefix}")
        for storage in storages
        for part in storage.parts
    )
    return Storage(directory, tuple(parts))


def _is_unified(part: Part) -> bool:
    return part.kind is Kind.UNIFIED

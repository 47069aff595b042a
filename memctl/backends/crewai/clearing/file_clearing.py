"""What is removed from each file when memory up to CrewAI 1.9 is cleared, and the steps for it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ....formats.translate import translating
from .sqlite_edit import Removal, compact, exclusive, is_compact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .sqlite_edit import Signature


@dataclass(frozen=True, slots=True)
class FileClearing:
    """What is removed from one SQLite file, and the index directories that go with it.

    Attributes:
        path: the file, relative to the store.
        removal: what is removed from it.
        directories: the indexes of those collections, relative to the store.
    """

    path: str
    removal: Removal
    directories: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """What is removed, as shown to the user."""
        collections = self.removal.collections
        if collections is None:
            return f"every row of {self.path}"
        number = len(collections)
        return f"{number} collection{'s' if number > 1 else ''} of {self.path}"

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON, for the journal and the backup."""
        collections = self.removal.collections
        return {
            "path": self.path,
            "collections": None if collections is None else list(collections),
            "directories": list(self.directories),
        }


def read_file_clearings(undo: Mapping[str, Any]) -> list[FileClearing]:
    """Return what `Clearing.undo` describes."""
    return [
        FileClearing(
            each["path"],
            Removal(None if each["collections"] is None else tuple(each["collections"])),
            tuple(each["directories"]),
        )
        for each in undo["cuts"]
    ]


class RemoveCollections:
    """Removes all collections of one file in one transaction, if it has still this signature."""

    def __init__(
        self,
        root: Path,
        clearing: FileClearing,
        known: Signature,
        forget: Callable[[], None],
    ) -> None:
        self.name = f"remove {clearing.summary}"
        self._file = root / clearing.path
        self._removal = clearing.removal
        self._known = known
        self._forget = forget

    def find(self) -> bool:
        """Return whether the collections are gone."""
        return self._removal.is_done(self._file)

    def do(self) -> None:
        """Remove the collections.

        Raises:
            StoreLocked: while another process holds the file, or where one has written to it.
            MemctlError: when it can't be written.
        """
        with exclusive(self._file, self._known) as connection:
            self._removal.apply(connection)
        self._forget()

    def undo(self) -> None:
        """Do nothing: `memctl restore` restores from the backup."""


class RemoveLeftovers:
    """Removes indexes of collections that are gone, and compacts the file that held them."""

    def __init__(self, root: Path, clearing: FileClearing, forget: Callable[[], None]) -> None:
        self.name = f"tidy up {clearing.path}"
        self._file = root / clearing.path
        self._directories = [root / each for each in clearing.directories]
        self._forget = forget

    def find(self) -> bool:
        """Return whether nothing is left of the collections."""
        return is_compact(self._file) and not any(each.is_dir() for each in self._directories)

    def do(self) -> None:
        """Remove the directories, then compact the file.

        Raises:
            StoreLocked: while another process holds the file.
            MemctlError: when something can't be removed or written.
        """
        with translating(self._file):
            for each in self._directories:
                if each.is_dir():
                    shutil.rmtree(each)
        compact(self._file)
        self._forget()

    def undo(self) -> None:
        """Do nothing: `memctl restore` restores from the backup."""

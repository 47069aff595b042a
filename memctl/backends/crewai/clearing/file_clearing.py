"""What goes from each file when memory up to CrewAI 1.9 is cleared, and the steps of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ....formats.chroma.translate import translating
from .sqlite_edit import Removal, compact, exclusive, is_compact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .sqlite_edit import Signature


@dataclass(frozen=True, slots=True)
class FileClearing:
    """What goes from one SQLite file, and the directories that go with it.

    Attributes:
        path: of the file, within the store.
        removal: what is removed from it.
        directories: of the indexes of those collections, within the store.
    """

    path: str
    removal: Removal
    directories: tuple[str, ...] = ()

    @property
    def what(self) -> str:
        """What goes, for people."""
        collections = self.removal.collections
        if collections is None:
            return f"every row of {self.path}"
        number = len(collections)
        return f"{number} collection{'s' if number > 1 else ''} of {self.path}"

    def as_json(self) -> dict[str, Any]:
        """Write it down."""
        collections = self.removal.collections
        return {
            "path": self.path,
            "collections": None if collections is None else list(collections),
            "directories": list(self.directories),
        }


def read_file_clearings(undo: Mapping[str, Any]) -> list[FileClearing]:
    """Read what `Clearing.undo` wrote down."""
    return [
        FileClearing(
            each["path"],
            Removal(None if each["collections"] is None else tuple(each["collections"])),
            tuple(each["directories"]),
        )
        for each in undo["cuts"]
    ]


class RemoveCollections:
    """Remove collections from a file in one transaction: all of them are there, or none is.

    Args:
        root: the directory of the store.
        clearing: what goes.
        known: how the file was when it was prepared.
        forget: has the store looked at anew, after a change.
    """

    def __init__(
        self,
        root: Path,
        clearing: FileClearing,
        known: Signature | None,
        forget: Callable[[], None],
    ) -> None:
        self.name = f"remove {clearing.what}"
        self._file = root / clearing.path
        self._removal = clearing.removal
        self._known = known
        self._forget = forget

    def find(self) -> bool:
        """Say whether they are gone."""
        return self._removal.is_done(self._file)

    def do(self) -> None:
        """Remove them.

        Raises:
            StoreLocked: while another process holds the file, or where one has written to it.
            MemctlError: when it can't be written.
        """
        with exclusive(self._file, self._known) as connection:
            self._removal.apply(connection)
        self._forget()

    def undo(self) -> None:
        """Leave it: `memctl restore` puts back what the backup holds."""


class RemoveLeftovers:
    """Remove the indexes of collections that are gone, and what their file keeps of old bytes."""

    def __init__(self, root: Path, clearing: FileClearing, forget: Callable[[], None]) -> None:
        self.name = f"tidy up {clearing.path}"
        self._file = root / clearing.path
        self._directories = [root / each for each in clearing.directories]
        self._forget = forget

    def find(self) -> bool:
        """Say whether nothing is left of them."""
        return is_compact(self._file) and not any(each.is_dir() for each in self._directories)

    def do(self) -> None:
        """Remove the directories, then write the file anew.

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
        """Leave it: `memctl restore` puts back what the backup holds."""

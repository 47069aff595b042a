"""The setup step of unified memory; the table itself is created with the first record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....model.errors import NotAStore, NotPermitted
from ...shared.on_disk import missing_directories, remove_empty, undoing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class MakeDirectory:
    """Makes the directory of the table, whose dimension the first vector decides."""

    def __init__(self, path: Path, forget: Callable[[], None]) -> None:
        self.name = f"make {path}"
        self._path = path
        self._forget = forget
        self._made: list[Path] = []

    def find(self) -> bool:
        """Return whether the directory is there."""
        return self._path.is_dir()

    def do(self) -> None:
        """Make the directory and its missing parents, for the user only.

        Raises:
            NotPermitted: when the user may not.
            NotAStore: when a file lies there.
        """
        try:
            with undoing(self.undo):
                for each in reversed(missing_directories(self._path)):
                    each.mkdir(mode=0o700)
                    self._made.insert(0, each)
        except (FileExistsError, NotADirectoryError) as exc:
            raise NotAStore(
                f"`{exc.filename}` is no directory", hint="choose another directory"
            ) from exc
        except OSError as exc:
            raise NotPermitted(
                f"can't make `{self._path}`: {exc.strerror}",
                hint="check who owns it, or choose another directory",
            ) from exc
        self._forget()

    def undo(self) -> None:
        """Remove the directories that were made, unless they are no longer empty.

        Raises:
            NotPermitted: when the user may not.
        """
        self._forget()
        try:
            remove_empty(self._made)
        except OSError as exc:
            raise NotPermitted(
                f"can't remove `{exc.filename}`: {exc.strerror}",
                hint="check who owns it, and remove it",
            ) from exc

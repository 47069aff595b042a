"""The step that makes room for unified memory; the table comes with the first record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....model.errors import NotAStore, NotPermitted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class MakeDirectory:
    """Make the directory that holds the table: its dimension is that of the first vector.

    Args:
        path: the directory.
        forget: has the store looked at anew, after a change.
    """

    def __init__(self, path: Path, forget: Callable[[], None]) -> None:
        self.name = f"make {path}"
        self._path = path
        self._forget = forget
        self._made: list[Path] = []

    def find(self) -> bool:
        """Say whether it is there."""
        return self._path.is_dir()

    def do(self) -> None:
        """Make it, for its owner only; what is missing above it too.

        Raises:
            NotPermitted: when the user may not.
            NotAStore: when a file lies there.
        """
        missing = [each for each in (self._path, *self._path.parents) if not each.exists()]
        try:
            for each in reversed(missing):
                each.mkdir(mode=0o700)
                self._made.append(each)
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
        """Remove the directories that were made, as far as they are empty."""
        self._forget()
        for each in reversed(self._made):
            try:
                each.rmdir()
            except OSError:
                return

"""The step that makes room for unified memory; the table comes with the first record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....model.errors import NotAStore, NotPermitted

if TYPE_CHECKING:
    from pathlib import Path

    from ....model.step import Step
    from ..backend import CrewaiBackend


def plan_directory(backend: CrewaiBackend) -> list[Step]:
    """List the step; a table that is there needs none."""
    return [MakeDirectory(backend)]


class MakeDirectory:
    """Make the directory that holds the table: its dimension is that of the first vector."""

    def __init__(self, backend: CrewaiBackend) -> None:
        self._backend = backend
        self._made: list[Path] = []
        self.name = f"make {backend.place.unified_directory}"

    def find(self) -> bool:
        """Say whether it is there."""
        return self._backend.place.unified_directory.is_dir()

    def do(self) -> None:
        """Make it, for its owner only; what is missing above it too.

        Raises:
            NotPermitted: when the user may not.
            NotAStore: when a file lies there.
        """
        path = self._backend.place.unified_directory
        missing = [each for each in (path, *path.parents) if not each.exists()]
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
                f"can't make `{path}`: {exc.strerror}",
                hint="check who owns it, or choose another directory",
            ) from exc
        self._backend.forget()

    def undo(self) -> None:
        """Remove the directories that were made, as far as they are empty."""
        self._backend.close()
        for each in reversed(self._made):
            try:
                each.rmdir()
            except OSError:
                return

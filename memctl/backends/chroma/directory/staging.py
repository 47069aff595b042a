"""Staging folders: a store is completed in one before it becomes visible.

A staging folder lies in the store's directory, and a killed run leaves it there. Its SQLite file is
moved last, for that file alone makes a directory a store. The folders of indexes are moved before
it; a list in the staging folder names them, so that the next run can tell them from a user's.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ....formats.chroma.catalog import UUID_TEXT
from ....formats.chroma.store import SQLITE_FILE, open_database
from ....formats.translate import translating
from ....model.errors import StoreLocked
from ...shared.on_disk import flush, remove_empty, undoing
from .client import file_error
from .files import read_segments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_PREFIX: Final = ".memctl-draft-"
_MOVING: Final = "moving"
"""The file that names the folders which are moved out of a staging folder."""


@contextmanager
def staging_in(path: Path, act: str, undo: Callable[[], None]) -> Iterator[None]:
    """Make a store's directory, for its owner only, and undo all where the work in it fails.

    Args:
        path: the directory; what a killed run left in it is removed.
        act: names the work in an error: ``make a store in``.
        undo: is called then.

    Raises:
        MemctlError: instead of what the file system raises.
    """
    try:
        with undoing(undo):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            remove_leftovers(path)
            yield
    except OSError as exc:
        raise file_error(act, path, exc) from exc


def make_staging_folder(path: Path) -> Path:
    """Make an empty staging folder in a store's directory, and return it."""
    return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=path))


def note_moving(folder: Path, folders: Iterable[str]) -> None:
    """Write down which folders are going to be moved, before the first one is."""
    listed = folder / _MOVING
    listed.write_text("\n".join(folders), "utf-8")
    for each in (listed, folder, folder.parent):
        flush(each)


def leftovers(path: Path) -> list[Path]:
    """List staging folders, and folders moved out of them that became no part of a store."""
    there = path.iterdir() if path.is_dir() else []
    staged = [each for each in there if each.name.startswith(_PREFIX)]
    moved = {name for each in staged for name in _read_moving(each)}
    if moved and (path / SQLITE_FILE).exists():
        moved -= _segments(path)
    return [*staged, *(path / each for each in sorted(moved) if (path / each).is_dir())]


def remove_leftovers(path: Path) -> None:
    """Remove all of it; staging folders last, for they tell what else there is."""
    for each in reversed(leftovers(path)):
        shutil.rmtree(each)


def remove_unfinished(path: Path, directories: Iterable[Path]) -> None:
    """Remove what is left of a store that was not made, and the directories made for it."""
    remove_leftovers(path)
    remove_empty(directories)


def publish(folder: Path, path: Path) -> None:
    """Move the staged SQLite file into the store, unless another program has put one there.

    Raises:
        StoreLocked: then.
    """
    try:
        os.link(folder / SQLITE_FILE, path / SQLITE_FILE)
    except FileExistsError as exc:
        raise is_in_use(path) from exc
    except OSError:  # not every file system knows links
        if (path / SQLITE_FILE).exists():
            raise is_in_use(path) from None
        (folder / SQLITE_FILE).rename(path / SQLITE_FILE)


def is_in_use(path: Path) -> StoreLocked:
    """Return the error for a store that came into use while it was made."""
    return StoreLocked(
        f"another process began to write to `{path}`",
        hint="stop it, or choose another target, and run the command again",
    )


def _read_moving(folder: Path) -> list[str]:
    try:
        names = (folder / _MOVING).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [each for each in names if UUID_TEXT.fullmatch(each)]


def _segments(path: Path) -> set[str]:
    with translating(path), closing(open_database(path)) as database:
        return set(read_segments(database))

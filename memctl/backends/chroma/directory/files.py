"""Copies the files of a Chroma directory as one state of the store."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing, contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ....formats.chroma.store import SQLITE_FILE, open_database
from ....formats.opening import signature, with_journals
from ....formats.translate import primary_code
from ....model.errors import NO_ROOM, DamagedStore, StoreLocked
from ...shared.on_disk import flush_tree
from .client import file_error, sqlite_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ....formats.opening import Database

_ATTEMPTS: Final = 5
_SETTLED_S: Final = 0.1
"""A file that was written less long ago may be written once more without another time of change."""

Signatures = dict[str, tuple[int, int]]
"""Path -> size and time of change."""


class DirectoryFiles:
    """The files of one Chroma directory; those of chromadb's other databases are among them.

    Args:
        path: the directory.
        schema: the schema level of each part.
        mapping: the memory type of collections whose name does not say it.
    """

    def __init__(
        self, path: Path, schema: Mapping[str, int], mapping: Mapping[str, str] | None
    ) -> None:
        self._path = path
        self.schema = schema
        self.settings: Mapping[str, Any] = {"map": dict(mapping)} if mapping else {}

    def copy(self, directory: Path) -> None:
        """Copy one state of the store.

        Raises:
            StoreLocked: when another process writes all the while.
            DiskFull: when there is no room.
        """
        copy_state(self._path, directory)


def copy_state(source: Path, target: Path) -> None:
    """Copy one state of a store that may be in use into an empty directory, and onto the disk.

    The SQLite file is locked for reading all the while, so that nobody commits. Chroma writes the
    files of an index without a lock: where one was changed meanwhile, all is copied anew.

    Raises:
        StoreLocked: when that happens again and again.
        MemctlError: when a file can't be read or written.
    """
    for attempt in range(_ATTEMPTS):
        time.sleep(_SETTLED_S * attempt)
        with file_errors(source, target):
            if _copy_once(source, target):
                flush_tree(target)
                return
            for each in target.iterdir():
                shutil.rmtree(each) if each.is_dir() else each.unlink()
    raise StoreLocked(
        f"`{source}` was written by another process each time that it was copied",
        hint="let the crew stop, then run the same command again",
    )


def _copy_once(source: Path, target: Path) -> bool:
    """Copy every file and return whether none was changed in the meantime."""
    file = (source / SQLITE_FILE).resolve()
    files = with_journals(file)
    before = _sign(files)
    with closing(open_database(source)) as database, database.reading():
        segments = read_segments(database)  # the first read takes the lock
        folders = [source / each for each in segments if (source / each).is_dir()]
        indexes = _sign_settled(folders)
        if indexes is None:
            return False
        with _new_database(target / SQLITE_FILE) as copy:
            database.copy_to(copy)
        try:
            for folder in folders:
                copy_folder(folder, target / folder.name)
            is_settled = indexes == _sign(_files_of(folders))
        except FileNotFoundError:  # the collection was deleted just now
            return False
        # Nobody commits to what is locked; of what had to be copied first, nothing is.
        return is_settled and (not database.is_copy or before == _sign(files))


def read_segments(database: Database) -> list[str]:
    """Return the folders that belong to the store."""
    return [each for (each,) in database.rows("SELECT id FROM segments WHERE scope = 'VECTOR'")]


@contextmanager
def _new_database(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a SQLite file that is made; nobody reads it before it is whole and on the disk."""
    file.touch(0o600)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        yield connection


def copy_folder(source: Path, target: Path) -> None:
    """Copy the files of an index."""
    target.mkdir(0o700)
    for each in _files_of([source]):
        copy_file(each, target / each.name)


def copy_file(source: Path, target: Path) -> None:
    """Copy one file, for its owner only."""
    shutil.copyfile(source, target)
    target.chmod(0o600)


def copy_kept(source: Path, target: Path, hashes: Mapping[str, str]) -> None:
    """Copy files that nobody writes to into an empty directory, and onto the disk.

    Raises:
        DamagedStore: when a copy is not what its hash says.
        MemctlError: when a file can't be read or written.
    """
    with file_errors(source, target):
        for path in hashes:
            (target / path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            copy_file(source / path, target / path)
        flush_tree(target)
        for path, digest in hashes.items():
            with (target / path).open("rb") as opened:
                if file_digest(opened, "sha256").hexdigest() != digest:
                    raise DamagedStore(
                        f"`{source / path}` is not what it was, or could not be copied",
                        hint="nothing was written; check the disks, then run the command again",
                    )


@contextmanager
def file_errors(source: Path, target: Path) -> Iterator[None]:
    """Translate what SQLite and the file system raise: the source is read, the target written.

    Raises:
        MemctlError: instead.
    """
    try:
        yield
    except sqlite3.Error as exc:
        is_full = primary_code(exc) == sqlite3.SQLITE_FULL
        raise sqlite_error(target if is_full else source, exc) from exc
    except OSError as exc:
        is_full = exc.errno in NO_ROOM
        place = target if is_full or exc.filename is None else Path(exc.filename)
        raise file_error("copy", place, exc) from exc


def _sign_settled(folders: list[Path]) -> Signatures | None:
    """Return the signatures of files that nobody writes now, or `None` while somebody does."""
    for pause in (_SETTLED_S, 0):
        found = _sign(_files_of(folders))
        newest = max((changed for _, changed in found.values()), default=0)
        if abs(time.time_ns() - newest) > _SETTLED_S * 1e9:
            return found
        time.sleep(pause)
    return None


def _files_of(folders: Iterable[Path]) -> list[Path]:
    return [each for folder in folders for each in sorted(folder.iterdir()) if each.is_file()]


def _sign(files: Iterable[Path]) -> Signatures:
    return {str(each): found for each in files if (found := signature(each)) is not None}

"""Opening the state file, its transactions and its errors."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Final, Self

from ..model.errors import (
    NO_ROOM,
    DiskFull,
    InvalidSetting,
    LocalStateUnusable,
    MemctlError,
    StoreLocked,
)
from .home import (
    FREE_SPACE,
    HOME_VARIABLE,
    ensure_directory,
    ensure_home,
    locks_directory,
    state_file,
)
from .interrupts import uninterrupted
from .schema import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlmodel import Session

BUSY_TIMEOUT_S: Final = 10.0
"""How long to wait for another process that is writing."""

_SMALLEST_PAGE: Final = 512
_DAMAGED: Final = "move the file away to start anew, or put back a copy of it"
_NOT_WRITABLE: Final = (
    f"make the file and its directory writable, or set `{HOME_VARIABLE}` to a directory that is"
)
_HINTS: Final = {
    sqlite3.SQLITE_IOERR: "check the disk that the file lies on",
    sqlite3.SQLITE_READONLY: _NOT_WRITABLE,
    sqlite3.SQLITE_CANTOPEN: _NOT_WRITABLE,
    sqlite3.SQLITE_PERM: _NOT_WRITABLE,
}
_LOCKED: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_LITTLE_ROOM: Final = 1 << 16
"""SQLite asks for 32 KiB beside the file, and has given them back when its error is looked at."""


class State:
    """The open state file: a context manager that gives transactions to this room.

    A file that does not exist reads as an empty one, and the first write creates it.
    """

    def __init__(self, path: Path, busy_timeout_s: float) -> None:
        self._path = path
        self._busy_timeout_s = busy_timeout_s
        self._engine: Engine | None = None
        self._turn = Lock()
        self._is_on_file = False
        if _is_there(path):
            self._open_file()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Return a connection that sees one moment of the file.

        Raises:
            StoreLocked: when another process holds the file for longer than the busy timeout.
            LocalStateUnusable: when the file can't be read.
        """
        if not self._is_on_file and _is_there(self._path):
            self._open_file()
        with translated_errors(self._path), closing(self._connect()) as connection:
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Return a session whose work is on the disk when the block ends, or not done at all.

        Raises:
            StoreLocked: when another process holds the file for longer than the busy timeout.
            DiskFull: when there is no room for it in a file that is there: what the command did
                before may be half of its work.
            LocalStateUnusable: when the file can't be made or written.
        """
        from .engine import transaction

        if not self._is_on_file:
            _create_file(self._path, self._busy_timeout_s)
            self._open_file()
        with (
            uninterrupted(),
            translated_errors(self._path, full=DiskFull),
            transaction(self._engine_on_file()) as session,
        ):
            yield session

    def close(self) -> None:
        """Close every connection; closing twice is fine."""
        if self._engine is not None:
            self._engine.dispose()

    def _open_file(self) -> None:
        with (
            translated_errors(self._path),
            closing(_connect(self._path, self._busy_timeout_s)) as connection,
        ):
            migrate(connection)
        self._is_on_file = True

    def _engine_on_file(self) -> Engine:
        from .engine import engine_on

        with self._turn:  # the first to write may be several threads
            if self._engine is None:
                self._engine = engine_on(self._connect)
            return self._engine

    def _connect(self) -> sqlite3.Connection:
        return _connect(self._path, self._busy_timeout_s) if self._is_on_file else _empty()


def open_state(*, busy_timeout_s: float = BUSY_TIMEOUT_S) -> State:
    """Open the state file of this user.

    Where there is none yet, everything reads as empty and nothing is created before the first
    write.

    Args:
        busy_timeout_s: how long to wait for another process that is writing.

    Raises:
        StoreLocked: when another process holds the file for longer than that.
        LocalStateUnusable: when the file can't be opened, is damaged, or is a newer program's.
    """
    return State(state_file(), busy_timeout_s)


@contextmanager
def translated_errors(
    path: Path, *, full: type[MemctlError] = LocalStateUnusable
) -> Iterator[None]:
    """Turn what SQLite and the system raise into memctl's errors.

    Args:
        path: the state file.
        full: the error that a full disk is.

    Raises:
        StoreLocked: when another process is writing.
        InvalidSetting: when a text can't be kept, as it is not valid Unicode.
        LocalStateUnusable: for everything else.
    """
    try:
        yield
    except MemctlError:
        raise
    except (sqlite3.Error, OSError) as error:
        raise _translated(path, error, full) from error
    except UnicodeEncodeError as error:
        raise InvalidSetting(f"{error.object!a} is not valid Unicode") from error


def _translated(
    path: Path, error: BaseException, full: type[MemctlError] = LocalStateUnusable
) -> MemctlError:
    # The low byte is the primary code: https://www.sqlite.org/rescode.html
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _LOCKED:
        return _locked(path)
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    if _is_about_room(path, error, code):
        return full(_said(path, why), hint=FREE_SPACE)
    if isinstance(error, OSError):
        return _unusable(path, why, _NOT_WRITABLE)
    return _unusable(path, why, _HINTS.get(code, _DAMAGED))


def _is_about_room(path: Path, error: BaseException, code: int) -> bool:
    """Return whether the disk is full; SQLite says so only of the file itself and its log."""
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    if code == sqlite3.SQLITE_IOERR:
        return shutil.disk_usage(path.parent).free < _LITTLE_ROOM
    return code == sqlite3.SQLITE_FULL


def _unusable(path: Path, why: str, hint: str) -> LocalStateUnusable:
    return LocalStateUnusable(_said(path, why), hint=hint)


def _said(path: Path, why: str) -> str:
    return f"the local state `{path}` can't be used: {why}"


def _locked(path: Path) -> StoreLocked:
    return StoreLocked(
        f"the local state `{path}` is locked by another process",
        hint="wait for the other command to end, then run this one again",
    )


def _is_there(path: Path) -> bool:
    """Return whether the file exists.

    SQLite takes a file without a whole page for a new database. memctl never leaves one behind:
    what was in it is lost, and that must not look as if nothing was ever saved.
    """
    try:
        size = path.lstat().st_size
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _translated(path, error) from error
    if size < _SMALLEST_PAGE:
        raise _unusable(path, f"the file is cut short, it has {size} bytes", _DAMAGED)
    return True


def _create_file(path: Path, timeout_s: float) -> None:
    """Make the file whole under another name first: whoever sees it, sees it with its schema."""
    import filelock

    ensure_home()
    lock = filelock.FileLock(ensure_directory(locks_directory()) / "state.lock", mode=0o600)
    with translated_errors(path):
        try:
            with lock.acquire(timeout=timeout_s):
                if not _is_there(path):
                    _create_draft(path)
        except filelock.Timeout as error:
            raise _locked(path) from error


def _create_draft(path: Path) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)  # of a run that was killed right here
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(_connect(draft, 0)) as connection:
        migrate(connection)
        # Closing does this too, but says nothing where the disk is too full for it; and the draft
        # is renamed alone, so that all must be in it.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    draft.rename(path)


def _connect(path: Path, timeout_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw",  # never creates: the file's mode is ours to choose
        uri=True,
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # The intention of an act must outlive a power cut, so each commit waits for the disk.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _empty() -> sqlite3.Connection:
    """Connect to a database in memory that holds nothing."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection)
    return connection

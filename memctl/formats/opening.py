"""Opens files of other programs safely, and their SQLite files so that nothing beside changes."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
import tempfile
import time
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from ..model.errors import StoreLocked
from .translate import damaged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_JOURNALS: Final = ("-journal", "-wal")
"""What SQLite lays beside a file while it is written; left there when the writer was killed."""

_NO_WAITING: Final = getattr(os, "O_NONBLOCK", 0)
_NO_LINKS: Final = getattr(os, "O_NOFOLLOW", 0)
_MAGIC: Final = b"SQLite format 3\0"
_VERSIONS_AT: Final = 18
"""Two header bytes that are 2 in a file in WAL mode: https://www.sqlite.org/fileformat.html."""
_WAL: Final = 2
_ROWS_AT_ONCE: Final = 1000
"""SQLite gives many rows in less time than one by one; more would only take memory."""
_PATIENCE_S: Final = 5.0
_PAUSE_S: Final = 0.25
_ATTEMPTS: Final = 3


class NotRegularFile(OSError):
    """A pipe, a socket or a device lies where a file should."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "it is not a regular file", str(path))


def open_regular(path: Path, *, follow_links: bool = True) -> BinaryIO:
    """Open a file for reading; a pipe or a device in its place is not waited for.

    Raises:
        NotRegularFile: when it is something else.
        OSError: when it can't be opened.
    """
    more = _NO_WAITING if follow_links else _NO_WAITING | _NO_LINKS
    try:
        opened = open(path, "rb", opener=lambda name, flags: os.open(name, flags | more))  # noqa: SIM115 - the caller closes it; pathlib takes no opener
    except OSError as exc:
        if exc.errno == errno.ENXIO:  # a socket
            raise NotRegularFile(path) from exc
        raise
    if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
        opened.close()
        raise NotRegularFile(path)
    return opened


def read_regular(path: Path) -> bytes:
    """Return the bytes of a file, opened as `open_regular` does."""
    with open_regular(path) as opened:
        return opened.read()


class Database:
    """One read-only connection to a SQLite file, or to a private copy of it.

    A lock held for reading keeps every writer waiting (Chroma's journal mode is `delete`), so
    nothing here stays open between two calls: `reading` spans one page, never a whole scan.
    """

    __slots__ = ("_connection", "_copy", "file", "levels")

    def __init__(
        self,
        file: Path,
        connection: sqlite3.Connection,
        copy: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        """Keep the connection, and the directory of the private copy if there is one."""
        self.file = file
        self.levels: Mapping[str, int] = {}
        self._connection = connection
        self._copy = copy

    @property
    def is_copy(self) -> bool:
        """Whether a private copy is read."""
        return self._copy is not None

    def each(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Run one query and yield its rows, read some at a time."""
        found = self._connection.execute(sql)
        return chain.from_iterable(iter(lambda: found.fetchmany(_ROWS_AT_ONCE), []))

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one query and return all of its rows."""
        return self._connection.execute(sql, parameters).fetchall()

    def add_function(self, name: str, function: Any) -> None:
        """Let SQL call a Python function of one argument."""
        self._connection.create_function(name, 1, function, deterministic=True)

    def version(self) -> int:
        """Return a number that changes whenever another connection changes the file."""
        return int(self.rows("PRAGMA data_version")[0][0])

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep one state of the file in view until the block ends."""
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            # After some errors SQLite has ended the transaction by itself.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def copy_to(self, target: sqlite3.Connection) -> None:
        """Make another SQLite file what this connection sees; it may be in use by others.

        Raises:
            StoreLocked: when another process does not let go of the target.
        """
        waited = 0

        def wait(status: int, remaining: int, total: int) -> None:  # noqa: ARG001 - as `backup` calls it
            nonlocal waited
            waited += status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if waited * _PAUSE_S > _PATIENCE_S:  # `backup` itself would wait without an end
                raise StoreLocked(
                    "another process does not let go of the target's SQLite file",
                    hint="wait until it is done, or stop it, and run the command again",
                )

        self._connection.backup(target, progress=wait, sleep=_PAUSE_S)

    def close(self) -> None:
        """Close the connection and delete the private copy; a second call does nothing."""
        self._connection.close()
        if self._copy is not None:
            self._copy.cleanup()
            self._copy = None


def open_sqlite(file: Path, *, is_live: bool = False) -> Database:
    """Open any SQLite file for reading, a private copy of it where it must be one.

    Args:
        file: where it lies; of a link, what it leads to is opened.
        is_live: never read a copy, because this process itself writes to the file.

    Raises:
        DamagedStore: when that is no SQLite file.
        StoreLocked: when a writer does not let go of it.
    """
    file = file.resolve()  # SQLite looks for journals beside the real file, not beside a link to it
    if _needs_copy(file) and not is_live:
        return _open_copy(file)
    try:
        connection = _querying(file, "ro")
    except sqlite3.OperationalError as exc:
        # A journal that its writer left behind must be rolled back before anyone may read.
        if not _is_rollback_needed(exc):
            raise
        return _open_copy(file)
    return Database(file, connection)


def _needs_copy(file: Path) -> bool:
    """Return whether even opening the file for reading would leave files beside it."""
    with open_regular(file) as opened:
        header = opened.read(100)
    # SQLite opens a journal without asking what it is, and copying a device has no end.
    for journal in with_journals(file)[1:]:
        if os.path.lexists(journal) and not stat.S_ISREG(journal.lstat().st_mode):
            raise NotRegularFile(journal)
    if not header:
        raise damaged(file, "it is empty")
    if not header.startswith(_MAGIC):
        raise damaged(file, "it does not begin as a SQLite file does")
    return _WAL in header[_VERSIONS_AT : _VERSIONS_AT + 2] or beside(file, "-wal").exists()


def with_journals(file: Path) -> list[Path]:
    """Return the file, and where its journals lie if there are any."""
    return [file, *(beside(file, ending) for ending in _JOURNALS)]


def beside(file: Path, suffix: str) -> Path:
    """Return the path of a journal of the file."""
    return file.with_name(file.name + suffix)


def connect(file: Path, mode: str, patience_s: float) -> sqlite3.Connection:
    """Connect to a SQLite file that is there, and create none.

    Args:
        file: the file itself, not a link to it.
        mode: `ro` or `rw`.
        patience_s: how long to wait for another process that holds it.

    Raises:
        sqlite3.Error: when it can't be opened.
    """
    connection = sqlite3.connect(
        f"{file.as_uri()}?mode={mode}", uri=True, timeout=patience_s, isolation_level=None
    )
    try:
        # A foreign schema is data: it may not call functions.
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        connection.close()
        raise
    return connection


def _querying(file: Path, mode: str) -> sqlite3.Connection:
    connection = connect(file, mode, _PATIENCE_S)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _is_rollback_needed(exc: sqlite3.OperationalError) -> bool:
    return exc.sqlite_errorcode in (
        sqlite3.SQLITE_READONLY_ROLLBACK,
        sqlite3.SQLITE_READONLY_RECOVERY,
        sqlite3.SQLITE_READONLY_CANTINIT,
    )


def _open_copy(file: Path) -> Database:
    """Copy the file and its journal into a directory of mode 0700, and let SQLite recover there."""
    copy = tempfile.TemporaryDirectory(prefix="memctl-chroma-")
    try:
        connection = _querying(_copy_into(Path(copy.name), file), "rw")
    except BaseException:
        copy.cleanup()
        raise
    return Database(file, connection, copy)


def _copy_into(target: Path, file: Path) -> Path:
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE_S)
        before = _signatures(file)
        if _copy_each(before, target) and _signatures(file) == before:
            return target / file.name
        for each in before:
            (target / each.name).unlink(missing_ok=True)
    raise StoreLocked(
        f"`{file}` is being written by another process",
        hint="wait until it is done, or stop it, and run the command again",
    )


def _copy_each(signatures: dict[Path, tuple[int, int] | None], target: Path) -> bool:
    """Copy the files that there are, and return whether each still was there.

    A journal goes as soon as its last writer is done.
    """
    file, *journals = signatures
    shutil.copyfile(file, target / file.name)
    for each in journals:
        if signatures[each] is None:
            continue
        try:
            shutil.copyfile(each, target / each.name)
        except FileNotFoundError:
            return False
    return True


def _signatures(file: Path) -> dict[Path, tuple[int, int] | None]:
    return {each: signature(each) for each in with_journals(file)}


def signature(file: Path) -> tuple[int, int] | None:
    """Return size and time of change, which differ after a write; `None` where no file lies."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns

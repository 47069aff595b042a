"""Removes whole collections and tables from CrewAI's SQLite files, in one transaction each.

The file is not opened with chromadb, which would migrate it for good by opening it. The tables that
hold rows of a collection are the same from chromadb 0.5 to 1.5, except `embedding_metadata_array`,
which only 1.5 has. The schema and the rows of all other collections stay unchanged.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from ....formats.crewai.long_term import TABLE as LONG_TERM_TABLE
from ....formats.opening import beside, connect, open_sqlite, signature
from ....formats.translate import primary_code, translating
from ....model.errors import DiskFull, NotPermitted, StoreLocked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from ....formats.opening import Database

_PATIENCE_S: Final = 2.0
WRITE_AHEAD_LOG: Final = "-wal"
_FULL_TEXT: Final = "embedding_fulltext_search"
_IGNORED: Final = f"name LIKE '{_FULL_TEXT}\\_%' ESCAPE '\\' OR name = 'acquire_write'"
"""Tables without content: the shadow tables of the full-text index, and chromadb's own lock."""

_OF_SEGMENTS: Final = "segment_id IN (SELECT id FROM gone_segments)"
_OF_ROWS: Final = "id IN (SELECT id FROM gone_rows)"
_OF_COLLECTIONS: Final = "IN (SELECT id FROM gone_collections)"
_DELETIONS: Final = (
    ("embedding_metadata_array", _OF_ROWS),
    ("embedding_metadata", _OF_ROWS),
    (_FULL_TEXT, "rowid IN (SELECT id FROM gone_rows)"),
    ("embeddings", _OF_SEGMENTS),
    ("max_seq_id", _OF_SEGMENTS),
    ("segment_metadata", _OF_SEGMENTS),
    ("segments", f"collection {_OF_COLLECTIONS}"),
    ("collection_metadata", f"collection_id {_OF_COLLECTIONS}"),
    ("collections", f"id {_OF_COLLECTIONS}"),
    ("embeddings_queue", "seq_id IN (SELECT id FROM gone_operations)"),
)
"""Table -> its rows to delete; rows are deleted before those that they refer to."""

Signature = tuple[int, int] | None
"""Size in bytes and time of the last change in nanoseconds; `None` where no file lies."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What is removed from one SQLite file.

    Attributes:
        collections: ids of Chroma's collections; `None` for the file of long-term memory, of which
            every row is removed.
    """

    collections: tuple[str, ...] | None = None

    def apply(self, connection: sqlite3.Connection) -> None:
        """Remove it within the open transaction."""
        if self.collections is None:
            connection.execute(f"DELETE FROM {LONG_TERM_TABLE}")  # noqa: S608 - a constant
        else:
            _remove_collections(connection, self.collections)

    def is_done(self, file: Path) -> bool:
        """Return whether nothing of it is left in the file."""
        with _reading(file) as database:
            if self.collections is None:
                return not database.rows(f"SELECT 1 FROM {LONG_TERM_TABLE} LIMIT 1")  # noqa: S608 - a constant
            ids = {each for (each,) in database.rows("SELECT id FROM collections")}
            return ids.isdisjoint(self.collections)


def recover(file: Path) -> Signature:
    """Roll back what a killed writer left half done; return the signature of the file.

    Raises:
        StoreLocked: while another process holds the file.
        MemctlError: when it can't be written.
    """
    with exclusive(file):
        pass
    with _writing(file), _connected(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    log = beside(file.resolve(), WRITE_AHEAD_LOG)
    if log.exists() and log.stat().st_size:
        raise _locked(file)
    return signature(file)


@contextmanager
def exclusive(file: Path, known: Signature = None) -> Iterator[sqlite3.Connection]:
    """Yield a connection with an exclusive transaction, committed unless an error is raised.

    Deleted bytes are overwritten with zeros.

    Raises:
        StoreLocked: while another process holds the file, or where one changed it since `known`.
        MemctlError: when it can't be written.
    """
    with _writing(file), _connected(file) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN EXCLUSIVE")
        try:
            _check(file, known)
            yield connection
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def compact(file: Path) -> None:
    """Rewrite the file without free pages, which may still hold deleted bytes.

    Raises:
        StoreLocked: while another process holds the file.
        MemctlError: when it can't be written.
    """
    with _writing(file), _connected(file) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def is_compact(file: Path) -> bool:
    """Return whether the file has no free pages."""
    with _reading(file) as database:
        return database.rows("PRAGMA freelist_count") == [(0,)]


def digest(file: Path, removal: Removal | None = None) -> str:
    """Return a hash over the rows of a file's tables, now or after a removal.

    Args:
        file: only read; with a removal it must be a copy, though the removal is rolled back.
        removal: applied before hashing, and rolled back afterwards.

    Raises:
        StoreLocked: while another process holds the file.
        DamagedStore: when it can't be read.
    """
    if removal is None:
        with _reading(file) as database, database.reading():
            return _digest(database.each)
    with _writing(file), _connected(file) as connection:
        connection.execute("BEGIN")
        removal.apply(connection)
        found = _digest(connection.execute)
        connection.execute("ROLLBACK")
        return found


def _digest(query: Callable[[str], Iterable[tuple[Any, ...]]]) -> str:
    total = 0
    tables = list(
        query(f"SELECT name, sql FROM sqlite_master WHERE type = 'table' AND NOT ({_IGNORED})")  # noqa: S608 - constants
    )
    for name, sql in tables:
        for row in [(sql,), *query(f'SELECT * FROM "{name}"')]:  # noqa: S608 - a table's own name
            total += int.from_bytes(sha256(repr((name, row)).encode()).digest())
    return f"{total % 2**256:064x}"


def _remove_collections(connection: sqlite3.Connection, ids: Sequence[str]) -> None:
    _gather(connection, "gone_collections", "SELECT value FROM json_each(?)", json.dumps(ids))
    segments = f"SELECT id FROM segments WHERE collection {_OF_COLLECTIONS}"  # noqa: S608 - constants
    _gather(connection, "gone_segments", segments)
    rows = f"SELECT id FROM embeddings WHERE {_OF_SEGMENTS}"  # noqa: S608 - constants
    _gather(connection, "gone_rows", rows)
    _gather(
        connection,
        "gone_operations",
        "SELECT q.seq_id FROM embeddings_queue AS q"
        " JOIN gone_collections AS c ON q.topic LIKE '%/' || c.id",
    )
    _keep_highest_number(connection)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    for table, which in _DELETIONS:
        if table in tables:
            connection.execute(f"DELETE FROM {table} WHERE {which}")  # noqa: S608 - constants
    # FTS5 keeps the words of deleted rows in its segments, beside a mark that they are deleted.
    connection.execute(f"INSERT INTO {_FULL_TEXT}({_FULL_TEXT}) VALUES ('rebuild')")  # noqa: S608 - a constant


def _gather(connection: sqlite3.Connection, name: str, select: str, *given: Any) -> None:
    connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
    connection.execute(f"CREATE TEMP TABLE {name} (id PRIMARY KEY)")
    connection.execute(f"INSERT INTO temp.{name} {select}", given)


def _keep_highest_number(connection: sqlite3.Connection) -> None:
    """Keep the last operation of the queue, emptied, if other collections stay.

    SQLite gives a new row the highest number in the table plus one. If the numbers began again,
    chromadb would skip the next operations of the other collections as already done.
    """
    highest = "(SELECT MAX(seq_id) FROM embeddings_queue)"
    others = f"SELECT 1 FROM collections WHERE id NOT {_OF_COLLECTIONS}"  # noqa: S608 - constants
    if connection.execute(others).fetchone() is None:
        return
    connection.execute(
        "UPDATE embeddings_queue SET id = '', vector = NULL, encoding = NULL, metadata = NULL"  # noqa: S608 - constants
        f" WHERE seq_id = {highest} AND seq_id IN (SELECT id FROM gone_operations)"
    )
    connection.execute(f"DELETE FROM gone_operations WHERE id = {highest}")  # noqa: S608 - constants


@contextmanager
def _reading(file: Path) -> Iterator[Database]:
    with translating(file), closing(open_sqlite(file)) as database:
        yield database


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    """Translate errors of SQLite, also those that only a writer meets."""
    with translating(file):
        try:
            yield
        except sqlite3.OperationalError as exc:
            code = primary_code(exc)
            if code == sqlite3.SQLITE_FULL:
                raise DiskFull(
                    f"there is no room to write `{file}` anew",
                    hint="free some space, then run the same command again",
                ) from exc
            if code == sqlite3.SQLITE_READONLY:
                raise NotPermitted(
                    f"you may not write `{file}`",
                    hint="run as its owner, or let your user write it",
                ) from exc
            raise


@contextmanager
def _connected(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(file.resolve(), "rw", _PATIENCE_S)) as connection:
        yield connection


def _check(file: Path, known: Signature) -> None:
    if known is not None and signature(file) != known:
        raise _locked(file)


def _locked(file: Path) -> StoreLocked:
    return StoreLocked(
        f"`{file}` is being written by another process",
        hint="let the crew stop, then run the same command again",
    )

"""A Chroma store that is open for reading."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self

from ...model.errors import NotAStore, StoreNotFound
from ..opening import Database, open_sqlite
from ..translate import damaged, translating
from .catalog import StoredCollection, read_collections
from .cursor import START, parse_cursor
from .inspect import inspect_collection, inspect_store
from .owners import owners
from .queue import count_pending, last_operation, read_mark
from .scan import LatestVectors, RowBatch, ScanRequest, scan
from .schema import read_schema, vintage
from .tally import DayCount, tally
from .visible import count_rows, visible_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from .inspect import CollectionFacts, StoreFacts

SQLITE_FILE: Final = "chroma.sqlite3"
OWNER_KEYS: Final = ("group_id", "crew_id", "agent_id")
CREATED_KEY: Final = "created_at"


class ChromaStore:
    """A Chroma directory, open for reading at file level; one thread may use it.

    Nothing in the directory is ever changed. Every method raises `DamagedStore` when it meets bytes
    that are not as Chroma writes them, `StoreLocked` while another process does not let go of the
    SQLite file, and `NotPermitted` when a file may not be read.

    Attributes:
        path: the directory.
        schema: the schema level of each part: `sysdb`, `metadb`, `embeddings_queue`.
    """

    __slots__ = ("_database", "_latest", "path", "schema")

    def __init__(self, path: Path, database: Database) -> None:
        """Take over an open database whose schema is known."""
        self.path = path
        self.schema: Mapping[str, int] = MappingProxyType(dict(database.levels))
        self._database = database
        self._latest = LatestVectors()

    @property
    def vintage(self) -> str:
        """Which chromadb wrote the store last, and which can open it, for people."""
        return vintage(self.schema)

    def collections(self) -> list[StoredCollection]:
        """Return every collection of every database, by name."""
        with translating(self.path), self._database.reading():
            return read_collections(self._database)

    def count(
        self,
        collection: StoredCollection,
        *,
        ids: frozenset[str] | None = None,
        where: Mapping[str, str] | None = None,
    ) -> int:
        """Return how many rows `scan` would yield."""
        with translating(self.path), self._database.reading():
            if ids is None and not where:
                return count_rows(self._database, collection)
            return len(visible_rows(self._database, collection, ids=ids, where=where))

    def scan(
        self,
        collection: StoredCollection,
        *,
        after: str | None = None,
        until: str | None = None,
        batch_size: int = 1000,
        ids: frozenset[str] | None = None,
        where: Mapping[str, str] | None = None,
        with_embeddings: bool = True,
    ) -> Iterator[RowBatch]:
        """Yield rows in a stable order, at most `batch_size` at a time.

        Args:
            collection: one of `collections()`.
            after: go on after this cursor.
            until: stop after the row of this cursor.
            batch_size: rows per batch; a batch may be smaller before the end.
            ids: only rows with one of these ids.
            where: only rows with these texts under these metadata keys.
            with_embeddings: whether to read vectors, for which alone numpy is loaded.

        Raises:
            InvalidCursor: when `after` or `until` is not a cursor of a Chroma store.
        """
        request = ScanRequest(
            collection=collection,
            after=START if after is None else parse_cursor(after),
            until=None if until is None else parse_cursor(until),
            batch_size=batch_size,
            ids=ids,
            where=where,
            with_embeddings=with_embeddings,
        )
        return scan(self._database, self.path, request, self._latest)

    def partition_points(self, collection: StoredCollection, n: int) -> list[str]:
        """Return up to `n - 1` cursors that part the order of a scan into about equal ranges.

        The ranges are: up to the first, after each up to the next, and after the last.
        """
        with translating(self.path), self._database.reading():
            rows = visible_rows(self._database, collection)
            ends = sorted({len(rows) * part // n for part in range(1, n)} - {0, len(rows)})
            return [str(rows.cursor_after(end)) for end in ends]

    def tally(
        self,
        collection: StoredCollection,
        keys: Sequence[str] = OWNER_KEYS,
        created_key: str = CREATED_KEY,
        *,
        row_times: bool = True,
    ) -> list[DayCount]:
        """Return counts by the texts under some metadata keys and by UTC day.

        Args:
            collection: one of `collections()`.
            keys: the metadata keys.
            created_key: the metadata key that holds a row's time as ISO 8601 text.
            row_times: whether rows without such a time count for the day Chroma stored them.
        """
        with translating(self.path), self._database.reading():
            return tally(self._database, collection, keys, created_key, row_times=row_times)

    def owners(
        self, collection: StoredCollection, ids: Iterable[str]
    ) -> dict[str, tuple[str | None, str | None]]:
        """Return group and crew of each of the ids that the collection holds."""
        with translating(self.path), self._database.reading():
            return owners(self._database, collection, ids)

    def revision(self, collection: StoredCollection) -> str:
        """Return the state of a collection: another text after any write to it."""
        with translating(self.path), self._database.reading():
            return f"{collection.id}:{last_operation(self._database, collection)}"

    def mark(self, collection: StoredCollection) -> int | None:
        """Return the last operation that the index on disk holds; `None` before it is saved."""
        with translating(self.path), self._database.reading():
            return read_mark(self._database, collection.vector_segment)

    def queued(self, collection: StoredCollection) -> int:
        """Return how many operations the index on disk does not hold yet."""
        with translating(self.path), self._database.reading():
            mark = read_mark(self._database, collection.vector_segment)
            return count_pending(self._database, collection, mark or 0)

    def check_pages(self) -> None:
        """Look at every page of the database, as SQLite's own quick check does.

        Raises:
            DamagedStore: naming what it found first.
        """
        with translating(self.path), self._database.reading():
            ((found,),) = self._database.rows("PRAGMA quick_check(1)")
        if found != "ok":
            raise damaged(self.path / SQLITE_FILE, f"SQLite's quick check says `{found}`")

    def check_index(self, collection: StoredCollection) -> None:
        """Look whether the files of an index are there and fit together; no vector is read.

        Raises:
            DamagedStore: when one is missing or does not.
        """
        with translating(self.path), self._database.reading():
            self._latest.open(self._database, self.path, collection, self._database.version())

    def inspect(self) -> StoreFacts:
        """Return what `verify` wants to know of the store as a whole."""
        with translating(self.path), self._database.reading():
            return inspect_store(self._database, self.path)

    def inspect_collection(self, collection: StoredCollection) -> CollectionFacts:
        """Return what `verify` wants to know of one collection; every row of it is read."""
        return inspect_collection(self._database, self.path, collection, self._latest)

    def close(self) -> None:
        """Close all files; a second call does nothing."""
        self._latest.forget()
        with translating(self.path):
            self._database.close()

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close it."""
        self.close()


def open_store(path: Path, *, is_live: bool = False) -> ChromaStore:
    """Open a directory that chromadb 0.5, 1.0, 1.1 or 1.5 wrote, or one between, for reading.

    Args:
        path: the directory.
        is_live: never read a private copy, because this process itself writes to the store.

    Raises:
        StoreNotFound: when nothing lies there.
        NotAStore: when it is no directory, or one without Chroma's tables.
        DamagedStore: when its SQLite file is empty, cut short or changed.
        StoreLocked: when another process does not let go of that file.
        NotPermitted: when the user may not read it.
        UnsupportedSchema: when a newer or a much older chromadb wrote it.
    """
    with translating(path):
        database = open_database(path, is_live=is_live)
        try:
            database.levels = read_schema(database)
        except BaseException:
            database.close()
            raise
    return ChromaStore(path, database)


def open_database(directory: Path, *, is_live: bool = False) -> Database:
    """Open `chroma.sqlite3` in a directory for reading, a private copy of it where it must be one.

    Args:
        directory: of the store.
        is_live: never read a copy, because this process itself writes to the store.

    Raises:
        StoreNotFound: when there is no such directory.
        NotAStore: when it holds no `chroma.sqlite3`.
        DamagedStore: when that is no SQLite file.
        StoreLocked: when a writer does not let go of it.
    """
    return open_sqlite(_find(directory), is_live=is_live)


def _find(directory: Path) -> Path:
    if "\0" in str(directory) or not directory.exists():
        raise StoreNotFound(
            f"there is no directory `{directory}`", hint="check the location's spelling"
        )
    file = directory / SQLITE_FILE
    # A directory of that name is damage; a pipe is nothing, and opening one may never end.
    if not directory.is_dir() or not (file.is_file() or file.is_dir()):
        raise NotAStore(
            f"`{directory}` is not a chroma store: it holds no `{SQLITE_FILE}`",
            hint=f"give the directory that holds `{SQLITE_FILE}`",
        )
    return file

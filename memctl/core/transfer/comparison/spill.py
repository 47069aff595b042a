"""What of two sides is left over when they are read side by side, in a temporary file."""

from __future__ import annotations

import sqlite3
import tempfile
from array import array
from collections import defaultdict
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ....model.canonical import record_key
from ....model.errors import NO_ROOM, DiskFull
from ..lookup import Holder, marks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ....model.memory_type import MemoryType
    from ....model.record import MemoryRecord
    from ..lookup import Holding

_MOST_PARAMETERS: Final = 500
_PRIMARY: Final = 0xFF
"""SQLite's extended result codes keep the primary one in the lowest byte."""
_TABLES: Final = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE held (id BLOB, group_id BLOB, crew_id BLOB, origin BLOB, key INTEGER);
    CREATE TABLE sought (id BLOB, collection BLOB);
    CREATE TABLE held_alone (
        id BLOB, group_id BLOB, crew_id BLOB, origin BLOB, key INTEGER, is_met INTEGER
    );
    CREATE TABLE sought_alone (id BLOB, collection BLOB);
"""


class Sought(NamedTuple):
    """A record of the source that has not met its counterpart.

    Attributes:
        id: its id in the source.
        collection: that holds it there.
    """

    id: str
    collection: str


class Spill:
    """The leftovers of both sides of one memory type, in an open database.

    In memory it keeps 8 bytes of each: the record's key.

    Args:
        database: has the empty `_TABLES`; nobody else writes to it.
    """

    threads: Final = 1

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._held: array[int] = array("q")
        self._sought: array[int] = array("q")
        self._database.execute("BEGIN")

    def add_held(self, records: Sequence[MemoryRecord]) -> None:
        """Add records of the target."""
        keys = [record_key(each) for each in records]
        self._held.extend(keys)
        rows = [(*_owned(each), key) for each, key in zip(records, keys, strict=True)]
        self._database.executemany("INSERT INTO held VALUES (?, ?, ?, ?, ?)", rows)

    def add_sought(self, records: Sequence[tuple[MemoryRecord, str, str]]) -> None:
        """Add records as they should stand in the target; with each its collection and id."""
        self._sought.extend(record_key(each) for each, _, _ in records)
        rows = [(_bytes(row), _bytes(collection)) for _, collection, row in records]
        self._database.executemany("INSERT INTO sought VALUES (?, ?)", rows)

    def settle(self) -> int:
        """Let records of the same key meet, and count those of the source."""
        import numpy as np

        held, sought = (np.frombuffer(each, np.int64) for each in (self._held, self._sought))
        held_alone = np.flatnonzero(~np.isin(held, sought))
        sought_alone = np.flatnonzero(~np.isin(sought, held))
        self._keep("held", ", 0", held_alone)
        self._keep("sought", "", sought_alone)
        self._database.execute("CREATE INDEX held_id ON held_alone (id)")
        self._database.execute("COMMIT")
        return len(sought) - len(sought_alone)

    def _keep(self, table: str, more: str, places: NDArray[np.intp]) -> None:
        """Put the rows at these places aside."""
        self._database.executemany(
            f"INSERT INTO {table}_alone SELECT *{more} FROM {table} WHERE rowid = ?",  # noqa: S608 - constants
            ((place + 1,) for place in places.tolist()),
        )

    def sought(self, at_once: int) -> Iterator[list[Sought]]:
        """Return what is left of the source, in the order in which it was added."""
        rows = self._database.execute("SELECT * FROM sought_alone ORDER BY rowid")
        while some := [Sought(_text(key), _text(name)) for key, name in islice(rows, at_once)]:
            yield some

    def find(self, memory_type: MemoryType, ids: Collection[str]) -> Holding:  # noqa: ARG002 - one file a type
        """Look up what is left of the target."""
        holding: Holding = defaultdict(list)
        keys = [_bytes(each) for each in ids]
        for start in range(0, len(keys), _MOST_PARAMETERS):
            some = keys[start : start + _MOST_PARAMETERS]
            places = ", ".join("?" * len(some))
            found = self._database.execute(f"SELECT * FROM held_alone WHERE id IN ({places})", some)  # noqa: S608 - only question marks are put in
            for row in found:
                holder = _holder(row)
                holding[holder.id].append(holder)
        return holding

    def meet(self, holders: Iterable[Holder]) -> None:
        """Note that these have a counterpart in the source."""
        self._database.executemany(
            "UPDATE held_alone SET is_met = 1 WHERE id = ? AND group_id IS ? AND crew_id IS ? "
            "AND origin IS ?",
            [tuple(map(_bytes, (each.id, *each.owner, each.origin))) for each in holders],
        )

    def unmet(self) -> Iterator[Holder]:
        """Return the target's records without a counterpart, by id."""
        for row in self._database.execute("SELECT * FROM held_alone WHERE NOT is_met ORDER BY id"):
            yield _holder(row)


@contextmanager
def open_spill() -> Iterator[Spill]:
    """Open an empty one in a temporary file, which goes even with a killed process.

    Raises:
        DiskFull: as soon as there is no room for it.
    """
    try:
        with closing(_open_temporary()) as database:
            yield Spill(database)
    except sqlite3.OperationalError as exc:
        if exc.sqlite_errorcode & _PRIMARY not in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
            raise
        raise _no_room() from exc
    except OSError as exc:
        if exc.errno not in NO_ROOM:
            raise
        raise _no_room() from exc


def _open_temporary() -> sqlite3.Connection:
    """Open a file whose name is gone at once, where the system lets names of open files go."""
    with tempfile.TemporaryDirectory(
        prefix="memctl-compare-", ignore_cleanup_errors=True
    ) as directory:
        database = sqlite3.connect(Path(directory, "spill.sqlite"), isolation_level=None)
        try:
            database.executescript(_TABLES)
        except BaseException:
            database.close()
            raise
        return database


def _no_room() -> DiskFull:
    return DiskFull(
        f"there is no room in `{tempfile.gettempdir()}` to compare both sides",
        hint="make room, or set `TMPDIR` to a larger disk, then run the same command again",
    )


def _owned(record: MemoryRecord) -> tuple[bytes | None, ...]:
    owner, origin = marks(record)
    return tuple(map(_bytes, (record.id, *owner, origin)))


def _holder(row: tuple[bytes, bytes | None, bytes | None, bytes | None, int, int]) -> Holder:
    record_id, *texts, key, _ = row
    group, crew, origin = (None if each is None else _text(each) for each in texts)
    return Holder(_text(record_id), (group, crew), origin, key=key)


def _bytes(text: str | None) -> bytes | None:
    """Any text, half a character too, which SQLite takes for no text."""
    return None if text is None else text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")

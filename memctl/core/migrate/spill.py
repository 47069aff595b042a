"""What of two sides is left over when they are read side by side, by digest in a temporary file."""

from __future__ import annotations

import errno
import sqlite3
import tempfile
from collections import defaultdict
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ...model.canonical import record_digest
from ...model.errors import DiskFull
from .holders import Holder, marks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from .holders import Holding

_DIGEST_BYTES: Final = 32
_PRIMARY: Final = 0xFF
"""SQLite's extended result codes keep the primary one in the lowest byte."""
_MOST_PARAMETERS: Final = 500
_TABLES: Final = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE held (
        id BLOB, group_id BLOB, crew_id BLOB, origin BLOB, digest BLOB, is_met INTEGER DEFAULT 0
    );
    CREATE TABLE sought (id BLOB, collection BLOB, origin BLOB, digest BLOB);
"""
_SAME: Final = """
    held.digest = sought.digest
    AND (held.origin IS sought.origin OR held.origin IS NULL OR sought.origin IS NULL)
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

    Args:
        database: an empty one; nobody else writes to it.
    """

    threads: Final = 1

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")

    def add_held(self, records: Iterable[MemoryRecord]) -> None:
        """Add records of the target."""
        self._database.executemany(
            "INSERT INTO held (id, group_id, crew_id, origin, digest) VALUES (?, ?, ?, ?, ?)",
            [(*map(_bytes, _keys(each)), _digest(each)) for each in records],
        )

    def add_sought(self, records: Iterable[tuple[MemoryRecord, str]]) -> None:
        """Add records of the source as they should stand in the target, with their collections."""
        self._database.executemany(
            "INSERT INTO sought VALUES (?, ?, ?, ?)",
            [
                (_bytes(each.id), _bytes(collection), _bytes(marks(each)[1]), _digest(each))
                for each, collection in records
            ],
        )

    def settle(self) -> int:
        """Let records of the same digest and origin meet, and count those of the source."""
        self._database.execute("CREATE INDEX held_digest ON held (digest)")
        self._database.execute("CREATE INDEX sought_digest ON sought (digest)")
        self._database.execute(
            f"UPDATE held SET is_met = 1 WHERE EXISTS (SELECT 1 FROM sought WHERE {_SAME})"  # noqa: S608 - a constant
        )
        met = self._database.execute(
            f"DELETE FROM sought WHERE EXISTS (SELECT 1 FROM held WHERE {_SAME})"  # noqa: S608 - a constant
        )
        self._database.execute("CREATE INDEX held_id ON held (id)")
        self._database.execute("COMMIT")
        return met.rowcount

    def sought(self, at_once: int) -> Iterator[list[Sought]]:
        """Give what is left of the source, in the order in which it was added."""
        rows = self._database.execute("SELECT id, collection FROM sought ORDER BY rowid")
        while some := [Sought(_text(key), _text(name)) for key, name in islice(rows, at_once)]:
            yield some

    def find(self, memory_type: MemoryType, ids: Collection[str]) -> Holding:  # noqa: ARG002 - one file a type
        """Look up records of the target."""
        holding: Holding = defaultdict(list)
        keys = [each.encode("utf-8", "surrogatepass") for each in ids]
        for start in range(0, len(keys), _MOST_PARAMETERS):
            some = keys[start : start + _MOST_PARAMETERS]
            marks = ", ".join("?" * len(some))
            found = self._database.execute(f"SELECT * FROM held WHERE id IN ({marks})", some)  # noqa: S608 - only question marks are put in
            for row in found:
                holder = _holder(row)
                holding[holder.id].append(holder)
        return holding

    def meet(self, holders: Iterable[Holder]) -> None:
        """Note that these have a counterpart in the source."""
        self._database.executemany(
            "UPDATE held SET is_met = 1 WHERE id = ? AND group_id IS ? AND crew_id IS ? "
            "AND origin IS ?",
            [tuple(map(_bytes, (each.id, *each.owner, each.origin))) for each in holders],
        )

    def unmet(self) -> Iterator[Holder]:
        """Give the target's records without a counterpart, by id."""
        for row in self._database.execute("SELECT * FROM held WHERE NOT is_met ORDER BY id"):
            yield _holder(row)


@contextmanager
def open_spill() -> Iterator[Spill]:
    """Open an empty one in a temporary directory, which goes with it.

    Raises:
        DiskFull: as soon as there is no room for it.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="memctl-compare-") as directory:
            path = Path(directory, "spill.sqlite")
            with closing(sqlite3.connect(path, isolation_level=None)) as database:
                yield Spill(database)
    except sqlite3.OperationalError as exc:
        if exc.sqlite_errorcode & _PRIMARY not in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
            raise
        raise _no_room() from exc
    except OSError as exc:
        if exc.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise _no_room() from exc


def _no_room() -> DiskFull:
    return DiskFull(
        f"there is no room in `{tempfile.gettempdir()}` to compare both sides",
        hint="make room, or set `TMPDIR` to a larger disk, then run the same command again",
    )


def _keys(record: MemoryRecord) -> tuple[str | None, ...]:
    owner, origin = marks(record)
    return (record.id, *owner, origin)


def _digest(record: MemoryRecord) -> bytes:
    return record_digest(record).to_bytes(_DIGEST_BYTES)


def _holder(row: tuple[bytes, bytes | None, bytes | None, bytes | None, bytes, int]) -> Holder:
    key, *texts, digest, _ = row
    group, crew, origin = (None if each is None else _text(each) for each in texts)
    return Holder(_text(key), (group, crew), origin, digest=int.from_bytes(digest))


def _bytes(text: str | None) -> bytes | None:
    """Any text, half a character too, which SQLite takes for no text."""
    return None if text is None else text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")

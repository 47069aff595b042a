"""What a target holds under which ids, looked up in the store or in a file of digests."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import defaultdict
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from ...model.canonical import record_digest
from ...model.record import ORIGIN_KEY, differing_fields, same_record
from ...model.selector import Selector
from .lanes import read_lanes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ...backends.base import Batch, MemoryBackend
    from ...model.memory_type import MemoryType
    from ...model.progress import Progress
    from ...model.record import MemoryRecord

Holding = dict[str, list["Holder"]]
"""Id -> who holds it; several where a type has several collections."""

_MOST_PARAMETERS: Final = 500
_DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Holder:
    """A record of the target, or what is known of it.

    Attributes:
        id: its id.
        owner: its group and crew.
        origin: the collection that it came from, `None` where that is not known.
        digest: of all that it holds, `None` where the record itself is there.
        record: the record, `None` where just its digest is there.
    """

    id: str
    owner: tuple[str | None, str | None]
    origin: str | None
    digest: int | None = None
    record: MemoryRecord | None = None

    def is_same(self, record: MemoryRecord, made: int | None = None) -> bool:
        """Say whether it is this record; a digest knows no tolerance for vectors.

        Args:
            record: it.
            made: the dimension of a vector that is made anew, and compared by that alone.
        """
        if made is not None:
            return not any(self.differing_fields(record, made))
        if self.record is not None:
            return same_record(record, self.record)
        return self.digest == record_digest(record)

    def differing_fields(self, record: MemoryRecord, made: int | None = None) -> Iterator[str]:
        """Name each field in which the held record differs; all is one where just a digest is."""
        if self.record is None:
            yield "digest"
            return
        vector = self.record.embedding
        is_made = made is not None and vector is not None and vector.shape[0] == made
        for name in differing_fields(record, self.record):
            if not (is_made and name == "embedding"):
                yield name


class Holders(Protocol):
    """Where the records of a target are looked up."""

    @property
    def threads(self) -> int:
        """How many threads may look up at once."""

    def find(self, memory_type: MemoryType, ids: Collection[str]) -> Holding:
        """Return the holders of these ids."""


class InStore:
    """The records of an open store, looked up by id.

    Args:
        store: the store.
        stamp_group: the group that rows without one are taken to have, or `None`.
    """

    def __init__(self, store: MemoryBackend, stamp_group: str | None = None) -> None:
        self._store = store
        self._stamp_group = stamp_group

    @property
    def threads(self) -> int:
        """As many as may write to the store."""
        return self._store.writers

    def find(self, memory_type: MemoryType, ids: Collection[str]) -> Holding:
        """Look the ids up in the store."""
        holding: Holding = defaultdict(list)
        for batch in self._store.scan(memory_type, Selector(ids=frozenset(ids))):
            for record in _stamped(batch, self._stamp_group):
                holding[record.id].append(Holder(record.id, *_marks(record), record=record))
        return holding


class InFile:
    """Owner, origin and digest of each record of one type, in a temporary file."""

    threads: Final = 1

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE held "
            "(id BLOB, group_id BLOB, crew_id BLOB, origin BLOB, digest BLOB, is_met INTEGER)"
        )

    def fill(self, batches: Iterable[Batch], stamp_group: str | None, progress: Progress) -> None:
        """Keep what batches hold; rows without a group are taken to have ``stamp_group``."""
        self._database.execute("BEGIN")
        for batch in batches:
            rows = [
                _row(Holder(each.id, *_marks(each), digest=record_digest(each)))
                for each in _stamped(batch, stamp_group)
            ]
            self._database.executemany("INSERT INTO held VALUES (?, ?, ?, ?, ?, 0)", rows)
            progress.advance(len(rows))
        self._database.execute("CREATE INDEX held_id ON held (id)")
        self._database.execute("COMMIT")

    def find(self, memory_type: MemoryType, ids: Collection[str]) -> Holding:  # noqa: ARG002 - one file a type
        """Look the ids up in the file."""
        holding: Holding = defaultdict(list)
        keys = [_bytes(each) for each in ids]
        for start in range(0, len(keys), _MOST_PARAMETERS):
            some = keys[start : start + _MOST_PARAMETERS]
            marks = ", ".join("?" * len(some))
            found = self._database.execute(f"SELECT * FROM held WHERE id IN ({marks})", some)  # noqa: S608 - only question marks are put in
            for row in found:
                holder = _read(row)
                holding[holder.id].append(holder)
        return holding

    def meet(self, holders: Iterable[Holder]) -> None:
        """Note that these have a counterpart in the source."""
        self._database.execute("BEGIN")
        self._database.executemany(
            "UPDATE held SET is_met = 1 WHERE id = ? AND group_id IS ? AND crew_id IS ? "
            "AND origin IS ?",
            [_row(each)[:-1] for each in holders],
        )
        self._database.execute("COMMIT")

    def unmet(self) -> Iterator[Holder]:
        """Give those without a counterpart in the source, by id."""
        for row in self._database.execute("SELECT * FROM held WHERE NOT is_met ORDER BY id"):
            yield _read(row)


@contextmanager
def digests_of(
    store: MemoryBackend,
    memory_type: MemoryType,
    selector: Selector,
    *,
    batch_size: int,
    stamp_group: str | None,
    progress: Progress,
) -> Iterator[InFile]:
    """Read the rows of a type that a selector means, and keep their digests in a file."""
    parts = store.partitions(memory_type, store.readers)
    lanes = [
        store.scan(memory_type, selector, batch_size=batch_size, after=each.after, until=each.until)
        for each in parts
    ]
    with tempfile.TemporaryDirectory(prefix="memctl-digests-") as directory:
        database = sqlite3.connect(Path(directory, "held.sqlite"), isolation_level=None)
        with closing(database):
            held = InFile(database)
            held.fill(read_lanes(lanes, store.readers), stamp_group, progress)
            yield held


def origin_collection(record: MemoryRecord) -> str | None:
    """Return the collection that a copied record came from."""
    origin = record.metadata.get(ORIGIN_KEY)
    return origin.get("collection") if isinstance(origin, dict) else None


def _stamped(batch: Batch, group: str | None) -> Iterator[MemoryRecord]:
    for record in batch.records:
        is_whole = group is None or record.group_id is not None
        yield record if is_whole else replace(record, group_id=group)


def _marks(record: MemoryRecord) -> tuple[tuple[str | None, str | None], str | None]:
    return (record.group_id, record.crew_id), origin_collection(record)


def _row(holder: Holder) -> Sequence[bytes | None]:
    texts = (holder.id, *holder.owner, holder.origin)
    digest = (holder.digest or 0).to_bytes(_DIGEST_BYTES)
    return (*(None if each is None else _bytes(each) for each in texts), digest)


def _read(row: tuple[bytes, bytes | None, bytes | None, bytes | None, bytes, int]) -> Holder:
    key, *texts, digest, _ = row
    group, crew, origin = (None if each is None else _text(each) for each in texts)
    return Holder(_text(key), (group, crew), origin, digest=int.from_bytes(digest))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")

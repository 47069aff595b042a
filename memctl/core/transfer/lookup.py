"""What a target holds under which ids; `spill` keeps it in a file, where it is not looked up."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from ...backends.renaming import before_renaming
from ...model.canonical import record_key
from ...model.own_type import own_type
from ...model.record import ORIGIN_KEY, differing_fields, same_record
from ...model.selector import Selector

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ...backends.base import MemoryBackend
    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord

Holding = dict[str, list["Holder"]]
"""Id -> who holds it; several where a type has several collections."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A record of the target, or what is known of it.

    Attributes:
        id: its id.
        owner: its group and crew.
        origin: the collection that it came from, `None` where that is not known.
        type: its own type, as whatever the target keeps it.
        key: the record's `record_key`, `None` where the record itself is there.
        record: the record, `None` where just its key is there.
        row: what the store calls it, where that may be another id.
    """

    id: str
    owner: tuple[str | None, str | None]
    origin: str | None
    type: str
    key: int | None = None
    record: MemoryRecord | None = None
    row: str | None = None

    def is_same(self, record: MemoryRecord, made: int | None = None) -> bool:
        """Return whether it is this record; a key knows no tolerance for vectors.

        Args:
            record: it.
            made: the dimension of a vector that is made anew, and compared by that alone.
        """
        if made is not None:
            return not any(self.differing_fields(record, made))
        if self.record is not None:
            return same_record(record, self.record)
        return self.key == record_key(record)

    def differing_fields(self, record: MemoryRecord, made: int | None = None) -> Iterator[str]:
        """Name each field in which the held record differs; all is one where just a key is."""
        if self.record is None:
            yield "content or vector"
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

    Those that the store renamed are found by the ids that they had before.

    Args:
        store: the store.
        stamp_group: the group that rows without one are taken to have, or `None`.
        by_rows: they are found by the ids of their rows, too.
    """

    def __init__(
        self, store: MemoryBackend, stamp_group: str | None = None, *, by_rows: bool = False
    ) -> None:
        self._store = store
        self._stamp_group = stamp_group
        self._by_rows = by_rows
        self._rows: dict[MemoryType, dict[str, list[str]]] = {}
        self._lock = Lock()

    @property
    def threads(self) -> int:
        """As many as may write to the store."""
        return self._store.info.writers

    def find(self, memory_type: MemoryType, ids: Collection[str]) -> Holding:
        """Look the ids up in the store."""
        holding: Holding = defaultdict(list)
        renames, rows = self._store.holds.renames, [*ids]
        if renames:
            known = self._renamed(memory_type)
            rows += [row for each in ids for row in known.get(each, ())]
        for batch in self._store.scan(memory_type, Selector(ids=frozenset(rows))):
            for each in batch.records:
                row = stamped(each, self._stamp_group)
                before = before_renaming(row) if renames else row
                meant = [row, before] if self._by_rows and before is not row else [before]
                for record in meant:
                    holder = Holder(record.id, *marks(record), record=record, row=row.id)
                    holding[record.id].append(holder)
        return holding

    def _renamed(self, memory_type: MemoryType) -> dict[str, list[str]]:
        """Return the rows that the store renamed, by the ids that they had; read once."""
        with self._lock:
            if memory_type not in self._rows:
                found = self._rows.setdefault(memory_type, {})
                for batch in self._store.scan(memory_type, with_embeddings=False):
                    for each in batch.records:
                        before = before_renaming(each)
                        if before is not each:
                            found.setdefault(before.id, []).append(each.id)
            return self._rows[memory_type]


def origin_collection(record: MemoryRecord) -> str | None:
    """Return the collection that a copied record came from."""
    origin = record.metadata.get(ORIGIN_KEY)
    found = origin.get("collection") if isinstance(origin, dict) else None
    return found if isinstance(found, str) else None


def marks(record: MemoryRecord) -> tuple[tuple[str | None, str | None], str | None, str]:
    """Return a record's owner, the collection that it came from, and its own type."""
    return (record.group_id, record.crew_id), origin_collection(record), own_type(record).value


def stamped(record: MemoryRecord, group: str | None) -> MemoryRecord:
    """Return a record with a group, where it has none."""
    is_whole = group is None or record.group_id is not None
    return record if is_whole else replace(record, group_id=group)

"""Reads two sides of one type side by side, and finds what is not the same; writes to neither."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Final

from ....backends.exchange import Batch
from ....backends.renaming import before_renaming
from ....model.record import same_record
from ....model.selector import Selector
from ...pipeline import read_lanes
from ..identity import Standing
from ..lookup import origin_collection, stamped

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from typing import TypeVar

    from ....model.progress import Progress
    from ....model.record import MemoryRecord
    from ..copying import Copying
    from ..identity import Placed
    from ..lookup import Holder, Holding, InStore
    from .spill import Sought, Spill

    V = TypeVar("V")
    Key = tuple[str, str | None, str | None]
    """Id, group and crew."""

WAITING: Final = 4000
"""How many records of each side wait in memory for their counterpart; others go to the spill."""


class MergeJoin:
    """Both sides of one memory type, where every record of the source looks for its counterpart.

    Copies mostly have the order of what they were made of, so most records meet while both are in
    memory. The others meet in the spill, by their keys; what is left then is looked at one by one.

    Args:
        copying: how a record of the source would stand in the target.
        spill: an empty one.
        stamp_group: the group that rows of the target without one are taken to have.
    """

    def __init__(self, copying: Copying, spill: Spill, stamp_group: str | None = None) -> None:
        self.same = 0
        """Records of the source that met their like."""
        self.vanished = 0
        """Records of the source that were there at first and not when they were looked at again."""
        self._copying = copying
        self._spill = spill
        self._stamp_group = stamp_group
        self._sought: dict[Key, tuple[MemoryRecord, str, str]] = {}
        self._held: dict[Key, MemoryRecord] = {}

    def read(self, progress: Progress) -> None:
        """Read both sides once.

        Raises:
            DamagedStore: when a side is damaged; `same` counts those that met before.
        """
        with closing(self._copying.read_all()) as ours, closing(self._read_target()) as theirs:
            for sought, held in zip_longest(ours, theirs):
                for record in held.records if held else ():
                    self._meet_held(self._as_sought(record))
                for record in sought.records if sought else ():
                    self._meet_sought(record, sought.collection)
                self._make_room(WAITING)
                progress.advance(len(sought.records) if sought else 0)
        self._make_room(0)
        self.same += self._spill.settle()

    def rest(self) -> Iterator[Placed]:
        """Return the source's records that did not meet their like, each with its place.

        One may turn out to be the same after all: under another id, or within a tolerance.
        """
        in_store = self._copying.in_target(self._stamp_group)
        for some in self._spill.sought(self._copying.terms.batch_size):
            for batch in self._look_again(some):
                placed = self._copying.identity.among(self._spill).place(batch)
                looked_at = look_closer(self._copying, placed, in_store)
                self._spill.meet(each.held for each in looked_at if each.held is not None)
                yield from looked_at

    def unmet(self) -> Iterator[Holder]:
        """Return the target's records that no record of the source has met, once `rest` is read."""
        return self._spill.unmet()

    def _read_target(self) -> Generator[Batch]:
        """Read what the target may hold of a copy: rows of its crew, whatever their group."""
        memory_type, target = self._copying.written_as, self._copying.target
        selector = Selector(crew_id=self._copying.selector.crew_id, types=frozenset({memory_type}))
        lanes = [
            target.scan(
                memory_type,
                selector,
                batch_size=self._copying.terms.batch_size,
                after=each.after,
                until=each.until,
            )
            for each in target.partitions(memory_type, target.info.readers)
        ]
        return read_lanes(lanes, target.info.readers)

    def _as_sought(self, held: MemoryRecord) -> MemoryRecord:
        """Return a record of the target with the id and the group that it is sought by."""
        renames = self._copying.target.holds.renames
        return stamped(before_renaming(held) if renames else held, self._stamp_group)

    def _meet_held(self, record: MemoryRecord) -> None:
        key = (record.id, record.group_id, record.crew_id)
        waiting = self._sought.get(key)
        if waiting is not None and _is_counterpart(waiting[0], record):
            del self._sought[key]
            self.same += 1
        elif key in self._held:
            self._spill.add_held([record])
        else:
            self._held[key] = record

    def _meet_sought(self, record: MemoryRecord, collection: str) -> None:
        copy = self._copying.identity.as_copied(record, collection)
        if self._copying.leaves_behind(copy):
            return
        key = (copy.id, copy.group_id, copy.crew_id)
        waiting = self._held.get(key)
        if waiting is not None and _is_counterpart(copy, waiting):
            del self._held[key]
            self.same += 1
        elif key in self._sought:
            self._spill.add_sought([(copy, collection, record.id)])
        else:
            self._sought[key] = (copy, collection, record.id)

    def _make_room(self, most: int) -> None:
        _move(self._held, most, self._spill.add_held)
        _move(self._sought, most, self._spill.add_sought)

    def _look_again(self, some: list[Sought]) -> Iterator[Batch]:
        """Read records of the source once more, by id."""
        wanted = Counter((each.id, each.collection) for each in some)
        ids = frozenset(each.id for each in some)
        selector = replace(self._copying.selector, ids=ids)
        for batch in self._copying.source.scan(self._copying.memory_type, selector):
            meant = [each for each in batch.records if wanted[each.id, batch.collection]]
            wanted.subtract((each.id, batch.collection) for each in meant)
            if meant:
                yield Batch(batch.collection, meant, batch.cursor)
        self.vanished += sum(wanted.values())


def look_closer(copying: Copying, placed: list[Placed], in_store: InStore) -> list[Placed]:
    """Put the record itself in the place of its key, where just a key differs.

    Vectors have a tolerance, and a key has none.
    """
    doubtful = {
        each.held.id
        for each in placed
        if each.standing is Standing.CONFLICT and each.held and each.held.record is None
    }
    if not doubtful:
        return placed
    found = in_store.find(copying.written_as, doubtful)
    return [_looked_at(each, found) for each in placed]


def _looked_at(placed: Placed, found: Holding) -> Placed:
    held = placed.held
    if held is None or held.id not in found:
        return placed
    owned = [each for each in found[held.id] if each.owner == held.owner]
    like = [each for each in owned if each.is_same(placed.record, placed.made)]
    return placed.beside((like or owned)[0]) if owned else placed


def _is_counterpart(copy: MemoryRecord, held: MemoryRecord) -> bool:
    """Return whether both are the same and, as far as is known, of the same collection."""
    ours, theirs = origin_collection(copy), origin_collection(held)
    return (ours is None or theirs is None or ours == theirs) and same_record(copy, held)


def _move(waiting: dict[Key, V], most: int, add: Callable[[list[V]], None]) -> None:
    """Move those that wait longest, so that at most so many are left."""
    oldest = list(islice(waiting, max(0, len(waiting) - most)))
    if oldest:
        add([waiting.pop(key) for key in oldest])

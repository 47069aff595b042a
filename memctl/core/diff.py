"""Compares two stores record by record; which record stands where, `transfer.identity` knows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from ..model.errors import DamagedStore
from ..model.memory_type import MemoryType
from ..model.progress import Silent
from ..model.record import differing_fields
from ..model.results import Difference, DifferenceState, DiffResult, LeftOut, TypeDiff
from .connect import connect
from .query.rows import EVERY_ROW, USUAL_TERMS, Rows, Terms
from .transfer.changes import revisions
from .transfer.comparison.merge_join import MergeJoin
from .transfer.comparison.spill import open_spill
from .transfer.identity import Standing
from .transfer.plan import count_left_out, plan_reading
from .transfer.retyping import give_back
from .transfer.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model.progress import Progress
    from ..model.selector import Selector
    from .connect import Connection
    from .selection import StoreRequest
    from .transfer.copying import Copying
    from .transfer.identity import Placed
    from .transfer.lookup import Holder

_SHOWN: Final = 10
"""How many differences are named without being asked for."""


@dataclass(frozen=True, slots=True)
class DiffOrder:
    """What is to be compared.

    Attributes:
        source: one side.
        target: the other one.
        rows: the records that are asked for, of both.
        lists_all: name every difference, not just the first ones.
        terms: of which only the size of batches matters.
    """

    source: StoreRequest
    target: StoreRequest
    rows: Rows = EVERY_ROW
    lists_all: bool = False
    terms: Terms = USUAL_TERMS


def compare_stores(order: DiffOrder, progress: Progress | None = None) -> DiffResult:
    """Return which records are the same on both sides; neither is changed.

    A record that was copied is found under the id that the copy gave it.

    Raises:
        MemctlError: when a side can't be chosen or opened.
    """
    with connect(order.source) as source, connect(order.target) as target:
        return _compare(order, source, target, progress or Silent())


def _compare(
    order: DiffOrder, source: Connection, target: Connection, progress: Progress
) -> DiffResult:
    every = frozenset(MemoryType)
    source, target = (give_back(each, every - each.backend.info.types) for each in (source, target))
    wanted, meant = source.selector(order.rows), target.selector(order.rows)
    reading = plan_reading(source, target, wanted, order.source.group_id)
    types = {*filter(meant.wants, target.backend.describe().types), *reading.counts}
    counts = {each: reading.counts.get(each, 0) for each in MemoryType if each in types}
    sides = [(side, revisions(side, types)) for side in (source, target)]
    # Rows without a group are the same as those that a copy has stamped, in either direction.
    group = reading.stamp_group or (source.selection.group_id if source.selection.profile else None)
    reading = replace(reading, counts=counts, stamp_group=group)
    transfer = Transfer(
        source,
        target,
        reading,
        order.terms,
        progress=progress,
        by_rows=False,
        gives_back_ids=source.backend.holds.renames,
    )
    diffs = [TypeComparison(each, meant, group) for each in transfer.copyings()]
    progress.start("comparing", sum(counts.values()))
    for each in diffs:
        each.run(progress, most=None if order.lists_all else _SHOWN)
    results = [each.result() for each in diffs]
    differences = [found for each in diffs for found in each.differences]
    not_meant = sum((each.not_meant for each in diffs), Counter[str]())
    return DiffResult(
        source=source.used,
        target=target.used,
        types=results,
        differences=differences if order.lists_all else differences[:_SHOWN],
        left_out=reading.left_out,
        damage=[each.damage for each in diffs if each.damage is not None],
        changed=[
            side.backend.location for side, before in sides if revisions(side, types) != before
        ],
        left_out_by=reading.left_out_by,
        target_left_out_by=LeftOut(**not_meant, no_type=count_left_out(target, meant)),
    )


class TypeComparison:
    """Both sides of one memory type.

    Args:
        copying: how a record of the source would stand in the target.
        meant: the rows of the target that should be in the source.
        stamp_group: the group that rows of the target without one are taken to have.
    """

    def __init__(self, copying: Copying, meant: Selector, stamp_group: str | None) -> None:
        self.differences: list[Difference] = []
        self.damage: str | None = None
        self.not_meant: Counter[str] = Counter()
        """Rows of the target that were not compared, by the words of `LeftOut`."""
        self._copying = copying
        self._meant = meant
        self._stamp_group = stamp_group
        self._counted: Counter[str] = Counter()

    def run(self, progress: Progress, *, most: int | None) -> None:
        """Read both sides; damage ends it and is kept.

        Args:
            progress: is told of every batch.
            most: how many differences to keep, `None` for all.
        """
        with open_spill() as spill:
            meeting = MergeJoin(self._copying, spill, self._stamp_group)
            try:
                meeting.read(progress)
                for placed in meeting.rest():
                    self._count(placed, most)
                for holder in self._only_in_target(meeting.unmet()):
                    self._keep(holder.id, DifferenceState.ONLY_IN_TARGET, [], most)
            except DamagedStore as exc:
                read = meeting.same + sum(self._counted.values())
                self._counted["unreadable"] = self._copying.records - read
                self.damage = exc.message
            self._counted["same"] += meeting.same

    def result(self) -> TypeDiff:
        """Return the counts."""
        return TypeDiff(self._copying.memory_type, **self._counted)

    def _only_in_target(self, unmet: Iterator[Holder]) -> Iterator[Holder]:
        """Leave out rows that are not meant, by the owner that they have before any stamp."""
        meant = (each for each in unmet if self._is_meant(each.owner))
        if self._stamp_group is None or self._meant.owner_fits(None, self._meant.crew_id):
            yield from meant
            return
        in_store, copying = self._copying.in_target(), self._copying
        while some := list(islice(meant, copying.terms.batch_size)):
            found = in_store.find(copying.memory_type, {each.id for each in some})
            for each in some:
                if any(self._meant.owner_fits(*held.owner) for held in found.get(each.id, ())):
                    yield each
                else:
                    self.not_meant["no_group"] += 1

    def _is_meant(self, owner: tuple[str | None, str | None]) -> bool:
        if self._meant.owner_fits(*owner):
            return True
        self.not_meant["no_group" if owner[0] is None else "other_group"] += 1
        return False

    def _count(self, placed: Placed, most: int | None) -> None:
        match placed.standing:
            case Standing.SAME:
                self._counted["same"] += 1
            case Standing.NEW:
                self._keep(placed.record.id, DifferenceState.ONLY_IN_SOURCE, [], most)
            case Standing.CONFLICT:
                self._keep(placed.record.id, DifferenceState.DIFFERENT, _fields(placed), most)

    def _keep(
        self, record_id: str, state: DifferenceState, fields: list[str], most: int | None
    ) -> None:
        self._counted[state.value] += 1
        if most is None or len(self.differences) < most:
            self.differences.append(Difference(self._copying.memory_type, record_id, state, fields))


def _fields(placed: Placed) -> list[str]:
    if placed.held is None or placed.held.record is None:
        return []
    return list(differing_fields(placed.record, placed.held.record))

"""Proves a copy by reading both sides again; writes nothing to either."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

from ....model.requests.on_conflict import OnConflict
from ....model.results import Comparison
from ..identity import Standing
from .merge_join import MergeJoin
from .spill import open_spill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ....model.memory_type import MemoryType
    from ....model.progress import Progress
    from ..copying import Copying
    from ..identity import Placed

_MOST_EXAMPLES: Final = 10
_WORTH_READING: Final = 4
"""A target that holds more than this many times what is compared is asked for single records."""


def compare_sides(copyings: Sequence[Copying], progress: Progress) -> Comparison:
    """Read every record that should have been copied, and what the target holds in its place."""
    progress.start("comparing", sum(each.records for each in copyings))
    proof = _Proof()
    for copying in copyings:
        if _is_worth_reading(copying):
            proof.read(copying, progress)
        else:
            proof.look_up(copying, progress)
    return proof.result()


def _is_worth_reading(copying: Copying) -> bool:
    """Return whether the target is read, or asked for single records."""
    if copying.reembedding is not None:
        return False  # a vector that was made anew is compared by its dimension alone
    if copying.by_rows and copying.target.holds.renames:
        return False  # a row is found by its id, and by the one that it had before
    collections = copying.target.describe().of_type(copying.written_as)
    return sum(map(copying.target.rows_in, collections)) <= _WORTH_READING * copying.records


class _Proof:
    """Counts how the records of several types stand."""

    def __init__(self) -> None:
        self._same = self._missing = self._different = 0
        self._examples: list[str] = []
        self._changed: list[MemoryType] = []

    def read(self, copying: Copying, progress: Progress) -> None:
        """Compare a type by reading both sides."""
        with open_spill() as spill:
            meeting = MergeJoin(copying, spill)
            meeting.read(progress)
            for placed in meeting.rest():
                self._count(placed, copying)
            self._same += meeting.same
            if meeting.vanished:
                self._changed.append(copying.memory_type)

    def look_up(self, copying: Copying, progress: Progress) -> None:
        """Compare a type by asking the target for each record of the source."""
        with closing(copying.place_all(copying.in_target())) as batches:
            for _, batch in batches:
                for placed in batch:
                    if not copying.leaves_behind(placed.record):
                        self._count(placed, copying)
                progress.advance(len(batch))

    def result(self) -> Comparison:
        """Return the counts, with examples of what is wrong."""
        source = self._same + self._missing + self._different
        return Comparison(
            source, self._same, self._missing, self._different, self._examples, self._changed
        )

    def _count(self, placed: Placed, copying: Copying) -> None:
        match placed.standing:
            case Standing.SAME:
                self._same += 1
                return
            case Standing.NEW:
                self._missing += 1
            case Standing.CONFLICT:
                if copying.terms.on_conflict is OnConflict.SKIP:
                    return
                self._different += 1
        if len(self._examples) < _MOST_EXAMPLES:
            self._examples.append(describe(placed))


def describe(placed: Placed) -> str:
    """Return what is wrong with a record in the target."""
    record = placed.record
    return f"{record.type} {record.id[:80]}: {difference(placed)}"


def difference(placed: Placed) -> str:
    """Return in which fields the target's record differs, or that it is missing."""
    if placed.held is None:
        return "missing"
    if placed.held.record is None:
        return "differs"
    return "differs in " + ", ".join(placed.held.differing_fields(placed.record, placed.made))

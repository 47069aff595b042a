"""Proves a copy by reading both sides again; writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.on_conflict import OnConflict
from ...model.record import differing_fields
from ...model.results import Comparison
from .identity import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .copying import Copying
    from .identity import Placed

_MOST_EXAMPLES = 10


def compare_sides(copyings: Iterable[Copying]) -> Comparison:
    """Read every record that should have been copied, and what the target holds in its place."""
    source = same = missing = different = 0
    examples: list[str] = []
    for copying in copyings:
        for placed in _expected(copying):
            source += 1
            match placed.standing:
                case Standing.SAME:
                    same += 1
                    continue
                case Standing.NEW:
                    missing += 1
                case Standing.CONFLICT:
                    different += 1
            if len(examples) < _MOST_EXAMPLES:
                examples.append(_describe(placed))
    return Comparison(source, same, missing, different, examples)


def _expected(copying: Copying) -> Iterable[Placed]:
    """Give the records that should be there: those that a flag left behind should not."""
    for batch, all_placed in copying.place_all():
        for placed in all_placed:
            if copying.skip_without_vectors and placed.record.embedding is None:
                continue
            is_kept = copying.on_conflict is OnConflict.SKIP
            if is_kept and placed.standing is Standing.CONFLICT:
                continue
            yield placed
        copying.progress.advance(len(batch.records))


def _describe(placed: Placed) -> str:
    record = placed.record
    fields = "missing"
    if placed.held is not None:
        fields = "differs in " + ", ".join(differing_fields(record, placed.held))
    return f"{record.type} {record.id[:80]}: {fields}"

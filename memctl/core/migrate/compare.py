"""Proves a copy by reading both sides again; writes nothing to either."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from ...model.on_conflict import OnConflict
from ...model.results import Comparison
from ...model.selector import Selector
from .holders import InFile, InStore, digests_of
from .identity import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from ...model.progress import Progress
    from .copying import Copying
    from .holders import Holders, Holding
    from .identity import Placed

_MOST_EXAMPLES: Final = 10
_WORTH_READING: Final = 4
"""A target that holds more than this many times what is compared is asked for single records."""


def compare_sides(copyings: Sequence[Copying], progress: Progress) -> Comparison:
    """Read every record that should have been copied, and what the target holds in its place."""
    source = same = missing = different = 0
    examples: list[str] = []
    with ExitStack() as stack:
        progress.start("reading the target", None)
        sides = [(each, _open_holders(each, stack, progress)) for each in copyings]
        progress.start("comparing", sum(each.records for each in copyings))
        for copying, holders in sides:
            for placed in _expected(copying, holders, progress):
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
                    examples.append(describe(placed))
    return Comparison(source, same, missing, different, examples)


def _open_holders(copying: Copying, stack: ExitStack, progress: Progress) -> Holders:
    """Read the target once, unless just a small part of it is compared."""
    target = copying.target
    if copying.reembedding is not None:
        return InStore(target)  # a digest knows nothing of a vector but all of it
    collections = [each for each in target.collections() if each.type is copying.memory_type]
    if sum(each.records for each in collections) > _WORTH_READING * copying.records:
        return InStore(target)
    return stack.enter_context(open_digests(copying, progress))


def open_digests(
    copying: Copying, progress: Progress, stamp_group: str | None = None
) -> AbstractContextManager[InFile]:
    """Read what the target may hold of a copy: rows of its crew, whatever their group."""
    memory_type = copying.memory_type
    selector = Selector(crew_id=copying.selector.crew_id, types=frozenset({memory_type}))
    return digests_of(
        copying.target,
        memory_type,
        selector,
        batch_size=copying.batch_size,
        stamp_group=stamp_group,
        progress=progress,
    )


def settled(
    copying: Copying, holders: Holders, stamp_group: str | None = None
) -> Iterator[list[Placed]]:
    """Give each record its place in the target, batch by batch.

    Where only a digest differs, the record itself is looked at: vectors have a tolerance.
    """
    in_store = InStore(copying.target, stamp_group)
    for _, batch in copying.place_all(holders):
        doubtful = [each for each in batch if each.standing is Standing.CONFLICT]
        if isinstance(holders, InFile) and doubtful:
            ids = {each.held.id for each in doubtful if each.held is not None}
            found = in_store.find(copying.memory_type, ids)
            yield [_looked_at(each, found) for each in batch]
        else:
            yield batch


def _looked_at(placed: Placed, found: Holding) -> Placed:
    """Put the record itself in the place of its digest, where it was looked up."""
    held = placed.held
    if held is None or held.id not in found:
        return placed
    same = [each for each in found[held.id] if each.owner == held.owner]
    return placed.beside(same[0]) if same else placed


def _expected(copying: Copying, holders: Holders, progress: Progress) -> Iterator[Placed]:
    """Give the records that should be there: those that a flag left behind should not."""
    for batch in settled(copying, holders):
        for placed in batch:
            if copying.leaves_behind(placed.record):
                continue
            is_kept = copying.on_conflict is OnConflict.SKIP
            if is_kept and placed.standing is Standing.CONFLICT:
                continue
            yield placed
        progress.advance(len(batch))


def describe(placed: Placed) -> str:
    """Say what is wrong with a record in the target."""
    record = placed.record
    return f"{record.type} {record.id[:80]}: {difference(placed)}"


def difference(placed: Placed) -> str:
    """Say in which fields the target's record differs, or that it is missing."""
    if placed.held is None:
        return "missing"
    if placed.held.record is None:
        return "differs"
    return "differs in " + ", ".join(placed.held.differing_fields(placed.record, placed.made))

"""Copies a store as the files that it is, where that is the same as record by record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...backends.facets import Snapshotted
from ...model.results import TypeCopy
from ...model.selector import EVERYTHING
from ..operations.locks import hold_lock
from ..query.collections import count_collections

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...model.results import Loss
    from ...model.step import Step
    from ..connect import Connection
    from ..operations.operation import RunningOperation
    from .reading import Reading
    from .transfer import Transfer


class CopyFiles:
    """Copy a store's files while no other memctl writes to the store.

    Args:
        step: the target's own.
        source: the store that is copied.
    """

    def __init__(self, step: Step, source: Connection) -> None:
        self.name = step.name
        self._step = step
        self._source = source

    def find(self) -> bool:
        """Return whether the target holds the files."""
        return self._step.find()

    def do(self) -> None:
        """Copy them."""
        with hold_lock(self._source.backend.writer_lock):
            self._step.do()

    def undo(self) -> None:
        """Remove what did not take its place."""
        self._step.undo()


def means_all(source: Connection, reading: Reading) -> bool:
    """Return whether no row of a store is left out.

    A collection without a memory type has no records that anybody can ask for; it is left out as
    soon as anything is asked for.
    """
    if replace(reading.selector, include_unscoped=EVERYTHING.include_unscoped) == EVERYTHING:
        return True
    rows = sum(count_collections(source.backend).values())
    return rows == sum(reading.counts.values()) and not reading.left_out


def plan_files(transfer: Transfer, losses: Sequence[Loss]) -> CopyFiles | None:
    """Return the step that copies all of the source as files; `None` where a record may change."""
    source, reading = transfer.source, transfer.reading
    changes = (
        losses,
        transfer.reembedding,
        transfer.terms.is_normalizing,
        any(a is not b for a, b in transfer.written_as.items()),
        reading.stamp_group and reading.ungrouped,
        any(each.type is None for each in source.backend.describe().collections),
    )
    if any(changes) or not means_all(source, reading):
        return None
    return take_files(source, transfer.target)


def take_files(
    source: Connection, target: Connection, hashes: Mapping[str, str] | None = None
) -> CopyFiles | None:
    """Return the step that makes an empty target what the source is, as `Snapshotted` says."""
    taken, taker = source.backend.facet(Snapshotted), target.backend.facet(Snapshotted)
    step = taker.plan_files(taken, hashes) if taker and taken else None
    return None if step is None else CopyFiles(step, source)


def copy_files(transfer: Transfer, operation: RunningOperation, step: CopyFiles) -> list[TypeCopy]:
    """Take the step, and say what was copied."""
    records = sum(transfer.reading.counts.values())
    transfer.progress.start("copying", records)
    operation.take(step)
    transfer.progress.advance(records)
    return copied_whole(transfer)


def copied_whole(transfer: Transfer) -> list[TypeCopy]:
    """Return the counts of a copy that wrote every record as it is."""
    counts = transfer.reading.counts
    return [TypeCopy(each, number, number, 0, 0, 0, 0) for each, number in counts.items()]

"""Deletes what was planned, after a backup, until a count finds nothing; plans nothing."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from ...backends.base import Access
from ...backends.facets import Versioned
from ...model.progress import Silent
from ..backup.run import BackUp, open_backup
from ..connect import open_selection
from ..operations.operation import run_operation
from ..operations.outcome import conclude
from ..transfer.reading import Reading
from ..transfer.transfer import Transfer
from .clearing import Clearing
from .collections import ClearCollections
from .plan import COMMAND, count_again, way_of_clearing
from .purge import PurgeVersions
from .rows import DeleteType

if TYPE_CHECKING:
    from ...model.memory_type import MemoryType
    from ...model.progress import Progress
    from ...model.results import ClearResult
    from ...model.step import Step
    from ..connect import Connection
    from ..operations.operation import RunningOperation
    from ..transfer.identity import Identity
    from .plan import ClearPlan


def run_clear(plan: ClearPlan, progress: Progress | None = None) -> ClearResult:
    """Back up and delete what a plan means; without rows, or for a dry run, do nothing.

    Rows are counted anew once no other memctl can write. A row that is not in the backup as it is
    now stays: something else has written it since. What breaks it off from then on is in the
    result, with what is gone by then and what is left.

    Raises:
        MaxDeleteExceeded: when more is meant by now than may be deleted.
        InterruptedHalfway: with the result, when the user breaks it off.
        MemctlError: when the store can't be opened or read.
    """
    if plan.order.dry_run or not plan.has_work:
        return plan.preview
    access = Access(writable=True, upgrade=plan.order.upgrade)
    with ExitStack() as opened:
        connection = opened.enter_context(open_selection(plan.selection, access))
        backend = connection.backend
        whole = way_of_clearing(backend, plan.selector)
        if whole is not None:
            whole.prepare()
        plan = count_again(plan, backend)
        if not plan.has_work:
            return plan.preview
        clearing = (
            ClearRows(plan, connection, opened, progress or Silent())
            if whole is None
            else ClearCollections(plan, connection, opened, whole)
        )
        running = run_operation(
            COMMAND,
            plan.selector.group_id,
            f"{plan.whose} in {backend.location}",
            redactor=connection.redactor,
            plan=None if whole is None else whole.undo,
        )
        return conclude(running, clearing.run)


class ClearRows(Clearing):
    """Delete row by row.

    Args:
        plan: what is to be deleted.
        connection: the store.
        opened: closes it, and what else is opened.
        progress: is told of every batch.
    """

    def __init__(
        self, plan: ClearPlan, connection: Connection, opened: ExitStack, progress: Progress
    ) -> None:
        super().__init__(plan, connection, opened)
        self._progress = progress
        self._kept: dict[MemoryType, Identity] = {}
        """Of each type what finds a record of it in the backup."""
        versioned = connection.backend.facet(Versioned) if plan.order.purge_versions else None
        self._purge = [PurgeVersions(versioned)] if versioned else []

    @property
    def purged(self) -> int | None:
        """How many earlier versions of the store were removed; `None` where none were to be."""
        return self._purge[0].purged if self._purge else None

    def back_up(self, operation: RunningOperation) -> None:
        """Copy what is meant into an archive, which stays open."""
        archive = self.opened.enter_context(open_backup(operation.id))
        transfer = Transfer(
            self.connection,
            archive,
            _reading(self.plan),
            self.plan.order.terms,
            progress=self._progress,
        )
        operation.take(BackUp(operation, transfer))
        copyings = transfer.copyings(is_rehearsed=True)
        self._kept = {each.memory_type: each.identity for each in copyings}

    def begin(self) -> tuple[list[DeleteType], list[Step]]:
        """Return the deletion of each type, and after them the end of earlier versions."""
        self._progress.start("deleting", self.plan.total)
        parts = [
            DeleteType(
                self.connection.backend,
                each,
                replace(self.plan.selector, types=frozenset({each})),
                kept=self._kept.get(each),
                batch_size=self.plan.order.terms.batch_size,
                progress=self._progress,
            )
            for each in self.plan.counts
        ]
        return parts, [*parts, *self._purge]


def _reading(plan: ClearPlan) -> Reading:
    return Reading(
        selector=plan.selector,
        counts=plan.counts,
        collections=frozenset(row.collection for row in plan.rows),
        left_out=plan.unscoped,
        other_groups=[],
        stamp_group=None,
    )

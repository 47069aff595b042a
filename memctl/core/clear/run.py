"""Deletes what was planned, after a backup, until a count finds nothing; plans nothing."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from ...backends.base import Access
from ...backends.facets import Versioned
from ...model.errors import Partial
from ...model.progress import Silent
from ..backup.run import BackUp, open_backup
from ..connect import open_selection
from ..operations.breaking import attempt, conclude
from ..operations.operation import run_operation
from ..query.rows import Terms
from ..transfer.reading import Reading
from ..transfer.transfer import Transfer
from .collections import clear_whole
from .ending import end_clearing
from .plan import COMMAND, count_again, way_of_clearing
from .purge import PurgeVersions
from .rows import DeleteType

if TYPE_CHECKING:
    from ...model.memory_type import MemoryType
    from ...model.progress import Progress
    from ...model.results import ClearResult
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
        if whole is not None:
            return clear_whole(plan, backend, whole, opened)
        clearing = _Clearing(plan, connection, opened, progress or Silent())
        subject = f"{plan.whose} in {backend.location}"
        return conclude(
            run_operation(COMMAND, plan.selector.group_id, subject, redactor=connection.redactor),
            clearing.run,
        )


class _Clearing:
    """One run, with the store open.

    Args:
        plan: what is to be deleted.
        connection: the store.
        opened: closes it, and what else is opened.
        progress: is told of every batch.
    """

    def __init__(
        self, plan: ClearPlan, connection: Connection, opened: ExitStack, progress: Progress
    ) -> None:
        self._plan = plan
        self._connection = connection
        self._opened = opened
        self._progress = progress
        self._is_backed_up = plan.order.is_backed_up and plan.total > 0
        self._begun: list[DeleteType] = []
        versioned = connection.backend.facet(Versioned) if plan.order.purge_versions else None
        self._purge = PurgeVersions(versioned) if versioned else None

    def run(self, operation: RunningOperation) -> ClearResult:
        """Do it, and close the store before what is left after a break is counted."""
        cause = attempt(lambda: self._work(operation), self._opened.close)
        result = end_clearing(
            self._plan,
            self._begun,
            cause,
            operation_id=operation.id,
            backup=operation.id if self._is_backed_up and self._begun else None,
            purged=self._purge.purged if self._purge else None,
        )
        returned = sum(each.returned for each in self._begun)
        if cause is None and returned:
            return replace(result, failure=_returned(result, returned))
        return result

    def _work(self, operation: RunningOperation) -> None:
        kept = self._back_up(operation) if self._is_backed_up else {}
        self._progress.start("deleting", self._plan.total)
        self._begun = [self._step(each, kept.get(each)) for each in self._plan.counts]
        for step in self._begun:
            operation.take(step)
        if self._purge is not None:
            operation.take(self._purge)
        for step in self._begun:
            step.count(self._connection.backend)

    def _step(self, memory_type: MemoryType, kept: Identity | None) -> DeleteType:
        return DeleteType(
            self._connection.backend,
            memory_type,
            replace(self._plan.selector, types=frozenset({memory_type})),
            kept=kept,
            batch_size=self._plan.order.batch_size,
            progress=self._progress,
        )

    def _back_up(self, operation: RunningOperation) -> dict[MemoryType, Identity]:
        """Make the backup, and return what finds a record of each type in it."""
        archive = self._opened.enter_context(open_backup(operation.id))
        transfer = Transfer(
            self._connection,
            archive,
            _reading(self._plan),
            Terms(batch_size=self._plan.order.batch_size),
            progress=self._progress,
        )
        operation.take(BackUp(operation, transfer))
        return {each.memory_type: each.identity for each in transfer.copyings(is_rehearsed=True)}


def _reading(plan: ClearPlan) -> Reading:
    return Reading(
        selector=plan.selector,
        counts=plan.counts,
        collections=frozenset(row.collection for row in plan.rows),
        left_out=plan.unscoped,
        other_groups=[],
        stamp_group=None,
    )


def _returned(result: ClearResult, records: int) -> Partial:
    """Return the error of a store that has taken deletions and still holds the records."""
    return Partial(
        f"{result.deleted} records were deleted, and {result.left} are still in "
        f"`{result.location}`, {records} of them although it took their deletion",
        hint="something else writes them again, or it is damaged: `memctl verify` looks at it",
    )

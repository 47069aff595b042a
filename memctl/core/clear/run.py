"""Deletes what was planned, after a backup, until a count finds nothing; plans nothing."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ...backends.base import Access
from ...backends.facets import Versioned
from ...model.errors import WriteFailed
from ...model.progress import Silent
from ..backup.run import BackUp, open_backup
from ..connect import open_selection
from ..operation import run_operation
from ..rows import Terms
from ..transfer.identity import Standing
from ..transfer.reading import Reading
from ..transfer.transfer import Transfer
from .collections import clear_whole
from .plan import COMMAND, check_fuse, count_rows, way_of_clearing
from .purge import PurgeVersions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...backends.base import Batch, MemoryBackend
    from ...model.memory_type import MemoryType
    from ...model.progress import Progress
    from ...model.results import ClearResult
    from ...model.selector import Selector
    from ..connect import Connection
    from ..operation import RunningOperation
    from ..transfer.identity import Identity
    from .plan import ClearPlan

_MOST_ROUNDS: Final = 5
"""Of counting and deleting again: whoever keeps writing is not to keep memctl busy for ever."""


def run_clear(plan: ClearPlan, progress: Progress | None = None) -> ClearResult:
    """Back up and delete what a plan means; without rows, or for a dry run, do nothing.

    Rows are counted anew once no other memctl can write. A row that is not in the backup as it is
    now stays: something else has written it since.

    Raises:
        MaxDeleteExceeded: when more is meant by now than may be deleted.
        SidesDiffer: when the backup does not hold all that it should; nothing was deleted.
        MemctlError: when the store can't be opened, read or written.
    """
    if plan.order.dry_run or not plan.has_work:
        return plan.preview
    access = Access(writable=True, upgrade=plan.order.upgrade)
    with open_selection(plan.selection, access) as connection, ExitStack() as stack:
        backend = connection.backend
        whole = way_of_clearing(backend, plan.selector)
        if whole is not None:
            whole.prepare()
        rows, unscoped = count_rows(backend, plan.selector)
        plan = replace(plan, rows=rows, unscoped=unscoped)
        check_fuse(plan)
        if not plan.has_work:
            return plan.preview
        if whole is not None:
            return clear_whole(plan, backend, whole)
        subject = f"{plan.whose} in {backend.location}"
        operation = stack.enter_context(
            run_operation(COMMAND, plan.selector.group_id, subject, redactor=connection.redactor)
        )
        watched = progress or Silent()
        kept: dict[MemoryType, Identity] = {}
        if plan.order.is_backed_up and plan.total:
            archive = stack.enter_context(open_backup(operation.id))
            kept = _back_up(plan, operation, _transfer(plan, connection, archive, watched))
        return _delete(plan, operation, backend, kept, watched)


def _transfer(
    plan: ClearPlan, connection: Connection, archive: Connection, progress: Progress
) -> Transfer:
    reading = Reading(
        selector=plan.selector,
        counts=plan.counts,
        collections=frozenset(row.collection for row in plan.rows),
        left_out=plan.unscoped,
        other_groups=[],
        stamp_group=None,
    )
    size = plan.order.batch_size
    return Transfer(connection, archive, reading, Terms(batch_size=size), progress=progress)


def _back_up(
    plan: ClearPlan, operation: RunningOperation, transfer: Transfer
) -> dict[MemoryType, Identity]:
    """Make the backup, and give what finds a record of each type in it."""
    operation.take(BackUp(operation, transfer))
    copyings = transfer.copyings(is_rehearsed=True) if plan.counts else []
    return {each.memory_type: each.identity for each in copyings}


def _delete(
    plan: ClearPlan,
    operation: RunningOperation,
    backend: MemoryBackend,
    kept: dict[MemoryType, Identity],
    progress: Progress,
) -> ClearResult:
    progress.start("deleting", plan.total)
    steps = [
        DeleteType(
            backend,
            memory_type,
            replace(plan.selector, types=frozenset({memory_type})),
            kept=kept.get(memory_type),
            batch_size=plan.order.batch_size,
            progress=progress,
        )
        for memory_type in plan.counts
    ]
    for step in steps:
        operation.take(step)
    versioned = backend.facet(Versioned) if plan.order.purge_versions else None
    purge = PurgeVersions(versioned) if versioned else None
    if purge is not None:
        operation.take(purge)
    result = plan.result(
        {each.memory_type: each.deleted for each in steps},
        {each.memory_type: each.left() for each in steps},
        operation_id=operation.id,
        purged=purge.purged if purge else None,
    )
    return operation.answer(result)


class DeleteType:
    """Delete the rows of one memory type that a selector means.

    Args:
        backend: the store, open for writing.
        memory_type: the type.
        selector: the rows that are meant, of this type.
        kept: finds rows in the backup; `None` where there is none.
        batch_size: records per batch.
        progress: is told of every batch.
    """

    def __init__(
        self,
        backend: MemoryBackend,
        memory_type: MemoryType,
        selector: Selector,
        *,
        kept: Identity | None,
        batch_size: int,
        progress: Progress,
    ) -> None:
        self.name = f"delete {memory_type}"
        self.memory_type = memory_type
        self.deleted = 0
        self._backend = backend
        self._selector = selector
        self._kept = kept
        self._batch_size = batch_size
        self._progress = progress

    def find(self) -> bool:
        """Say whether nothing is left to delete."""
        return self.left() == 0

    def do(self) -> None:
        """Delete batch by batch, until a count finds nothing or a round could delete nothing.

        Raises:
            WriteFailed: when the store refuses.
        """
        for _ in range(_MOST_ROUNDS):
            before = self.deleted
            for batch in self._batches():
                self._delete(batch)
            if self.deleted == before or self.find():
                return

    def undo(self) -> None:
        """Leave it: `memctl restore` brings back what the backup holds."""

    def left(self) -> int:
        """Count the rows that are meant now."""
        return self._backend.count(self._selector)

    def _batches(self) -> Iterator[Batch]:
        """Read a batch at a time: no reader stays open while the store is written."""
        cursor: str | None = None
        while True:
            scan = self._backend.scan(
                self.memory_type,
                self._selector,
                batch_size=self._batch_size,
                after=cursor,
                with_embeddings=self._kept is not None,
            )
            batch = next(scan, None)
            if batch is None:
                return
            yield batch
            cursor = batch.cursor

    def _delete(self, batch: Batch) -> None:
        ids = self._deletable(batch)
        if ids:
            result = self._backend.delete(self.memory_type, ids, self._selector)
            self.deleted += result.done
            self._progress.advance(result.done)
            for record_id, failure in result.failed.items():
                raise WriteFailed(
                    f"`{self._backend.location}` did not delete the `{self.memory_type}` record "
                    f"`{record_id[:80]}`: {failure.message}",
                    hint="run the same command again to go on from here",
                )

    def _deletable(self, batch: Batch) -> list[str]:
        """Leave out rows that the backup does not hold as they are now."""
        if self._kept is None:
            return [record.id for record in batch.records]
        placed = self._kept.place(batch)
        return [
            record.id
            for record, each in zip(batch.records, placed, strict=True)
            if each.standing is Standing.SAME
        ]

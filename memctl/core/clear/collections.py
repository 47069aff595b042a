"""Clears whole collections, after a backup of the files that hold them; plans nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..backup.files import BackUpFiles
from ..backup.listing import FileListing
from ..operation import run_operation
from .plan import COMMAND, count_rows, leftovers

if TYPE_CHECKING:
    from ...backends.base import MemoryBackend
    from ...backends.whole_clearing import WholeClearing
    from ...model.results import ClearResult
    from .plan import ClearPlan


def clear_whole(plan: ClearPlan, backend: MemoryBackend, whole: WholeClearing) -> ClearResult:
    """Back up the files, clear the collections, and count again.

    What an earlier clearing of the store has left behind is cleared away too.

    Raises:
        StoreLocked: when another process holds a file, or has written to one since.
        MemctlError: when a file can't be read or written.
    """
    steps = [*leftovers(backend, plan.selector.group_id), *(whole.steps() if plan.total else ())]
    subject = f"{plan.whose} in {backend.location}"
    redactor = plan.selection.connecting.redactor
    with run_operation(
        COMMAND, plan.selector.group_id, subject, redactor=redactor, plan=whole.undo
    ) as operation:
        if plan.order.is_backed_up and plan.total:
            listing = _listing(plan, whole)
            operation.take(BackUpFiles(operation.id, whole, listing))
        for step in steps:
            operation.take(step)
        rows, _ = count_rows(backend, plan.selector)
        left = {each: sum(row.records for row in rows if row.type is each) for each in plan.counts}
        deleted = {each: number - left[each] for each, number in plan.counts.items()}
        result = plan.result(deleted, left, operation_id=operation.id)
        return operation.answer(result)


def _listing(plan: ClearPlan, whole: WholeClearing) -> FileListing:
    selection = plan.selection
    return FileListing(
        backend=selection.backend,
        source=f"{selection.backend}:{whole.root}",
        name=whole.root.name,
        crew_id=plan.order.crew_id,
        counts=plan.counts,
        undo=whole.undo,
        files=(),
        created_at=None,
    )

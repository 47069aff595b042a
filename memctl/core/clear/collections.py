"""Clears whole collections, after a backup of the files that hold them; plans nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..backup.files import BackUpFiles
from ..backup.listing import FileListing
from ..operations.breaking import attempt, conclude
from ..operations.operation import run_operation
from .ending import WholeType, end_clearing
from .plan import COMMAND, leftovers

if TYPE_CHECKING:
    from contextlib import ExitStack

    from ...backends.base import MemoryBackend
    from ...backends.whole_clearing import WholeClearing
    from ...model.results import ClearResult
    from ..operations.operation import RunningOperation
    from .plan import ClearPlan


def clear_whole(
    plan: ClearPlan, backend: MemoryBackend, whole: WholeClearing, opened: ExitStack
) -> ClearResult:
    """Back up the files, clear the collections, and count again.

    What an earlier clearing of the store has left behind is cleared away too.

    Args:
        plan: what is to be deleted.
        backend: the store, open for writing.
        whole: how its collections are cleared.
        opened: closes the store.
    """
    steps = [*leftovers(backend, plan.selector.group_id), *(whole.steps() if plan.total else ())]
    parts = [
        WholeType(each, replace(plan.selector, types=frozenset({each})), records)
        for each, records in plan.counts.items()
    ]

    def clear(operation: RunningOperation) -> ClearResult:
        is_backed_up = plan.order.is_backed_up and plan.total > 0
        begun: list[WholeType] = []

        def work() -> None:
            if is_backed_up:
                operation.take(BackUpFiles(operation.id, whole, _listing(plan, whole)))
            begun.extend(parts)
            for step in steps:
                operation.take(step)
            for part in parts:
                part.count(backend)

        cause = attempt(work, opened.close)
        backup = operation.id if is_backed_up and begun else None
        return end_clearing(plan, begun, cause, operation_id=operation.id, backup=backup)

    subject = f"{plan.whose} in {backend.location}"
    running = run_operation(
        COMMAND,
        plan.selector.group_id,
        subject,
        redactor=plan.selection.connecting.redactor,
        plan=whole.undo,
    )
    return conclude(running, clear)


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

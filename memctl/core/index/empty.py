"""Empties an index: row by row, which keeps all else, or by making it anew, which is fast."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ...backends.base import DEFAULT_BATCH_SIZE, Access
from ...model.errors import InvalidSetting, Partial, RequestRefused, StoreNotFound
from ...model.journal import Outcome
from ...model.progress import Silent
from ...model.results import IndexChangeResult
from ...model.selector import Selector
from ..clear.remaining import tell_deleted
from ..clear.rows import DeleteType
from ..operations.operation import ATTEMPTED, planned_operations
from ..operations.outcome import attempt, broken_off, conclude
from .store import open_indexes, refuse_others, select_own

if TYPE_CHECKING:
    from ...backends.base import MemoryBackend
    from ...model.errors import MemctlError
    from ...model.journal import Operation
    from ...model.memory_type import MemoryType
    from ...model.progress import Progress
    from ...model.results import RowsMeant
    from ..operations.operation import RunningOperation
    from ..selection import Selection, StoreRequest
    from .store import IndexStore

COMMAND: Final = "index empty"
_ROW_BY_ROW: Final = "leave out `--recreate` to delete your group's rows alone, or "
_PAUSES_SECONDS: Final = (0.1, 0.5, 2.0, 5.0)
"""Between counts that still find rows: reads may lag behind deletions."""


@dataclass(frozen=True, slots=True)
class IndexEmptying:
    """What is to be emptied.

    Attributes:
        name: a memory type, a full name or the end of one.
        recreate: delete the index and make it again, instead of deleting row by row.
        all_groups: rows of every group and of none, not of the profile's alone.
        batch_size: rows per batch.
        dry_run: do every read and check, write nothing.
        wait_timeout: seconds to wait for the service; `None` means the backend's default.
    """

    name: str
    recreate: bool = False
    all_groups: bool = False
    batch_size: int = DEFAULT_BATCH_SIZE
    dry_run: bool = False
    wait_timeout: int | None = None


@dataclass(frozen=True, slots=True)
class EmptyingPlan:
    """What would be emptied.

    Attributes:
        order: what was asked for.
        selection: the store.
        preview: the same as a result.
        memory_type: what the index holds.
        resumed: a run of the same that broke off between deleting and making again.
    """

    order: IndexEmptying
    selection: Selection
    preview: IndexChangeResult
    memory_type: MemoryType
    resumed: Operation | None = None

    @property
    def index(self) -> str:
        """The index's full name: what the user types to confirm it."""
        return self.preview.indexes[0]

    @property
    def selector(self) -> Selector:
        """The rows that are meant."""
        return Selector(group_id=self.preview.group_id, types=frozenset({self.memory_type}))

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to do."""
        return self.preview.total > 0 or self.order.recreate


def plan_index_emptying(request: StoreRequest, order: IndexEmptying) -> EmptyingPlan:
    """Find the index and count its rows; nothing is changed.

    Raises:
        OtherGroupsRows: when it is to be made anew and holds rows of other groups, or of none.
        StoreNotFound: when there is no such index.
        MemctlError: when it can't be read.
    """
    selection = select_own(request)
    with open_indexes(selection) as store:
        memory_type, name = store.indexes.name_index(order.name)
        if memory_type is None:
            raise InvalidSetting(
                f"index `{name}` is none of profile `{store.profile.name}`",
                hint="run `memctl index list` to see which are",
            )
        resumed = _broken_off(store, name) if order.recreate else None
        rows = _count(store, memory_type, is_resumed=resumed is not None)
        group = None if order.all_groups else selection.group_id
        meant = [each for each in rows if group is None or each.group_id == group]
        if order.recreate:
            refuse_others(name, rows, group, instead=_ROW_BY_ROW)
        preview = IndexChangeResult(
            **store.used.named,
            change="recreated" if order.recreate else "emptied",
            indexes=[name],
            types=[memory_type],
            group_id=group,
            dry_run=order.dry_run,
            rows=meant,
            total=sum(each.records for each in meant),
            left=sum(each.records for each in meant),
            resumed=resumed is not None,
        )
    return EmptyingPlan(order, selection, preview, memory_type, resumed)


def run_index_emptying(plan: EmptyingPlan, progress: Progress | None = None) -> IndexChangeResult:
    """Empty the index; an index without rows stays as it is, unless it is to be made anew.

    Raises:
        MemctlError: when the store can't be opened; what broke it off later is in the result.
    """
    if plan.order.dry_run or not plan.is_needed:
        return plan.preview
    with open_indexes(plan.selection, Access(writable=True)) as store:
        if plan.order.recreate:
            return _recreate(plan, store, progress or Silent())
        return _delete_rows(plan, store, progress or Silent())


def _count(store: IndexStore, memory_type: MemoryType, *, is_resumed: bool) -> list[RowsMeant]:
    """Count rows by group; an index that is just being made anew has none."""
    try:
        return store.count(memory_type)
    except (StoreNotFound, RequestRefused):
        if not is_resumed:
            raise
        return []


def _recreate(plan: EmptyingPlan, store: IndexStore, progress: Progress) -> IndexChangeResult:
    """Go on with what broke off, and begin anew where the index was filled since.

    Whose rows there are is asked once more: others may have written while the user was asked.
    """
    resumed = plan.resumed
    rows = _count(store, plan.memory_type, is_resumed=resumed is not None)
    refuse_others(plan.index, rows, plan.preview.group_id, instead=_ROW_BY_ROW)
    result = _recreate_once(plan, store, progress, resumed)
    is_filled = resumed is not None and _is_deleted(resumed) and plan.preview.total > 0
    if is_filled and result.failure is None:
        return _recreate_once(plan, store, progress, None)
    return result


def _is_deleted(operation: Operation) -> bool:
    """Return whether the first step, which deletes, came to its end, or found nothing to delete."""
    return any(each.outcome in {Outcome.DONE, Outcome.FOUND} for each in operation.steps)


def _recreate_once(
    plan: EmptyingPlan, store: IndexStore, progress: Progress, resumed: Operation | None
) -> IndexChangeResult:
    """Write down what the index is made of, then delete it and make it again."""
    name = plan.index
    saved: dict[str, Any] = (resumed.plan or {}) if resumed else {}
    saved = saved or {"index": name, "saved": store.indexes.save_index(name)}
    request = store.request(progress, wait_timeout=plan.order.wait_timeout)
    steps = store.indexes.recreate_index(
        saved["saved"], request, is_deleted=resumed is not None and _is_deleted(resumed)
    )

    def recreate(operation: RunningOperation) -> IndexChangeResult:
        cause = attempt(lambda: operation.take_all(steps))
        result = replace(plan.preview, operation_id=operation.id, steps=operation.taken, left=0)
        if cause is None:
            return result
        failure, left = _tell_recreated(plan, store, operation, cause)
        return replace(result, left=left, failure=failure)

    return conclude(store.run(COMMAND, name, plan=saved, resumed=resumed), recreate)


def _tell_recreated(
    plan: EmptyingPlan, store: IndexStore, operation: RunningOperation, cause: MemctlError
) -> tuple[MemctlError, int | None]:
    """Look what is left, and return the error that says it and the way to go on, and the count.

    That the step which deletes has failed does not mean that the index is there.
    """
    found: list[RowsMeant] = []
    is_there = True

    def look() -> None:
        nonlocal is_there
        try:
            store.indexes.find_index(plan.index)
            found.extend(_count(store, plan.memory_type, is_resumed=True))
        except StoreNotFound:
            is_there = False

    unseen = attempt(look)
    total, left = plan.preview.total, sum(each.records for each in found)
    taken = {each.outcome for each in operation.taken}
    is_begun = plan.resumed is not None or Outcome.DONE in taken or not is_there
    told = f"{max(0, total - left)} of {total} rows in `{plan.index}` were deleted, {left} are left"
    if unseen is not None:
        told = f"how many of {total} rows in `{plan.index}` are left can't be told"
    told += "" if is_there else ", and it is not made anew yet"
    again = f"`memctl index empty {plan.index} --recreate` goes on from here"
    failure = broken_off(cause, told, is_begun=is_begun, again=again)
    return failure, None if unseen else left


def _delete_rows(plan: EmptyingPlan, store: IndexStore, progress: Progress) -> IndexChangeResult:
    """Delete row by row until a count finds none; something may keep writing, or reads lag."""
    progress.start("deleting", plan.preview.total)
    step = DeleteType(
        store.backend,
        plan.memory_type,
        plan.selector,
        kept=None,
        batch_size=plan.order.batch_size,
        progress=progress,
    )

    def empty(operation: RunningOperation) -> IndexChangeResult:
        def work() -> None:
            operation.take(step)
            _settle(step, store.backend)

        failure = attempt(work)
        if failure is not None:
            meant = f"{plan.preview.total} rows in `{plan.index}`"
            failure = tell_deleted(plan.selection, [step], failure, meant=meant)
        elif step.left:
            failure = Partial(
                f"{step.deleted} rows were deleted, and {step.left} are still in `{plan.index}`: "
                "something else is writing to it",
                hint="let the crews stop, then run the same command again",
            )
        return replace(
            plan.preview,
            operation_id=operation.id,
            steps=operation.taken,
            deleted=step.deleted,
            left=step.left,
            failure=failure,
        )

    return conclude(store.run(COMMAND, plan.index), empty)


def _settle(step: DeleteType, backend: MemoryBackend) -> None:
    """Count what is left, a few times more where that is not nothing, deleting it again."""
    for pause in _PAUSES_SECONDS:
        step.count(backend)
        if not step.left:
            return
        time.sleep(pause)
        step.do()
    step.count(backend)


def _broken_off(store: IndexStore, name: str) -> Operation | None:
    """Find a run that broke off after it may have deleted the index."""
    for each in planned_operations(COMMAND, store.profile.group_id):
        if (each.plan or {}).get("index") == name:
            is_begun = any(step.outcome in ATTEMPTED for step in each.steps)
            return each if is_begun and each.outcome is not Outcome.DONE else None
    return None

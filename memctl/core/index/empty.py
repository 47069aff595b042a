"""Empties an index: row by row, which keeps all else, or by making it anew, which is fast."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from ...backends.base import DEFAULT_BATCH_SIZE, Access
from ...model.errors import (
    InvalidSetting,
    MemctlError,
    Partial,
    RequestRefused,
    StoreNotFound,
)
from ...model.journal import Outcome
from ...model.progress import Silent
from ...model.results import IndexChangeResult
from ...model.selector import Selector
from ..clear.plan import count_rows
from ..clear.run import DeleteType
from ..operation import ATTEMPTED, planned_operations, run_operation
from ..selection import select
from .others import refuse_others
from .store import open_indexes, provision_request

if TYPE_CHECKING:
    from ...model.journal import Operation
    from ...model.memory_type import MemoryType
    from ...model.progress import Progress
    from ...model.results import RowsMeant
    from ..operation import RunningOperation
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
    resumed: Operation | None = field(default=None)

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
    selection = select(request)
    with open_indexes(selection) as store:
        memory_type, name = store.backend.name_index(order.name)
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
            endpoints=[],
            group_id=group,
            dry_run=order.dry_run,
            operation_id=None,
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


def _count(
    store: IndexStore, memory_type: MemoryType, *, is_resumed: bool
) -> tuple[RowsMeant, ...]:
    """Count rows by group; an index that is just being made anew has none."""
    try:
        return count_rows(store.backend, Selector(types=frozenset({memory_type})))[0]
    except (StoreNotFound, RequestRefused):
        if not is_resumed:
            raise
        return ()


def _recreate(plan: EmptyingPlan, store: IndexStore, progress: Progress) -> IndexChangeResult:
    """Go on with what broke off, and begin anew where the index was filled since.

    Whose rows there are is asked once more: others may have written while the user was asked.
    """
    resumed = plan.resumed
    rows = _count(store, plan.memory_type, is_resumed=resumed is not None)
    refuse_others(plan.index, rows, plan.preview.group_id, instead=_ROW_BY_ROW)
    if resumed is None:
        return _recreate_once(plan, store, progress, None)
    result = _recreate_once(plan, store, progress, resumed)
    if result.failure is None and _is_deleted(resumed) and plan.preview.total:
        return _recreate_once(plan, store, progress, None)
    return result


def _is_deleted(operation: Operation) -> bool:
    """Say whether the first step, which deletes, came to its end, or found nothing to delete."""
    return any(each.outcome in {Outcome.DONE, Outcome.FOUND} for each in operation.steps)


def _recreate_once(
    plan: EmptyingPlan, store: IndexStore, progress: Progress, resumed: Operation | None
) -> IndexChangeResult:
    """Write down what the index is made of, then delete it and make it again."""
    name = plan.index
    saved: dict[str, Any] = (resumed.plan or {}) if resumed else {}
    saved = saved or {"index": name, "saved": store.backend.save_index(name)}
    request = provision_request(type(store.backend), progress, wait_timeout=plan.order.wait_timeout)
    steps = store.backend.recreate_index(
        saved["saved"], request, is_deleted=resumed is not None and _is_deleted(resumed)
    )
    failure: MemctlError | None = None
    with run_operation(
        COMMAND,
        store.profile.group_id,
        name,
        redactor=store.connection.redactor,
        plan=saved,
        resumed=resumed,
    ) as operation:
        try:
            for step in steps:
                operation.take(step)
        except MemctlError as exc:
            failure = _with_way_out(exc, name)
            operation.fail(failure)
    left = plan.preview.total if failure else 0
    return _finished(plan, operation, failure, deleted=0, left=left)


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
    failure: MemctlError | None = None
    left = plan.preview.total
    redactor = store.connection.redactor
    with run_operation(COMMAND, store.profile.group_id, plan.index, redactor=redactor) as operation:
        try:
            operation.take(step)
            left = _settled(step)
        except MemctlError as exc:
            failure = exc
        if failure is None and left:
            failure = Partial(
                f"{step.deleted} rows were deleted, and {left} are still in `{plan.index}`: "
                "something else is writing to it",
                hint="let the crews stop, then run the same command again",
            )
        if failure is not None:
            operation.fail(failure)
    return _finished(plan, operation, failure, deleted=step.deleted, left=left)


def _settled(step: DeleteType) -> int:
    """Count what is left, a few times more where that is not nothing, deleting it again."""
    for pause in _PAUSES_SECONDS:
        left = step.left()
        if not left:
            return 0
        time.sleep(pause)
        step.do()
    return step.left()


def _finished(
    plan: EmptyingPlan,
    operation: RunningOperation,
    failure: MemctlError | None,
    *,
    deleted: int,
    left: int,
) -> IndexChangeResult:
    return replace(
        plan.preview,
        operation_id=operation.id,
        steps=operation.taken,
        deleted=deleted,
        left=left,
        failure=failure,
    )


def _broken_off(store: IndexStore, name: str) -> Operation | None:
    """Find a run that broke off after it may have deleted the index."""
    for each in planned_operations(COMMAND, store.profile.group_id):
        if (each.plan or {}).get("index") == name:
            is_begun = any(step.outcome in ATTEMPTED for step in each.steps)
            return each if is_begun and each.outcome is not Outcome.DONE else None
    return None


def _with_way_out(error: MemctlError, name: str) -> MemctlError:
    way = f"`memctl index empty {name} --recreate` goes on from here"
    error.hint = f"{error.hint}; {way}" if error.hint else way
    return error

"""Which records are to be cleared, counted exactly; nothing is deleted here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ...backends.base import Access
from ...backends.facets import CheckedForDeletion, ClearedWhole
from ...model.backend.capability import Capability
from ...model.errors import AnswerIsNo, DamagedStore, UsageError
from ...model.journal import Outcome
from ...model.memory_type import MemoryType
from ...model.results import ClearResult, TypeCleared
from ..connect import open_selection
from ..operations.operation import planned_operations
from ..operations.outcome import broken_off
from ..query.rows import EVERY_ROW, USUAL_TERMS, Rows, Terms
from ..selection import refuse_shared, select
from .counting import count_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...backends.base import MemoryBackend
    from ...backends.collection_clearing import WholeClearing
    from ...model.errors import MemctlError
    from ...model.results import RowsMeant, StoreUsed
    from ...model.selector import Selector
    from ...model.step import Step
    from ..selection import Selection, StoreRequest
    from .remaining import Part

COMMAND: Final = "clear"


class MaxDeleteExceeded(AnswerIsNo):
    """More records are meant than `--max-delete` allows; nothing was deleted."""

    code = "max_delete_exceeded"


@dataclass(frozen=True, slots=True)
class ClearOrder:
    """What is to be cleared.

    Attributes:
        rows: the records that are asked for.
        all: records of every crew, and of none.
        terms: of which only the size of batches matters.
        is_backed_up: make a backup first.
        max_delete: delete nothing if more records are meant.
        upgrade: allow a store of an older schema level to be rewritten.
        purge_versions: also remove earlier versions of the store, which hold deleted rows.
        dry_run: do every read and check, write nothing.
    """

    rows: Rows = EVERY_ROW
    all: bool = False
    terms: Terms = USUAL_TERMS
    is_backed_up: bool = True
    max_delete: int | None = None
    upgrade: bool = False
    purge_versions: bool = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Refuse what names nobody, or somebody and everybody.

        Raises:
            UsageError: then.
        """
        crew_id = self.rows.crew_id
        if crew_id is None and not self.all:
            raise UsageError(
                "nothing says whose memory is to be cleared",
                hint="name the crew, or give `--all` for every crew",
            )
        if crew_id is not None and self.all:
            raise UsageError("CREW_ID and `--all` exclude each other", hint="give one of them")


@dataclass(frozen=True, slots=True)
class ClearPlan:
    """What would be deleted, and from where.

    Attributes:
        order: what was asked for.
        selection: the store.
        used: the store, as results name it.
        selector: the rows that are meant.
        rows: how many there are, by collection and group.
        unscoped: rows without a group that would be meant if they had the right one.
        notes: what the user should know before agreeing to it.
        is_unfinished: whether an earlier clearing of whole collections has left something behind.
    """

    order: ClearOrder
    selection: Selection
    used: StoreUsed
    selector: Selector
    rows: tuple[RowsMeant, ...]
    unscoped: int
    notes: tuple[str, ...] = ()
    is_unfinished: bool = False

    @property
    def total(self) -> int:
        """How many rows are meant."""
        return sum(row.records for row in self.rows)

    @property
    def has_work(self) -> bool:
        """Whether there is anything to delete, to finish, or a history to purge."""
        return bool(self.total) or self.is_unfinished or self.order.purge_versions

    @property
    def counts(self) -> dict[MemoryType, int]:
        """How many of each type; only types that have any."""
        counted = Counter[MemoryType]()
        for row in self.rows:
            counted[row.type] += row.records
        return {each: counted[each] for each in MemoryType if counted[each]}

    @property
    def whose(self) -> str:
        """Whose memory it is, for people."""
        crew_id = self.order.rows.crew_id
        return "every crew" if crew_id is None else f"crew `{crew_id}`"

    @property
    def word(self) -> str:
        """What the user types to confirm it: the crew, else the narrowest name of the place."""
        collections = {row.collection for row in self.rows}
        if self.order.rows.crew_id is not None:
            return self.order.rows.crew_id
        if len(collections) == 1:
            return collections.pop()
        return self.used.profile or self.used.location

    @property
    def preview(self) -> ClearResult:
        """What would be deleted, as a result."""
        return self.result()

    def result(
        self,
        parts: Sequence[Part] = (),
        *,
        operation_id: str | None = None,
        backup: str | None = None,
        purged: int | None = None,
        failure: MemctlError | None = None,
    ) -> ClearResult:
        """Return what was deleted and what is left, by type; of types not begun, nothing was."""
        begun = {each.memory_type: (each.deleted, each.left) for each in parts}
        types = [
            TypeCleared(each, records, *begun.get(each, (0, records)))
            for each, records in self.counts.items()
        ]
        counted = [each.left for each in types if each.left is not None]
        return ClearResult(
            **self.used.named,
            group_id=self.selector.group_id,
            crew_id=self.order.rows.crew_id,
            created_before=self.order.rows.created_before,
            dry_run=self.order.dry_run,
            operation_id=operation_id,
            backup=backup,
            types=types,
            collections=list(self.rows),
            total=self.total,
            deleted=sum(each.deleted for each in types),
            left=sum(counted) if len(counted) == len(types) else None,
            unscoped=self.unscoped,
            purged_versions=purged,
            notes=list(self.notes),
            failure=failure,
        )


def plan_clear(request: StoreRequest, order: ClearOrder) -> ClearPlan:
    """Find the store and count what is meant; the store is only read.

    Raises:
        MaxDeleteExceeded: when more is meant than may be deleted.
        UnsupportedOperation: when nothing can be deleted from the store.
        UnsupportedSchema: when deleting would rewrite the store for good.
        MemctlError: when the store can't be chosen, opened or read.
    """
    selection = select(request)
    if order.rows.include_unscoped:
        refuse_shared(selection, "rows without a group")
    selector = selection.selector(order.rows)
    with open_selection(selection, Access(upgrade=order.upgrade)) as connection:
        backend = connection.backend
        if order.purge_versions:
            backend.require(Capability.PURGE_VERSIONS, as_writer=True)
        whole = way_of_clearing(backend, selector)
        plan = ClearPlan(order, selection, connection.used, selector, (), 0)
        if whole is not None:
            is_unfinished = bool(leftovers(backend, selector.group_id))
            plan = replace(plan, notes=tuple(whole.notes), is_unfinished=is_unfinished)
        return count_again(plan, backend)


def count_again(plan: ClearPlan, backend: MemoryBackend) -> ClearPlan:
    """Count what a plan means by now, and see that it can be deleted.

    Raises:
        MaxDeleteExceeded: when more is meant than may be deleted.
        DamagedStore: when the store would take a part of it only.
    """
    rows, unscoped = count_rows(backend, plan.selector)
    plan = replace(plan, rows=rows, unscoped=unscoped)
    _check_fuse(plan)
    checked = backend.facet(CheckedForDeletion)
    try:
        if checked is not None:
            checked.check_deletable(frozenset(row.collection for row in rows))
    except DamagedStore as exc:
        broken_off(exc, "nothing was deleted", is_begun=False)
        raise
    return plan


def way_of_clearing(backend: MemoryBackend, selector: Selector) -> WholeClearing | None:
    """Return how whole collections are cleared; `None` where single records can be deleted.

    Raises:
        UnsupportedOperation: where neither can be done.
    """
    cleared = backend.facet(ClearedWhole)
    whole = cleared.whole_clearing(selector) if cleared else None
    if whole is None:
        backend.require(Capability.DELETE, as_writer=True)
    return whole


def leftovers(backend: MemoryBackend, group_id: str | None) -> list[Step]:
    """List what clearings of whole collections that broke off have to do yet, by the journal."""
    cleared = backend.facet(ClearedWhole)
    if cleared is None:
        return []
    return [
        step
        for operation in planned_operations(COMMAND, group_id)
        if operation.outcome is not Outcome.DONE and operation.plan
        for step in cleared.unfinished_clearing(operation.plan)
    ]


def _check_fuse(plan: ClearPlan) -> None:
    """Refuse to delete more than was allowed.

    Raises:
        MaxDeleteExceeded: naming both figures.
    """
    most = plan.order.max_delete
    if most is not None and plan.total > most:
        raise MaxDeleteExceeded(
            f"{plan.total} records of {plan.whose} in `{plan.used.location}` are meant, and "
            f"`--max-delete` allows {most}",
            hint="nothing was deleted; look with `--dry-run`, then name fewer or allow more",
        )

"""Deletes indexes, and endpoints that serve nothing else, and leaves them out of the profile."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...backends.base import Access
from ...model.errors import StoreNotFound, UsageError
from ...model.journal import Outcome
from ...model.results import IndexChangeResult
from ..operations.operation import plan
from ..operations.outcome import attempt, broken_off, conclude
from .profile import NameInProfile
from .store import open_indexes, refuse_others, select_own

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model.backend.index import IndexFacts
    from ...model.errors import MemctlError
    from ...model.progress import Progress
    from ...model.results import RowsMeant
    from ...model.step import Step
    from ..operations.operation import RunningOperation
    from ..selection import Selection, StoreRequest
    from .store import IndexStore


@dataclass(frozen=True, slots=True)
class IndexDeletion:
    """What is to be deleted.

    Attributes:
        names: memory types, full names or the ends of them.
        all: every index that the profile names.
        with_endpoint: also the endpoints that they are on.
        all_groups: whatever group has rows in them, not just the profile's.
        dry_run: do every read and check, write nothing.
        wait_timeout: seconds to wait for the service; `None` means the backend's default.
    """

    names: Sequence[str] = ()
    all: bool = False
    with_endpoint: bool = False
    all_groups: bool = False
    dry_run: bool = False
    wait_timeout: int | None = None

    def __post_init__(self) -> None:
        """Refuse what names nothing, or something and everything.

        Raises:
            UsageError: then.
        """
        if not self.names and not self.all:
            raise UsageError(
                "nothing says which index is to be deleted",
                hint="name it, or give `--all` for every index of the profile",
            )
        if self.names and self.all:
            raise UsageError("INDEX and `--all` exclude each other", hint="give one of them")


@dataclass(frozen=True, slots=True)
class DeletionPlan:
    """What would be deleted.

    Attributes:
        order: what was asked for.
        selection: the store.
        preview: the same as a result.
    """

    order: IndexDeletion
    selection: Selection
    preview: IndexChangeResult

    @property
    def word(self) -> str:
        """What the user types to confirm it: the index, or the profile for several."""
        names = self.preview.indexes
        return names[0] if len(names) == 1 else str(self.preview.profile)


def plan_index_deletion(request: StoreRequest, order: IndexDeletion) -> DeletionPlan:
    """Find the indexes and count their rows; nothing is changed.

    Raises:
        StoreNotFound: when one is not there.
        AnswerIsNo: when other groups have rows in them, or an endpoint serves other indexes too.
        MemctlError: when they can't be read.
    """
    selection = select_own(request)
    with open_indexes(selection) as store:
        found = _find(store, order)
        endpoints = {each.endpoint for each in found if each.endpoint and order.with_endpoint}
        preview = IndexChangeResult(
            **store.used.named,
            change="deleted",
            indexes=[each.name for each in found],
            types=[each.type for each in found if each.type is not None],
            endpoints=sorted(endpoints),
            dry_run=order.dry_run,
            rows=_rows(store, found, order),
            total=sum(each.records or 0 for each in found),
        )
        steps = _steps(store, order, preview, None)
        return DeletionPlan(order, selection, replace(preview, steps=plan(steps)))


def run_index_deletion(
    deletion: DeletionPlan, progress: Progress | None = None
) -> IndexChangeResult:
    """Delete what was planned.

    Raises:
        MemctlError: when the store can't be opened; what broke it off later is in the result.
    """
    preview, order = deletion.preview, deletion.order
    if order.dry_run:
        return preview
    with open_indexes(deletion.selection, Access(writable=True)) as store:
        _rows(store, _find(store, order), order)
        steps = _steps(store, order, preview, progress)

        def delete(operation: RunningOperation) -> IndexChangeResult:
            cause = attempt(lambda: operation.take_all(steps))
            result = replace(preview, operation_id=operation.id, steps=operation.taken)
            return result if cause is None else _broken_off(result, store, cause)

        return conclude(store.run("index delete", ", ".join(preview.indexes)), delete)


def _broken_off(
    result: IndexChangeResult, store: IndexStore, cause: MemctlError
) -> IndexChangeResult:
    """Look which indexes are still there, and return the result that says it."""
    there: list[IndexFacts] = []

    def look() -> None:
        for name in result.indexes:
            with suppress(StoreNotFound):
                there.append(store.indexes.find_index(name))

    unknown = attempt(look)
    is_begun = Outcome.DONE in {each.outcome for each in result.steps}
    names, left = [each.name for each in there], sum(each.records or 0 for each in there)
    deleted = [each for each in result.indexes if each not in names]
    told = f"deleted with their rows: {', '.join(deleted) or 'no index'}"
    if names:
        told += f"; still there: {', '.join(names)}"
    if unknown is not None:
        told = f"which of {', '.join(result.indexes)} are deleted can't be told"
    failure = broken_off(cause, told, is_begun=is_begun or (not unknown and bool(deleted)))
    return replace(result, left=None if unknown else left, failure=failure)


def _find(store: IndexStore, order: IndexDeletion) -> list[IndexFacts]:
    if order.all:
        return [each for each in store.indexes.list_indexes() if each.type is not None]
    return [store.indexes.find_index(each) for each in dict.fromkeys(order.names)]


def _rows(store: IndexStore, found: Sequence[IndexFacts], order: IndexDeletion) -> list[RowsMeant]:
    """Count by group what lies in the profile's own indexes that can be read.

    Raises:
        OtherGroupsRows: when other groups have rows in them, unless every group is meant.
    """
    types = {each.type for each in found if each.type is not None and each.records}
    if not types:
        return []
    rows = store.count(*types)
    names = ", ".join(each.name for each in found)
    refuse_others(names, rows, None if order.all_groups else store.connection.selection.group_id)
    return rows


def _steps(
    store: IndexStore,
    order: IndexDeletion,
    preview: IndexChangeResult,
    progress: Progress | None,
) -> list[Step]:
    request = store.request(progress, wait_timeout=order.wait_timeout)
    steps = store.indexes.delete_resources(preview.indexes, preview.endpoints, request)
    gone = {
        name: None
        for name, value in store.profile.settings.items()
        if value in {*preview.indexes, *preview.endpoints}
    }
    return [*steps, *([NameInProfile(store.profile, gone)] if gone else [])]

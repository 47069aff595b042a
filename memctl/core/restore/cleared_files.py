"""Puts the files that a clearing changed back where they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...backends.base import READ_ONLY, Access
from ...backends.facets import ClearedWhole
from ...model.errors import MemctlError, UnsupportedOperation
from ...model.journal import Outcome
from ...model.results import Comparison, MigrateResult, StoreUsed, TypeCopy
from ...model.selector import Selector
from ..backup.listing import check_files
from ..connect import open_selection
from ..operations.operation import run_operation
from ..operations.outcome import broken_off
from ..selection import StoreRequest, select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...backends.base import MemoryBackend
    from ...backends.collection_clearing import KeptFiles
    from ...model.step import Step
    from ..backup.catalog import KeptBackup
    from ..backup.listing import FileListing
    from ..connect import Connection
    from ..operations.operation import RunningOperation
    from .order import RestoreOrder


def put_back(order: RestoreOrder, backup: KeptBackup, listing: FileListing) -> MigrateResult:
    """Make the files what they were, byte for byte; what was changed since is never overwritten.

    Raises:
        UnsupportedOperation: when only a part is asked for.
        DamagedStore: when the backup is not what was written.
        Conflict: when a file was changed since the clearing.
        MemctlError: when the store can't be opened or written.
    """
    _refuse_parts(order, backup)
    check_files(listing, backup.path)
    selection = select(StoreRequest(at=listing.source, connecting=order.connecting))
    access = READ_ONLY if order.dry_run else Access(writable=True)
    with open_selection(selection, access) as target:
        steps = _steps(target, listing.kept(backup.path))
        is_back = all(step.find() for step in steps)
        if order.dry_run:
            return _result(listing, backup, target, is_back=is_back)
        subject = backup.subject(target.backend.location)
        with run_operation(
            "restore", backup.listed.group_id, subject, redactor=target.redactor
        ) as operation:
            _take_all(steps, operation)
            compared = _compare(listing, target.backend, steps)
            result = _result(listing, backup, target, compared, operation.id, is_back=is_back)
            return operation.answer(result)


def _take_all(steps: Sequence[Step], operation: RunningOperation) -> None:
    """Take the steps; say with what breaks them off which are done.

    Raises:
        Partial: where some are.
        MemctlError: else, what broke them off.
    """
    try:
        operation.take_all(steps)
    except MemctlError as exc:
        done = [each.name for each in operation.taken if each.outcome is Outcome.DONE]
        if not done:
            raise
        told = f"{len(done)} of {len(steps)} steps are done ({', '.join(done)})"
        raise broken_off(exc, told, is_begun=True) from exc


def _refuse_parts(order: RestoreOrder, backup: KeptBackup) -> None:
    if not order.means_all:
        raise UnsupportedOperation(
            f"backup `{backup.id}` is of whole files, and is put back whole",
            hint=f"name a target to copy a part of it: `memctl restore {backup.id} TARGET`",
        )


def _compare(listing: FileListing, backend: MemoryBackend, steps: Sequence[Step]) -> Comparison:
    """Look whether all files hold what they did, and count the records where one does not."""
    if all(step.find() for step in steps):
        return Comparison(listing.records, listing.records, 0, 0)
    there = 0
    for memory_type, number in listing.counts.items():
        selector = Selector(crew_id=listing.crew_id, types=frozenset({memory_type}))
        there += min(number, backend.count(selector))
    return Comparison(listing.records, 0, listing.records - there, there)


def _result(
    listing: FileListing,
    backup: KeptBackup,
    target: Connection,
    compared: Comparison | None = None,
    operation_id: str | None = None,
    *,
    is_back: bool,
) -> MigrateResult:
    return MigrateResult(
        source=StoreUsed(listing.backend, backup.location, None, "at"),
        target=target.used,
        dry_run=operation_id is None,
        operation_id=operation_id,
        group_id=None,
        types=[
            TypeCopy(each, number, 0 if is_back else number, number if is_back else 0, 0, 0, 0)
            for each, number in listing.counts.items()
        ],
        comparison=compared,
    )


def _steps(target: Connection, kept: KeptFiles) -> list[Step]:
    """List the steps that make the store's files what they were.

    Raises:
        UnsupportedOperation: when the store is not cleared by whole collections.
    """
    cleared = target.backend.facet(ClearedWhole)
    if cleared is None:
        raise UnsupportedOperation(
            "the store takes no files back", hint="restore to the store that was cleared"
        )
    return cleared.put_back(kept)

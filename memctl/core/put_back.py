"""Puts a backup of files back as files; `restore` copies its records where that can't be."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from ..backends.base import READ_ONLY, Access
from ..model.errors import UnsupportedOperation
from ..model.location import parse_location
from ..model.results import Comparison, MigrateResult, StoreUsed, TypeCopy
from ..model.selector import Selector
from .backup.files import refuse_difference
from .backup.listing import check_files
from .connect import open_selection
from .migrate.as_files import CopyFiles, copied_whole, copy_files
from .migrate.sides import check_sides
from .operation import run_operation
from .selection import StoreRequest, select, select_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..backends.base import MemoryBackend
    from ..model.step import Step
    from .backup.kept import KeptBackup
    from .backup.listing import FileListing
    from .connect import Connection
    from .migrate.transfer import Transfer
    from .restore import RestoreOrder


def is_origin(order: RestoreOrder, listing: FileListing) -> bool:
    """Say whether a backup is to go back to where it came from: no target, or that one."""
    if order.target is None:
        return True
    target = select_named(order.target, StoreRequest(order.group_id, connecting=order.connecting))
    if target.backend != listing.backend:
        return False
    origin = parse_location(listing.source).path
    place = parse_location(target.whole_location or target.location).path
    return os.path.realpath(place) == os.path.realpath(origin)


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
        steps = target.backend.put_back(listing.kept(backup.path))
        is_back = all(step.find() for step in steps)
        if order.dry_run:
            return _result(listing, backup, target, is_back=is_back)
        subject = f"backups/{backup.id} -> {target.backend.location}"
        with run_operation("restore", backup.listed.group_id, subject) as operation:
            for step in steps:
                operation.take(step)
            compared = _compare(listing, target.backend, steps)
            result = _result(listing, backup, target, compared, operation.id, is_back=is_back)
            return operation.answer(result)


def plan_return(transfer: Transfer, listing: FileListing) -> CopyFiles | None:
    """Give the step that makes an empty target the store that was backed up, as it was.

    Returns:
        The step, or `None` where its records must be copied one by one.

    Raises:
        MemctlError: when the target is no place for it.
    """
    check_sides(transfer.source, transfer.target, transfer.reading)
    target, source = transfer.target.backend, transfer.source.backend
    step = target.plan_files(source, listing.hashes)
    return None if step is None else CopyFiles(step, transfer.source)


def return_files(
    transfer: Transfer, backup: KeptBackup, step: CopyFiles, *, is_rehearsed: bool
) -> MigrateResult:
    """Copy the files, and compare every record; rehearsed, say what would be copied.

    Raises:
        DamagedStore: when a copy is not what the backup was, or another program changed it.
        MemctlError: when the target can't be written.
    """
    transfer = replace(transfer, is_same_store=True)
    if is_rehearsed:
        return transfer.result(copied_whole(transfer), [])
    subject = f"backups/{backup.id} -> {transfer.target.backend.location}"
    with run_operation("restore", backup.listed.group_id, subject) as operation:
        copies = copy_files(transfer, operation, step)
        compared = transfer.compare(operation)
        result = transfer.result(copies, [], operation_id=operation.id, comparison=compared)
        if not operation.answer(result).errors:
            refuse_difference(transfer, compared)
        return result


def has_same_collections(transfer: Transfer) -> bool:
    """Say whether the target looks like the very store that was backed up."""
    source, target = transfer.source.backend, transfer.target.backend
    return target.exists() and target.collections() == source.collections()


def _refuse_parts(order: RestoreOrder, backup: KeptBackup) -> None:
    if order.crew_id is not None or order.types:
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
        losses=[],
        left_out=0,
        other_groups=[],
        resumed=False,
        comparison=compared,
    )

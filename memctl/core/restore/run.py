"""Copies a backup to its target, and compares both; where that lies, `target` finds out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from ...backends.base import READ_ONLY, Access
from ...model.backend.check import CheckStatus
from ...model.errors import DamagedStore, UsageError
from ...model.progress import Silent
from ...model.results import BackupState
from ..backup.catalog import find_backup
from ..backup.listing import LISTING, Kind, check_files, damaged
from ..connect import connect, open_selection
from ..operations.operation import run_operation
from ..selection import StoreRequest
from ..transfer.plan import keep_written_part, plan_reading
from ..transfer.retyping import give_back
from ..transfer.steps import FromTheBeginning
from ..transfer.transfer import Transfer
from .cleared_files import put_back
from .files import as_same_store, has_same_collections, plan_return, return_files
from .target import are_rows_kept, choose_target, is_origin, types_of_origin

if TYPE_CHECKING:
    from ...backends.base import MemoryBackend
    from ...model.memory_type import MemoryType
    from ...model.progress import Progress
    from ...model.results import Loss, MigrateResult, TypeCopy
    from ..backup.catalog import KeptBackup
    from ..backup.listing import FileListing
    from ..connect import Connection
    from ..operations.operation import RunningOperation
    from ..query.rows import Rows
    from ..transfer.reading import Reading
    from .order import RestoreOrder


def restore_backup(order: RestoreOrder, progress: Progress | None = None) -> MigrateResult:
    """Copy a backup's records to a store, and compare both sides afterwards.

    Raises:
        UsageError: when no target is given and the backup's own can't be told.
        DamagedStore: before anything is written, when a file of the backup is not what was written.
        Conflict: before anything is written, when the target holds other content under the same id
            and owner.
        MemctlError: when a side can't be chosen, opened, read or written.
    """
    backup = find_backup(order.backup)
    files = backup.files
    if files is not None and files.kind is Kind.CLEARING and is_origin(order, files.source):
        return put_back(order, backup, files)
    target = choose_target(order, backup)
    access = Access(writable=True, upgrade=order.upgrade)
    with ExitStack() as stack:
        kept = StoreRequest(at=backup.location, settings=files.settings if files else {})
        source = stack.enter_context(connect(kept))
        _refuse_damage(backup, source.backend)
        opened = open_selection(target, READ_ONLY if order.dry_run else access)
        connection = stack.enter_context(opened)
        keep_written_part(connection)
        transfer = _transfer(order, backup, source, connection, progress or Silent())
        if files is not None and files.kind is Kind.STORE and order.means_all:
            step = plan_return(transfer, files)
            if step is not None:
                return return_files(transfer, backup, step, is_rehearsed=order.dry_run)
            if has_same_collections(transfer):
                transfer = as_same_store(transfer)
        transfer, losses, rehearsed = _rehearse(transfer)
        if order.dry_run:
            return transfer.result(rehearsed, losses)
        if transfer.reading.leaves_all_out:
            return replace(transfer.result([], losses), dry_run=False)
        return _run(transfer, backup, losses, rehearsed)


def _transfer(
    order: RestoreOrder,
    backup: KeptBackup,
    source: Connection,
    target: Connection,
    progress: Progress,
) -> Transfer:
    """Return which records of a backup go to the target, under which types and ids."""
    kept = source.backend.info.types & types_of_origin(backup)
    types = target.backend.info.types - kept
    source = give_back(source, types)
    by_rows = are_rows_kept(order, backup, target.backend)
    return Transfer(
        source,
        target,
        _plan(order, backup, source, target, types),
        order.terms,
        progress=progress,
        by_rows=by_rows,
        gives_back_ids=not by_rows,
        goes_on=True,
    )


def _rehearse(transfer: Transfer) -> tuple[Transfer, list[Loss], list[TypeCopy]]:
    """Find out what is to be written; a target that is the backed up store needs nothing.

    Nothing of memctl's own collections is asked of such a target: it may be another program's.
    """
    if transfer.is_same_store:
        rehearsed = transfer.rehearse()
        if not any(each.written for each in rehearsed):
            return transfer, [], rehearsed
        transfer = replace(transfer, is_same_store=False)
    losses = transfer.check()
    return transfer, losses, transfer.rehearse()


def _run(
    transfer: Transfer, backup: KeptBackup, losses: list[Loss], rehearsed: list[TypeCopy]
) -> MigrateResult:
    subject = backup.subject(transfer.target.backend.location)
    redactor = transfer.target.redactor
    with run_operation("restore", backup.listed.group_id, subject, redactor=redactor) as operation:
        if any(each.written for each in rehearsed) or not transfer.target.backend.exists():
            transfer.prepare(operation)
        else:
            _tidy(transfer, operation)
        copies = transfer.copy(operation, FromTheBeginning())
        comparison = transfer.prove(operation)
        result = transfer.result(copies, losses, operation_id=operation.id, comparison=comparison)
        return operation.answer(result)


def _tidy(transfer: Transfer, operation: RunningOperation) -> None:
    """Prepare a target that holds every record for none more: it may be another program's."""
    nothing = replace(transfer.reading, counts={})
    replace(transfer, reading=nothing).prepare(operation)


def _plan(
    order: RestoreOrder,
    backup: KeptBackup,
    source: Connection,
    target: Connection,
    types: frozenset[MemoryType],
) -> Reading:
    """Mean all of the backup that is asked for; rows without a group come back without one."""
    rows, files = order.rows, backup.files
    if files is not None and files.kind is Kind.CLEARING:
        rows = _cleared(rows, files, backup.id)
    reading = plan_reading(source, target, source.selector(rows), None, types)
    return replace(reading, stamp_group=None, other_groups=[])


def _cleared(rows: Rows, files: FileListing, backup_id: str) -> Rows:
    """Return of the rows that are asked for those that were cleared: the files hold others too.

    Raises:
        UsageError: when that are none by what was asked for.
    """
    cleared = frozenset(files.counts)
    types = cleared & (rows.types or cleared)
    if rows.crew_id not in {None, files.crew_id or rows.crew_id} or not types:
        whose = "all crews" if files.crew_id is None else f"crew `{files.crew_id}`"
        raise UsageError(
            f"backup `{backup_id}` has none of that: it was made when "
            f"{', '.join(sorted(cleared))} memory of {whose} was cleared",
            hint="ask for some of this, or for all of it without `--crew` and `--type`",
        )
    return replace(rows, crew_id=files.crew_id or rows.crew_id, types=types)


def _refuse_damage(backup: KeptBackup, archive: MemoryBackend) -> None:
    """Read all of the backup and compare it with its manifest."""
    if backup.listed.state is BackupState.UNFINISHED:
        raise DamagedStore(
            f"backup `{backup.id}` was never finished: the command that was making it broke off",
            hint=f"what it was made of is still there; run `memctl backup delete {backup.id}`",
        )
    if backup.files is not None:
        check_files(backup.files, backup.path)
        return
    if backup.is_of_files:
        raise damaged(backup.id, f"`{LISTING}` is not what was written")
    problems = [each for each in archive.check() if each.status is CheckStatus.PROBLEM]
    if problems:
        found = f"{problems[0].name}: {problems[0].found}"
        more = f", and {len(problems) - 1} more problems" if len(problems) > 1 else ""
        raise damaged(backup.id, f"{found}{more}")

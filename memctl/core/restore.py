"""Copies a backup back to where it came from, or elsewhere; the copying is done in `migrate`."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..backends.base import DEFAULT_BATCH_SIZE, READ_ONLY, Access
from ..backends.registry import backend_class
from ..model.check import CheckStatus
from ..model.errors import DamagedStore, UsageError
from ..model.location import looks_like_location, parse_location
from ..model.on_conflict import OnConflict
from ..model.profile import DEFAULT_GROUP
from ..model.progress import Silent
from ..model.results import BackupState
from .backup.kept import find_backup
from .backup.listing import LISTING, Kind, check_files
from .connect import connect, open_selection
from .migrate.sides import plan_reading
from .migrate.steps import FromTheBeginning
from .migrate.transfer import Transfer
from .operation import run_operation
from .put_back import has_same_collections, is_origin, plan_return, put_back, return_files
from .selection import BY_DEFAULT, Connecting, StoreRequest, select, select_named

if TYPE_CHECKING:
    from ..backends.base import MemoryBackend
    from ..model.memory_type import MemoryType
    from ..model.progress import Progress
    from ..model.results import Loss, MigrateResult, TypeCopy
    from .backup.kept import KeptBackup
    from .connect import Connection
    from .migrate.sides import Reading
    from .operation import RunningOperation
    from .selection import Selection


@dataclass(frozen=True, slots=True)
class RestoreOrder:
    """What is to be restored.

    Attributes:
        backup: a backup's id, or the beginning of it.
        target: a profile or a location; `None` means where the backup came from.
        group_id: the group whose profile the target is, `None` where none was given.
        crew_id: only records of this crew.
        types: only these memory types; empty means all.
        on_conflict: what to do about other content under the same id and owner.
        skip_without_vectors: leave rows without vectors behind where the target needs them.
        batch_size: records per batch.
        upgrade: allow a target of an older schema level to be rewritten.
        dry_run: do every read and check, write nothing.
        connecting: how the target is connected to.
    """

    backup: str
    target: str | None = None
    group_id: str | None = None
    crew_id: str | None = None
    types: frozenset[MemoryType] = frozenset()
    on_conflict: OnConflict = OnConflict.STOP
    skip_without_vectors: bool = False
    batch_size: int = DEFAULT_BATCH_SIZE
    upgrade: bool = False
    dry_run: bool = False
    connecting: Connecting = BY_DEFAULT

    @property
    def means_all(self) -> bool:
        """Whether no part of the backup is chosen."""
        return self.crew_id is None and not self.types


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
    if files is not None and files.kind is Kind.CLEARING and is_origin(order, files):
        return put_back(order, backup, files)
    target = _target(order, backup)
    access = Access(writable=True, upgrade=order.upgrade)
    with ExitStack() as stack:
        kept = StoreRequest(at=backup.location, settings=files.settings if files else {})
        source = stack.enter_context(connect(kept))
        _refuse_damage(backup, source.backend)
        opened = open_selection(target, READ_ONLY if order.dry_run else access)
        connection = stack.enter_context(opened)
        connection.backend.as_target()
        transfer = Transfer(
            source,
            connection,
            _plan(order, backup, source, connection),
            on_conflict=order.on_conflict,
            skip_without_vectors=order.skip_without_vectors,
            batch_size=order.batch_size,
            progress=progress or Silent(),
        )
        if files is not None and files.kind is Kind.STORE and order.means_all:
            step = plan_return(transfer, files)
            if step is not None:
                return return_files(transfer, backup, step, is_rehearsed=order.dry_run)
            transfer = replace(transfer, is_same_store=has_same_collections(transfer))
        transfer, losses, rehearsed = _rehearse(transfer)
        if order.dry_run:
            return transfer.result(rehearsed, losses)
        return _run(transfer, backup, losses, rehearsed)


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
    subject = f"backups/{backup.id} -> {transfer.target.backend.location}"
    with run_operation("restore", backup.listed.group_id, subject) as operation:
        if any(each.written for each in rehearsed) or not transfer.target.backend.exists():
            transfer.prepare(operation)
        else:
            _tidy(transfer, operation)
        copies = transfer.copy(operation, FromTheBeginning())
        comparison = transfer.compare(operation)
        result = transfer.result(copies, losses, operation_id=operation.id, comparison=comparison)
        return operation.answer(result)


def _tidy(transfer: Transfer, operation: RunningOperation) -> None:
    """Prepare a target that holds every record for none more: it may be another program's."""
    nothing = replace(transfer.reading, counts={})
    replace(transfer, reading=nothing).prepare(operation)


def _plan(
    order: RestoreOrder, backup: KeptBackup, source: Connection, target: Connection
) -> Reading:
    """Mean all of the backup that is asked for; rows without a group come back without one."""
    wanted = source.selector(crew_id=order.crew_id, types=order.types)
    files = backup.files
    if files is not None and files.kind is Kind.CLEARING:
        wanted = replace(
            wanted,
            crew_id=files.crew_id or order.crew_id,
            types=frozenset(files.counts) & (order.types or frozenset(files.counts)),
        )
    return replace(plan_reading(source, target, wanted, None), stamp_group=None, other_groups=[])


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
        raise DamagedStore(
            f"backup `{backup.id}` is damaged: `{LISTING}` is not what was written",
            hint="nothing was written; copy the backup anew from wherever you keep copies of it",
        )
    problems = [each for each in archive.check() if each.status is CheckStatus.PROBLEM]
    if problems:
        found = f"{problems[0].name}: {problems[0].found}"
        more = f", and {len(problems) - 1} more problems" if len(problems) > 1 else ""
        raise DamagedStore(
            f"backup `{backup.id}` is damaged: {found}{more}",
            hint="nothing was written; copy the backup anew from wherever you keep copies of it",
        )


def _target(order: RestoreOrder, backup: KeptBackup) -> Selection:
    """Choose the target that is given, else the store that the backup was made of."""
    if order.target is not None:
        request = StoreRequest(order.group_id, connecting=order.connecting)
        return _as_kept(select_named(order.target, request), backup)
    source = backup.listed.source
    group = backup.listed.group_id or DEFAULT_GROUP
    found = _origin(source, group, order.connecting) if source else None
    if found is None:
        raise UsageError(
            f"nothing tells where backup `{backup.id}` came from",
            hint=f"name the target: `memctl restore {backup.id} TARGET`",
        )
    return _as_kept(found, backup)


def _as_kept(target: Selection, backup: KeptBackup) -> Selection:
    """Read a place of no profile with the settings that the backup's store was read with."""
    files = backup.files
    if files is None or target.profile is not None or target.backend != files.backend:
        return target
    return replace(target, settings={**target.settings, **files.settings})


def _origin(source: str, group: str, connecting: Connecting) -> Selection | None:
    """Find the store by its location, or by the group's profile whose store has that location.

    A store on a host may want a secret, which only a profile has.
    """
    if not looks_like_location(source):
        return None
    name = parse_location(source).backend
    backend = backend_class(name)
    if backend.info.location_setting is None:
        for selection in _profiles_of(name, group, connecting):
            with open_selection(selection) as connection:
                if connection.backend.location == source:
                    return selection
        return None
    located = select(StoreRequest(at=source, connecting=connecting))
    if backend.secret_host(located.settings) is None:
        return located
    profiles = _profiles_of(name, group, connecting)
    return next((each for each in profiles if each.whole_location == source), located)


def _profiles_of(backend: str, group: str, connecting: Connecting) -> list[Selection]:
    from ..store.database import open_state
    from ..store.profiles import Profiles

    with open_state() as state:
        profiles = Profiles(state).list(group)
    return [
        select(StoreRequest(group, each.name, connecting=connecting))
        for each in profiles
        if each.backend_type == backend
    ]

"""Makes a backup of the rows that are meant, and proves it; what it is made for, others know."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from ...backends.base import READ_ONLY, Access
from ...backends.facets import Snapshotted
from ...model.progress import Silent
from ...model.results import BackupResult, Comparison, LeftOut
from ...store.home import backups_directory, ensure_directory, ensure_home
from ..connect import connect
from ..operations.operation import run_operation
from ..query.rows import EVERY_ROW, USUAL_TERMS, Rows, Terms
from ..selection import StoreRequest
from ..transfer.file_copy import means_all
from ..transfer.plan import plan_reading
from ..transfer.steps import FromTheBeginning
from ..transfer.transfer import Transfer
from .catalog import size_of
from .files import BackUpStore
from .staging import staged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...backends.facets import StoreFiles
    from ...model.progress import Progress
    from ...model.results import TypeCopy
    from ..connect import Connection
    from ..operations.operation import RunningOperation
    from ..transfer.reading import Reading


_WRITABLE = Access(writable=True)


@dataclass(frozen=True, slots=True)
class BackupOrder:
    """What is to be backed up.

    Attributes:
        source: the store.
        rows: the records that are asked for.
        terms: of which only the size of batches matters.
        dry_run: do every read and check, write nothing.
    """

    source: StoreRequest
    rows: Rows = EVERY_ROW
    terms: Terms = USUAL_TERMS
    dry_run: bool = False


def back_up_memory(order: BackupOrder, progress: Progress | None = None) -> BackupResult:
    """Copy records into an archive of memctl's own, and compare both sides afterwards.

    Raises:
        SourceChanged: when the store was written to meanwhile.
        SidesDiffer: when the backup does not hold all that it should.
        MemctlError: when the source can't be chosen, opened or read.
    """
    watched = progress or Silent()
    with connect(order.source) as source:
        reading = _plan(source, order)
        files = _files(source, reading)
        if files is not None:  # they keep collections without a memory type too
            reading = replace(reading, left_out_by=LeftOut())
        if order.dry_run:
            with open_backup(str(uuid4()), READ_ONLY) as archive:
                transfer = Transfer(source, archive, reading, order.terms)
                transfer.check()
                return _result(source, reading, transfer.rehearse())
        if reading.leaves_all_out:
            return replace(_result(source, reading, []), dry_run=False)
        location = source.backend.location
        with run_operation(
            "backup", source.selection.group_id, location, redactor=source.redactor
        ) as operation:
            step: BackUp | BackUpStore
            if files is not None:
                step = BackUpStore(operation, source, reading, files, watched)
                operation.take(step)
            else:
                step = _archive(operation, source, reading, order.terms, watched)
            return _result(source, reading, step.copies, operation.id, step)


def _files(source: Connection, reading: Reading) -> StoreFiles | None:
    """Return the store's files, where all that they hold is meant and can be copied so."""
    store = source.backend.facet(Snapshotted)
    return store.store_files() if store and means_all(source, reading) else None


def _archive(
    operation: RunningOperation,
    source: Connection,
    reading: Reading,
    terms: Terms,
    progress: Progress,
) -> BackUp:
    """Copy record by record."""
    with open_backup(operation.id) as archive:
        transfer = Transfer(source, archive, reading, terms, progress=progress)
        step = BackUp(operation, transfer)
        operation.take(step)
        return step


@contextmanager
def open_backup(operation_id: str, access: Access = _WRITABLE) -> Iterator[Connection]:
    """Open the place of an operation's backup."""
    directory = backups_directory()
    if access.writable:
        ensure_home()
        ensure_directory(directory)
    with connect(StoreRequest(at=f"archive:{directory / operation_id}"), access) as archive:
        yield archive


class BackUp:
    """Copy what is meant into the operation's own archive, and compare both sides.

    Args:
        operation: the operation that the backup belongs to; the copy's steps become steps of it.
        transfer: from the store to the archive.
    """

    def __init__(self, operation: RunningOperation, transfer: Transfer) -> None:
        self.name = f"back up to backups/{operation.id}"
        self.copies: list[TypeCopy] = []
        self.comparison = Comparison(0, 0, 0, 0)
        self._operation = operation
        self._transfer = transfer

    @property
    def location(self) -> str:
        """Where the archive lies."""
        return self._transfer.target.backend.location

    def find(self) -> bool:
        """Make it every time: the backup of an earlier run holds what was there then."""
        return False

    def do(self) -> None:
        """Make it.

        Raises:
            SourceChanged: when the store was written to meanwhile.
            SidesDiffer: when the backup does not hold all that it should.
            DiskFull: when there is no room for it.
        """
        transfer = self._transfer
        with staged(backups_directory() / self._operation.id):
            transfer.check()
            transfer.prepare(self._operation)
            self.copies = transfer.copy(self._operation, FromTheBeginning())
            self.comparison = transfer.prove(self._operation)
            error = self.comparison.error(
                transfer.source.backend.location,
                self.location,
                hint="run the same command again: no backup was made",
            )
            if error is not None:
                raise error

    def undo(self) -> None:
        """Leave it: `memctl backup delete` removes it."""


def _plan(source: Connection, order: BackupOrder) -> Reading:
    """Return which rows are meant; a backup keeps them as they are, also those without a group."""
    reading = plan_reading(source, source, source.selector(order.rows), None)
    return replace(reading, stamp_group=None, other_groups=[])


def _result(
    source: Connection,
    reading: Reading,
    copies: list[TypeCopy],
    operation_id: str | None = None,
    made: BackUp | BackUpStore | None = None,
) -> BackupResult:
    return BackupResult(
        id=operation_id,
        location=made.location if made else None,
        source=source.used,
        dry_run=operation_id is None,
        records=sum(each.written for each in copies),
        size_bytes=size_of(backups_directory() / operation_id) if operation_id else None,
        types=copies,
        left_out=reading.left_out,
        comparison=made.comparison if made else None,
        operation_id=operation_id,
        left_out_by=reading.left_out_by,
    )

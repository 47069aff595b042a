"""Makes a backup of all files of a store a store again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...model.results import LeftOut
from ..backup.files import refuse_difference
from ..operations.operation import run_operation
from ..query.collections import count_collections
from ..transfer.file_copy import CopyFiles, copied_whole, copy_files, take_files
from ..transfer.plan import check_sides

if TYPE_CHECKING:
    from ...model.results import MigrateResult
    from ..backup.catalog import KeptBackup
    from ..backup.listing import FileListing
    from ..transfer.transfer import Transfer


def plan_return(transfer: Transfer, listing: FileListing) -> CopyFiles | None:
    """Return the step that makes an empty target the store that was backed up, as it was.

    Returns:
        The step, or `None` where its records must be copied one by one.

    Raises:
        MemctlError: when the target is no place for it.
    """
    check_sides(transfer.source, transfer.target, transfer.reading, transfer.terms.as_type)
    return take_files(transfer.source, transfer.target, listing.hashes)


def return_files(
    transfer: Transfer, backup: KeptBackup, step: CopyFiles, *, is_rehearsed: bool
) -> MigrateResult:
    """Copy the files, and compare every record; rehearsed, say what would be copied.

    Raises:
        DamagedStore: when a copy is not what the backup was, or another program changed it.
        MemctlError: when the target can't be written.
    """
    transfer = as_same_store(transfer)
    if is_rehearsed:
        return transfer.result(copied_whole(transfer), [])
    subject = backup.subject(transfer.target.backend.location)
    redactor = transfer.target.redactor
    with run_operation("restore", backup.listed.group_id, subject, redactor=redactor) as operation:
        copies = copy_files(transfer, operation, step)
        compared = transfer.prove(operation)
        result = transfer.result(copies, [], operation_id=operation.id, comparison=compared)
        if not operation.answer(result).errors:
            refuse_difference(
                transfer,
                compared,
                hint="run the same command again: this copy is not to be trusted",
            )
        return result


def as_same_store(transfer: Transfer) -> Transfer:
    """Take the target for the store that was backed up: it has collections of no type as well."""
    reading = replace(transfer.reading, left_out_by=LeftOut())
    return replace(transfer, reading=reading, is_same_store=True)


def has_same_collections(transfer: Transfer) -> bool:
    """Return whether the target looks like the very store that was backed up."""
    source, target = transfer.source.backend, transfer.target.backend
    return target.exists() and count_collections(target) == count_collections(source)

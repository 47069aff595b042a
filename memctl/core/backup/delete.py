"""Deletes backups, and nothing but backups; which there are is found out in `kept`."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ...model.errors import LocalStateUnusable, Partial, UsageError
from ...model.results import BackupDeleteResult
from ...store.home import backups_directory
from ..operations.locks import hold_lock
from ..operations.operation import run_operation
from ..operations.outcome import attempt, broken_off, conclude
from .catalog import find_backup, find_backups

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from ...model.errors import MemctlError
    from ..operations.operation import RunningOperation
    from .catalog import KeptBackup

_MEND: Final = "check its owner and mode"


@dataclass(frozen=True, slots=True)
class DeletionOrder:
    """Which backups are to go: just one of these says it.

    Attributes:
        ids: these, by id or the beginning of it.
        older_than: those that were made before this time.
        all: every one.
        dry_run: do every read and check, delete nothing.
    """

    ids: tuple[str, ...] = ()
    older_than: datetime | None = None
    all: bool = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Refuse what says nothing, or two things.

        Raises:
            UsageError: then.
        """
        given = [bool(self.ids), self.older_than is not None, self.all]
        if sum(given) != 1:
            raise UsageError(
                "give one of ID, `--older-than` and `--all`",
                hint="run `memctl backup list` to see which backups there are",
            )


@dataclass(frozen=True, slots=True)
class DeletionPlan:
    """The backups that are to go."""

    order: DeletionOrder
    backups: tuple[KeptBackup, ...]

    @property
    def preview(self) -> BackupDeleteResult:
        """What would be deleted."""
        return self.result()

    @property
    def word(self) -> str:
        """What the user types to confirm it."""
        return self.backups[0].id if len(self.backups) == 1 else f"{len(self.backups)} backups"

    def result(self, *, operation_id: str | None = None) -> BackupDeleteResult:
        """Return what is to be deleted, or, after an operation, what is gone."""
        listed = [each.listed for each in self.backups]
        left = [each.id for each in self.backups if each.path.exists()]
        return BackupDeleteResult(
            location=str(backups_directory()),
            dry_run=self.order.dry_run,
            operation_id=operation_id,
            backups=listed,
            size_bytes=sum(each.size_bytes for each in listed),
            deleted=[each.id for each in listed if each.id not in left],
            left=left,
        )


def plan_deletion(order: DeletionOrder) -> DeletionPlan:
    """Find the backups that are to go.

    Raises:
        BackupNotFound: when an id is none of a backup.
    """
    if order.ids:
        named = {found.path: found for found in map(find_backup, order.ids)}
        return DeletionPlan(order, tuple(named.values()))
    cutoff = order.older_than
    found = [each for each in find_backups() if cutoff is None or each.listed.created_at < cutoff]
    return DeletionPlan(order, tuple(found))


def delete_backups(plan: DeletionPlan) -> BackupDeleteResult:
    """Delete them, each in a step of its own; what breaks it off is in the result.

    Raises:
        InterruptedHalfway: with the result, when the user breaks it off.
        MemctlError: when that can't be journaled; nothing was deleted.
    """
    if plan.order.dry_run or not plan.backups:
        return plan.preview

    def delete(operation: RunningOperation) -> BackupDeleteResult:
        cause = attempt(lambda: operation.take_all(map(DeleteBackup, plan.backups)))
        result = plan.result(operation_id=operation.id)
        return result if cause is None else replace(result, failure=_broken_off(result, cause))

    return conclude(run_operation("backup delete", None, str(backups_directory())), delete)


def _broken_off(result: BackupDeleteResult, cause: MemctlError) -> MemctlError:
    deleted, left = len(result.deleted), len(result.left)
    told = f"{deleted} of {len(result.backups)} backups were deleted, {left} are left"
    is_begun = deleted > 0 or isinstance(cause, Partial)
    return broken_off(cause, told if is_begun else "no backup was deleted", is_begun=is_begun)


def _files_in(directory: Path) -> int:
    return sum(1 for _ in directory.rglob("*"))


class DeleteBackup:
    """Remove one backup's directory."""

    def __init__(self, backup: KeptBackup) -> None:
        self.name = f"delete backups/{backup.path.name}"
        self._backup = backup

    def find(self) -> bool:
        """Return whether it is gone already."""
        return not self._backup.path.exists()

    def do(self) -> None:
        """Remove it, unless it is being written."""
        path = self._backup.path
        with hold_lock(str(path.with_name(self._backup.id).resolve())):
            before = _files_in(path)
            try:
                shutil.rmtree(path)
            except OSError as exc:
                message = f"`{path}` can't be removed: {exc.strerror}"
                if _files_in(path) == before:
                    raise LocalStateUnusable(message, hint=_MEND) from exc
                raise Partial(
                    f"{message}; some of its files are gone, and it can't be restored", hint=_MEND
                ) from exc

    def undo(self) -> None:
        """Leave it: what is deleted is gone."""

"""Backups: archives in memctl's home, named by operation; each act on them has a file."""

from __future__ import annotations

from .delete import DeletionOrder, delete_backups, plan_deletion
from .kept import list_backups
from .run import BackupOrder, back_up_memory

__all__ = [
    "BackupOrder",
    "DeletionOrder",
    "back_up_memory",
    "delete_backups",
    "list_backups",
    "plan_deletion",
]

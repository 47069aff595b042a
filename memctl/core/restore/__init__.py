"""Restores backups: as files where that can be, else record by record."""

from __future__ import annotations

from .order import RestoreOrder
from .run import restore_backup

__all__ = ["RestoreOrder", "restore_backup"]

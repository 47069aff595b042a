"""Moves records from one store to another and proves it; each part has a file."""

from __future__ import annotations

from .run import MigrateOrder, migrate_memory

__all__ = ["MigrateOrder", "migrate_memory"]

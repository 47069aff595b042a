"""Archives: memory in a directory that is written once and can be read anywhere."""

from __future__ import annotations

from .backend import ArchiveBackend

__all__ = ["ArchiveBackend"]

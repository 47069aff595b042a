"""Archives: memory in a directory that is written once and opens anywhere; no live store."""

from __future__ import annotations

from .backend import ArchiveBackend

__all__ = ["ArchiveBackend"]

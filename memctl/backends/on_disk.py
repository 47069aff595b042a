"""Waits until what was written is on the disk; what is written, the backends know."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def flush(path: Path) -> None:
    """Wait until a file, or which names a directory has, would survive a power failure."""
    if os.name == "nt" and path.is_dir():  # pragma: no cover - Windows opens no directories
        return
    # Windows flushes only what is open for writing.
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_tree(directory: Path) -> None:
    """Wait for all that lies in a directory."""
    for each in [*directory.rglob("*"), directory]:
        flush(each)

"""Directories that are made and taken back, and waiting until what was written is on the disk."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ...model.errors import MemctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


def missing_directories(path: Path) -> list[Path]:
    """Return a directory and those above it that are not there, the innermost first."""
    return [each for each in (path, *path.parents) if not each.exists()]


@contextmanager
def undoing(undo: Callable[[], None]) -> Iterator[None]:
    """Undo what was begun where the work in the block fails; that failure is the one raised."""
    try:
        yield
    except BaseException:
        with suppress(MemctlError):
            undo()
        raise


def remove_empty(directories: Iterable[Path]) -> None:
    """Remove directories in this order, until one of them holds something."""
    for each in directories:
        if each.is_dir():
            if any(each.iterdir()):
                return
            each.rmdir()


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

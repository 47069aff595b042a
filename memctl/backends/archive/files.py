"""Writes files durably and reads them safely."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from ...formats.opening import NotRegularFile, open_regular
from ..shared.on_disk import flush
from .errors import damaged, file_errors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

DIRECTORY_MODE = 0o700
_FILE_MODE = 0o600


def names_in(directory: Path) -> list[str]:
    """List the names in a directory, sorted."""
    with file_errors("list", directory):
        return sorted(entry.name for entry in os.scandir(directory))


def read_file(directory: Path, name: str, size: int | None = None) -> bytes:
    """Return the bytes of a regular file.

    Args:
        directory: where it lies.
        name: its plain name.
        size: the expected size in bytes; a file of another size is not read.

    Raises:
        DamagedStore: when it is missing, no regular file, or of another length.
    """
    path = directory / name
    with file_errors("read", path):
        try:
            opened = open_regular(path, follow_links=False)
        except FileNotFoundError:
            raise damaged(name, "is missing") from None
        except (NotRegularFile, IsADirectoryError):
            raise damaged(name, "is not a regular file") from None
        with opened:
            found = os.fstat(opened.fileno()).st_size
            if size is not None and found != size:
                raise damaged(name, f"has {found} bytes instead of {size}")
            return opened.read()


def write_file(directory: Path, name: str, data: bytes) -> None:
    """Write a file atomically: after any failure it is complete, or as it was before."""
    temporary, path = directory / temporary_name(name), directory / name
    with file_errors("write", path):
        try:
            _write_new(temporary, data)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        flush(directory)


def _write_new(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)  # left by a run that was killed
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def remove_file(directory: Path, name: str) -> None:
    """Remove a file durably; it need not exist."""
    with file_errors("remove", directory / name):
        (directory / name).unlink(missing_ok=True)
        flush(directory)


def temporary_name(name: str) -> str:
    """Return the name of a file until it is complete."""
    return f".{name}.tmp"


def world_writable(directory: Path, names: Iterable[str]) -> list[str]:
    """List the names of world-writable files, and of the directory if it is so itself."""
    with file_errors("look at", directory):
        return [
            path.name
            for path in (directory, *(directory / name for name in names))
            if path.exists() and path.stat().st_mode & stat.S_IWOTH
        ]

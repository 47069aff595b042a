"""Translates errors of the operating system and of Arrow into memctl's."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ...model.errors import (
    NO_ROOM,
    ConfigurationError,
    DamagedStore,
    DiskFull,
    MemctlError,
    NotPermitted,
    StoreNotFound,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RESTORE: Final = "restore another copy of the archive, or make it again from its source"

_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_DAMAGED = {errno.EIO, errno.ELOOP, errno.EISDIR, errno.ENXIO}
"""``ELOOP`` is a symbolic link in place of a file, ``EISDIR`` a directory, ``ENXIO`` a socket."""


@contextmanager
def file_errors(act: str, path: Path) -> Iterator[None]:
    """Translate errors of the operating system; the verb `act` is for the message.

    Raises:
        DiskFull: there is no room left.
        NotPermitted: the user may not, or the file system is read-only.
        StoreNotFound: it is not there.
        DamagedStore: the device failed, or something else than a file lies there.
        ConfigurationError: anything else.
    """
    try:
        yield
    except OSError as exc:
        raise _meaning(exc, f"can't {act} `{path}`: {exc.strerror or exc}") from exc


def _meaning(exc: OSError, message: str) -> MemctlError:
    if exc.errno in {*NO_ROOM, errno.EFBIG}:
        return DiskFull(message, hint="free some space and run the same command again")
    if exc.errno in _FORBIDDEN:
        return NotPermitted(message, hint="check its owner, its mode and how it is mounted")
    if exc.errno == errno.ENOENT:
        return StoreNotFound(message)
    if exc.errno in _DAMAGED:
        return DamagedStore(message, hint=RESTORE)
    return ConfigurationError(message, hint="choose another directory")


@contextmanager
def content_errors(name: str) -> Iterator[None]:
    """Translate errors of parsing a file, whose name is for the message.

    Raises:
        DamagedStore: with the parser's own message.
    """
    import pyarrow as pa

    try:
        yield
    except MemctlError:
        raise
    except (
        pa.ArrowException,
        ArithmeticError,
        LookupError,
        OSError,  # Arrow's own for bytes that are not Parquet
        RecursionError,
        TypeError,
        ValueError,
    ) as exc:
        raise damaged(name, f"can't be parsed: {str(exc)[:200] or type(exc).__name__}") from exc


@contextmanager
def naming(location: str) -> Iterator[None]:
    """Add the archive's location to an error about a damaged file.

    Raises:
        DamagedStore: with the location.
    """
    try:
        yield
    except DamagedStore as exc:
        exc.message = f"`{location}` is damaged: {exc.message}"
        raise


def damaged(name: str, what: str) -> DamagedStore:
    """Return the error for a damaged file."""
    return DamagedStore(f"`{name}` {what}", hint=RESTORE)

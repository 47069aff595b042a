"""Turns errors of SQLite, of files and of foreign bytes into memctl's."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from ..model.errors import (
    NO_ROOM,
    DamagedStore,
    DiskFull,
    MemctlError,
    NotPermitted,
    StoreLocked,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY)
_RESTORE_HINT: Final = "restore the store from a copy"


@contextmanager
def translating(store: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the file system into memctl's.

    Raises:
        StoreLocked: while another process writes.
        NotPermitted: when the user may not read a file.
        DiskFull: when the private copy finds no room.
        DamagedStore: for everything else.
    """
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a closed store, or one used by two threads: a mistake of the caller
    except sqlite3.Error as exc:
        raise _from_sqlite(exc, store) from exc
    except OSError as exc:
        raise _from_os(exc, store) from exc


@contextmanager
def parsing(file: Path, reason: str) -> Iterator[None]:
    """Turn whatever foreign bytes provoke into `DamagedStore`, which names the file.

    Raises:
        DamagedStore: when the block meets something that it did not expect.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RecursionError) as exc:
        raise damaged(file, reason) from exc
    except (TypeError, ValueError, struct.error) as exc:
        raise damaged(file, reason) from exc


def damaged(file: Path, reason: str) -> DamagedStore:
    """Return the error for a file that can't be read in full."""
    return DamagedStore(f"`{file}` is damaged: {reason}", hint=_RESTORE_HINT)


def primary_code(exc: sqlite3.Error) -> int:
    """Return what kind of error it is, or 0: extended codes keep the kind in the lowest byte."""
    return getattr(exc, "sqlite_errorcode", 0) & 0xFF


def _from_sqlite(exc: sqlite3.Error, store: Path) -> MemctlError:
    code = primary_code(exc)
    if code in _BUSY:
        return StoreLocked(
            f"`{store}` is being written by another process",
            hint="wait until it is done, or stop it, and run the command again",
        )
    if code == sqlite3.SQLITE_PERM:
        return _not_permitted(str(store))
    return damaged(store, f"SQLite says `{exc}`")


def _from_os(exc: OSError, store: Path) -> MemctlError:
    file = exc.filename if isinstance(exc.filename, str) else str(store)
    if isinstance(exc, PermissionError):
        return _not_permitted(file)
    if isinstance(exc, FileNotFoundError) and exc.filename:
        return DamagedStore(f"`{file}` is missing", hint=_RESTORE_HINT)
    if exc.errno in NO_ROOM:
        return DiskFull(
            f"there is no room for a private copy of `{store}`",
            hint="free some space where temporary files lie, or set `TMPDIR`",
        )
    return DamagedStore(f"`{file}` can't be read: {exc.strerror or exc}", hint=_RESTORE_HINT)


def _not_permitted(file: str) -> NotPermitted:
    return NotPermitted(
        f"you may not read `{file}`", hint="run as its owner, or let your user read it"
    )


def as_text(value: Any) -> str:
    """Return a text as it is.

    Raises:
        TypeError: when it is none.
    """
    if type(value) is not str:
        raise TypeError("not a text")
    return value

"""Opens chromadb's own client, for writing only, and translates what it raises."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....formats.chroma.store import SQLITE_FILE
from ....formats.opening import connect, open_sqlite
from ....formats.translate import primary_code
from ....model.errors import (
    NO_ROOM,
    ConfigurationError,
    DamagedStore,
    DiskFull,
    InvalidSetting,
    MemctlError,
    NotPermitted,
    StoreLocked,
    WrongDimension,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LOCK_PATIENCE_SECONDS = 2.0
_ROOM_FOR_ONE_PAGE = 1 << 20
_SAY_NO_ROOM = ("disk is full", os.strerror(errno.ENOSPC))

logger = logging.getLogger(__name__)


@contextmanager
def open_client(path: Path, *, named: Path | None = None) -> Iterator[Any]:
    """Open chromadb's client on a directory; opening writes: it migrates the schema.

    Args:
        path: the directory.
        named: the one that errors speak of, where that is another.

    Raises:
        StoreLocked: when another process holds the store's SQLite file.
        NotPermitted: when the directory can't be written.
    """
    _check_free(path)
    with translate_errors(named or path):
        client = _new_client(path)
    try:
        yield client
    finally:
        client.close()


def _new_client(path: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    # No `.env` of the working directory may redirect the client, and nothing is reported anywhere.
    settings = Settings(_env_file=None, anonymized_telemetry=False)  # type: ignore[call-arg]
    # chromadb takes a relative `rest` or `local` for a word of its former configuration.
    return chromadb.PersistentClient(str(path.absolute()), settings=settings)


def installed_schema() -> Mapping[str, int]:
    """Return the schema level that the installed chromadb makes, by making an empty store.

    chromadb's Python package does not say it: since 1.0 the migrations are compiled in.

    Raises:
        DiskFull: when there is no room for it among the temporary files.
    """
    place = _place_of_temporary_files()
    with (
        translate_errors(place),
        tempfile.TemporaryDirectory(prefix="memctl-schema-") as directory,
    ):
        with open_client(Path(directory), named=place):
            pass
        file = Path(directory, SQLITE_FILE)
        with closing(open_sqlite(file)) as database:
            return dict(database.rows("SELECT dir, MAX(version) FROM migrations GROUP BY dir"))


def _check_free(path: Path) -> None:
    """Raise if another process writes: chromadb's client would wait for it without an end."""
    file = path / SQLITE_FILE
    if not file.exists():
        return
    with (
        translate_errors(path),
        closing(connect(file.resolve(), "rw", _LOCK_PATIENCE_SECONDS)) as connection,
    ):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Turn what chromadb, SQLite and the file system raise into memctl's errors.

    chromadb's Rust core panics with a `BaseException`; it must not end the program untold.
    """
    try:
        yield
    except (MemctlError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except PermissionError as exc:
        raise _not_permitted(path) from exc
    except sqlite3.OperationalError as exc:
        raise sqlite_error(path, exc) from exc
    except BaseException as exc:
        logger.debug("chromadb raised %s", type(exc).__name__)
        raise _chromadb_error(path, exc) from exc


def sqlite_error(path: Path, exc: sqlite3.Error) -> MemctlError:
    """Return the error for what SQLite raised about a store's file."""
    code = primary_code(exc)
    if code == sqlite3.SQLITE_FULL:
        return _no_room(path)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreLocked(
            f"another process is writing to `{path}`", hint="try again when it is done"
        )
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return _not_permitted(path)
    return DamagedStore(f"`{path / SQLITE_FILE}` can't be opened: {exc}")


def _chromadb_error(path: Path, exc: BaseException) -> MemctlError:
    """Return the error by what the directory shows: chromadb's own errors only carry text."""
    if _free(path) < _ROOM_FOR_ONE_PAGE or any(each in str(exc) for each in _SAY_NO_ROOM):
        return _no_room(path)
    if path.exists() and not os.access(path, os.W_OK):
        return _not_permitted(path)
    kind = type(exc).__name__
    if kind == "InvalidDimensionException":
        return WrongDimension(f"chromadb refuses the vectors' dimension at `{path}`: {exc}")
    if kind == "PanicException":
        return DamagedStore(f"chromadb can't work with the store at `{path}`: {exc}")
    return ConfigurationError(f"chromadb failed at `{path}`: {kind}: {exc}")


def file_error(verb: str, path: Path, exc: OSError) -> MemctlError:
    """Return the error for what the file system raised about the store's directory."""
    if exc.errno in NO_ROOM:
        return _disk_full(path)
    said = f"can't {verb} `{path}`: {exc.strerror}"
    if exc.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return NotPermitted(said, hint="check who owns it, or choose another directory")
    return InvalidSetting(said, hint="choose another directory")


def _no_room(path: Path) -> DiskFull:
    """Return the error that names the full disk: SQLite writes temporary files elsewhere."""
    place = _place_of_temporary_files()
    if path != place and _free(path) <= _free(place):
        return _disk_full(path)
    return DiskFull(
        f"there is no room for temporary files in `{place}`",
        hint="make room, or set `TMPDIR` to a larger disk, then run the same command again",
    )


def _place_of_temporary_files() -> Path:
    """Return where SQLite puts them: Python goes elsewhere if that disk is full from the start."""
    return Path(os.environ.get("TMPDIR") or tempfile.gettempdir())


def _free(path: Path) -> int:
    """Return the bytes that are free where a directory lies, or will lie."""
    return shutil.disk_usage(next(each for each in (path, *path.parents) if each.exists())).free


def _disk_full(path: Path) -> DiskFull:
    return DiskFull(
        f"the disk of `{path}` is full", hint="make room, then run the same command again"
    )


def _not_permitted(path: Path) -> NotPermitted:
    return NotPermitted(
        f"`{path}` can't be written", hint="check who owns it, or choose another directory"
    )

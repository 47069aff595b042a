"""Files that only their owner may read, replaced in one act."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ..model.errors import LocalStateUnusable, StoreLocked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE_S: Final = 5.0
_HINT: Final = "check the permissions and the space of memctl's home, or set `MEMCTL_HOME`"


def read_private(path: Path) -> bytes | None:
    """Return the content of a file, or `None` where there is none.

    Raises:
        LocalStateUnusable: when it can't be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise LocalStateUnusable(f"can't read `{path}`: {exc.strerror}", hint=_HINT) from exc


def write_private(path: Path, content: bytes) -> None:
    """Replace a file: whoever reads it meets the old content or the new, also after a crash.

    The caller holds the file's lock, so that no other process uses the same name meanwhile.

    Raises:
        LocalStateUnusable: when it can't be written; the old content stays.
    """
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
        _flush_directory(path.parent)
    except OSError as exc:
        raise LocalStateUnusable(f"can't write `{path}`: {exc.strerror}", hint=_HINT) from exc


@contextmanager
def hold_file(path: Path) -> Iterator[None]:
    """Keep other processes from changing a file until the end of the block.

    Raises:
        StoreLocked: when another memctl holds it for longer than some seconds.
        LocalStateUnusable: when the lock's file can't be made.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_suffix(".lock"), timeout=_PATIENCE_S, mode=0o600)
    try:
        lock.acquire()
    except Timeout as exc:
        raise StoreLocked(
            f"another memctl is changing `{path}`", hint="try again when it is done"
        ) from exc
    except OSError as exc:
        raise LocalStateUnusable(f"can't lock `{path}`: {exc.strerror}", hint=_HINT) from exc
    try:
        yield
    finally:
        lock.release()


def _flush_directory(directory: Path) -> None:
    """Make a new name last; Windows opens no directory and needs none of this."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

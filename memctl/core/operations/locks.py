"""Locks by which writers of one store exclude each other; readers never take one."""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

from ...model.errors import LocalStateUnusable, StoreLocked

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE_SECONDS = 2.0


@contextmanager
def hold_lock(name: str | None) -> Iterator[None]:
    """Hold the lock of a store, named by its real path, in memctl's home; `None` locks nothing.

    Raises:
        StoreLocked: when another memctl writes to the store.
        LocalStateUnusable: when the lock's file can't be made.
    """
    if name is None:
        yield
        return
    from filelock import FileLock, Timeout

    from ...store.home import ensure_directory, ensure_home, locks_directory

    ensure_home()
    directory = ensure_directory(locks_directory())
    path = directory / f"{sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.lock"
    try:
        lock = FileLock(path, timeout=_PATIENCE_SECONDS)
        lock.acquire()
    except Timeout as exc:
        raise StoreLocked(
            f"another memctl is writing to `{name}`", hint="try again when it is done"
        ) from exc
    except OSError as exc:
        raise LocalStateUnusable(
            f"can't lock `{name}`: `{path}` can't be written: {exc.strerror}",
            hint="check the permissions of memctl's home, or set `MEMCTL_HOME`",
        ) from exc
    try:
        yield
    finally:
        lock.release()

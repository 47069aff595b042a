"""The directory of a backup while it is made; where that fails, it is taken away again."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...model.errors import NO_ROOM, DiskFull, LocalStateUnusable
from .listing import UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def staged(directory: Path) -> Iterator[Path]:
    """Return the directory in which a backup is made; one that fails is removed.

    A later run begins another, so what is left of it would only fill the disk. What was there
    before is never removed.

    Args:
        directory: where the backup is once it is complete.

    Raises:
        DiskFull: when there is no room for it.
        LocalStateUnusable: when it can't be made there.
    """
    partial = directory.with_name(directory.name + UNFINISHED)
    made = [each for each in (partial, directory) if not each.exists()]
    try:
        yield partial
    except BaseException as exc:
        for each in made:
            shutil.rmtree(each, ignore_errors=True)
        if not isinstance(exc, OSError):
            raise
        if exc.errno in NO_ROOM:
            raise DiskFull(
                f"there is no room for a backup in `{directory.parent}`",
                hint="free some space, or set `MEMCTL_HOME` to a larger disk",
            ) from exc
        raise LocalStateUnusable(
            f"a backup can't be made in `{directory.parent}`: {exc.strerror}",
            hint="check the owner and mode of the store and of memctl's home",
        ) from exc

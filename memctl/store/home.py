"""Where memctl keeps its own files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from ..model.errors import NO_ROOM, LocalStateUnusable

HOME_VARIABLE: Final = "MEMCTL_HOME"
"""The environment variable that moves all of memctl's own files."""

FREE_SPACE: Final = (
    f"free some space on the disk of `{HOME_VARIABLE}`, then run the same command again"
)


def home_directory() -> Path:
    """Return the directory of memctl's own files; looking does not create it."""
    chosen = os.environ.get(HOME_VARIABLE)
    if chosen:
        return Path(chosen).absolute()
    import platformdirs

    return platformdirs.user_data_path("memctl", appauthor=False).absolute()


def state_file() -> Path:
    """Return the path of the SQLite file."""
    return home_directory() / "state.db"


def backups_directory() -> Path:
    """Return where copies are kept that were made before something was destroyed."""
    return home_directory() / "backups"


def locks_directory() -> Path:
    """Return where the locks of stores lie."""
    return home_directory() / "locks"


def ensure_home() -> Path:
    """Return the home directory, and create it for its owner only where it is missing.

    Raises:
        LocalStateUnusable: when it can't be created.
    """
    return ensure_directory(home_directory())


def ensure_directory(directory: Path) -> Path:
    """Return the directory, and create it for its owner only where it is missing.

    Raises:
        LocalStateUnusable: when it can't be created.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        writable = f"make it writable, or set `{HOME_VARIABLE}` to a directory that is"
        raise LocalStateUnusable(
            f"directory `{directory}` can't be created: {error.strerror}",
            hint=FREE_SPACE if error.errno in NO_ROOM else writable,
        ) from error
    return directory

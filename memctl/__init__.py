"""memctl: one command, and one library, for the memory of AI agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .core.connect import Connection

__all__ = ["__version__", "connect"]
__version__ = "0.1.0"


def connect(
    profile: str | None = None, *, group: str | None = None, at: str | None = None
) -> AbstractContextManager[Connection]:
    """Open a store for reading: a profile, a location, or the profile in force.

    Args:
        profile: a profile's name.
        group: the group in force; through a profile only its rows are read.
        at: a location such as ``chroma:./memory``, instead of a profile.

    Raises:
        memctl.model.errors.MemctlError: when no store is chosen, or it can't be opened.
    """
    from .core.connect import connect as open_store
    from .core.selection import StoreRequest

    return open_store(StoreRequest(group, profile, at), only_looks=True)

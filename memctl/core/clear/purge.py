"""The step that makes deleted rows unrecoverable from the store itself; deletes none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.errors import MemctlError
from ..operations.outcome import broken_off

if TYPE_CHECKING:
    from ...backends.facets import Versioned


class PurgeVersions:
    """Remove the earlier versions of a store, which still hold what was deleted.

    Args:
        backend: the store, open for writing.
    """

    name = "purge versions"

    def __init__(self, store: Versioned) -> None:
        self.purged = 0
        self._store = store

    def find(self) -> bool:
        """Purge every time: looking for earlier versions costs as much."""
        return False

    def do(self) -> None:
        """Remove them.

        Raises:
            MemctlError: when the store refuses; rows that were deleted stay deleted.
        """
        try:
            self.purged = self._store.purge_versions()
        except MemctlError as exc:
            told = "earlier versions of the store, which hold deleted records, are still there"
            broken_off(exc, told, is_begun=False)
            raise

    def undo(self) -> None:
        """Leave it: no version comes back."""

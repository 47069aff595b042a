"""The step that makes deleted rows unrecoverable from the store itself; deletes none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...backends.base import MemoryBackend


class PurgeVersions:
    """Remove the earlier versions of a store, which still hold what was deleted.

    Args:
        backend: the store, open for writing.
    """

    name = "purge versions"

    def __init__(self, backend: MemoryBackend) -> None:
        self.purged = 0
        self._backend = backend

    def find(self) -> bool:
        """Purge every time: looking for earlier versions costs as much."""
        return False

    def do(self) -> None:
        """Remove them.

        Raises:
            MemctlError: when the store refuses; rows that were deleted stay deleted.
        """
        self.purged = self._backend.purge_versions()

    def undo(self) -> None:
        """Leave it: no version comes back."""

"""What a backend can do, as words."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Capability(StrEnum):
    """One thing that a backend, or an open connection to one, can do."""

    READ = "read"
    UPSERT = "upsert"
    DELETE = "delete"
    SETUP = "setup"
    PROBE = "probe"
    ROWS_WITHOUT_VECTORS = "rows_without_vectors"
    """Records whose embedding is `None` can be written."""
    MIXED_DIMENSIONS = "mixed_dimensions"
    """One collection may hold vectors of several dimensions."""
    PURGE_VERSIONS = "purge_versions"
    """Earlier versions, which still hold deleted rows, can be removed."""
    CLEAR_WHOLE = "clear_whole"
    """Whole collections can be cleared, and put back, where single records can't be deleted."""


WRITING: Final = frozenset(
    {
        Capability.UPSERT,
        Capability.DELETE,
        Capability.SETUP,
        Capability.PROBE,
        Capability.PURGE_VERSIONS,
        Capability.CLEAR_WHOLE,
    }
)
"""What changes a store."""

"""What to do when two memories claim one place."""

from __future__ import annotations

from enum import StrEnum


class OnConflict(StrEnum):
    """What to do about other content under the same id and owner."""

    STOP = "stop"
    SKIP = "skip"
    OVERWRITE = "overwrite"

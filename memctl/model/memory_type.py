"""The kinds of memory that agents keep."""

from __future__ import annotations

from enum import StrEnum


class MemoryType(StrEnum):
    """The memory type of a record."""

    SHORT_TERM = "short_term"
    LONG_TERM = "long_term"
    ENTITY = "entity"
    DOCUMENT = "document"
    UNIFIED = "unified"

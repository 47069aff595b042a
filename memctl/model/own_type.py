"""The type that a record has, where its store has no place for that and keeps it as another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .memory_type import MemoryType

if TYPE_CHECKING:
    from .record import MemoryRecord

TYPE_KEY: Final = "memctl:type"
"""Metadata key that names the type of a record whose store keeps it as another."""


def own_type(record: MemoryRecord) -> MemoryType:
    """Return the type that a record has, as whatever its store keeps it."""
    noted = record.metadata.get(TYPE_KEY)
    if noted is None:  # as of nearly all
        return record.type
    return MemoryType(noted) if noted in list(MemoryType) else record.type


def kept_as(record: MemoryRecord, memory_type: MemoryType) -> MemoryRecord:
    """Return the record as one of another type, with its own in the metadata."""
    noted = {TYPE_KEY: own_type(record).value}
    return replace(record, type=memory_type, metadata={**record.metadata, **noted})


def given_back(record: MemoryRecord) -> MemoryRecord:
    """Return the record as one of its own type, of which the metadata says no more."""
    metadata = {key: value for key, value in record.metadata.items() if key != TYPE_KEY}
    return replace(record, type=own_type(record), metadata=metadata)

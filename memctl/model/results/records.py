"""What `memctl records` read, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .base import Result, StoreUsed

if TYPE_CHECKING:
    from ..record import MemoryRecord


@dataclass(frozen=True, slots=True)
class RecordsResult(StoreUsed, Result):
    """The records that a selector means.

    Attributes:
        records: at most ``limit`` of them.
        total: how many there are.
        with_embeddings: whether vectors were read.
    """

    records: list[MemoryRecord]
    total: int
    with_embeddings: bool


@dataclass(frozen=True, slots=True)
class RecordResult(StoreUsed, Result):
    """One record, and the collection that holds it."""

    record: MemoryRecord
    collection: str

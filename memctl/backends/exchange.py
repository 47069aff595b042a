"""What passes between a backend and its callers: batches, hits."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ..model.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model.memory_type import MemoryType
    from ..model.record import MemoryRecord

DEFAULT_BATCH_SIZE = 1000
DEFAULT_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Access:
    """How a backend is opened.

    Attributes:
        writable: whether the store may be changed; without it nothing of it ever is.
        upgrade: whether a store of an older schema level may be rewritten for good.
        timeout: how many seconds a store on another machine may take to answer one request.
        redactor: is told of every secret that the backend comes by itself, such as a token.
    """

    writable: bool = False
    upgrade: bool = False
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    redactor: Redactor = field(default_factory=Redactor, compare=False, repr=False)


READ_ONLY = Access()


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one collection, in the store's order.

    Attributes:
        collection: the collection's name.
        records: at most as many as were asked for.
        cursor: scanning after it goes on with the next record.
    """

    collection: str
    records: Sequence[MemoryRecord]
    cursor: str


@dataclass(frozen=True, slots=True)
class Partition:
    """A part of the scan order: after one cursor, or the start, until another, or the end."""

    after: str | None
    until: str | None


class FailureReason(StrEnum):
    """Why one record was not written."""

    OTHER_OWNER = "other_owner"
    """Its id belongs to a record of another crew or group."""
    REFUSED = "refused"
    """The store does not take it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One record that was not written or deleted, and why."""

    reason: FailureReason
    message: str


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of a batch.

    Attributes:
        done: how many rows were written or deleted.
        failed: every id that was not, and why.
        renamed: what the store calls the rows of ids that it can't hold, by the id asked for.
    """

    done: int
    failed: dict[str, Failure] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Sequence[MemoryRecord], failed: dict[str, Failure]) -> WriteResult:
        """Return what became of records, all of which were written but those that failed."""
        return cls(len(records) - len(failed), failed)


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that a search found.

    Attributes:
        record: the record.
        metric: what the score means.
        score: cosine and inner-product similarity: higher is nearer; L2 distance: lower is nearer.
    """

    record: MemoryRecord
    metric: str
    score: float


@dataclass(frozen=True, slots=True)
class SetupRequest:
    """What a store is to hold.

    Attributes:
        types: the memory types to make room for.
        metric: how the vectors are to be ranked, or `None` for the store's own choice.
        source: the location that is copied into it, or `None`.
        embedder: the model that made the vectors, where that is known.
    """

    types: tuple[MemoryType, ...]
    metric: str | None = None
    source: str | None = None
    embedder: str | None = None

"""One memory, and when two of them are the same."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from .memory_type import MemoryType

ORIGIN_KEY: Final = "memctl:origin"
"""Metadata key that says where a copied record came from: ``{"collection": ..., "id": ...}``."""

VECTOR_TOLERANCE: Final = 1e-6
"""Relative distance up to which two vectors are the same: cosine stores are not bit-stable."""

OWNED_FIELDS: Final = ("group_id", "crew_id", "agent_id", "session_id", "scope")
"""The text fields that say whose memory a record is."""


@dataclass(frozen=True, slots=True, eq=False)
class MemoryRecord:
    """One memory.

    Attributes:
        id: unique within a collection.
        type: the memory type.
        content: the text that was remembered; may be empty.
        embedding: float32 array of shape ``(dimension,)``, or ``None`` where none was stored.
        group_id: the tenant, or ``None`` for a row without a group.
        crew_id: the crew whose memory it is.
        agent_id: the agent that remembered.
        session_id: the session it was remembered in.
        scope: a path such as ``/crew/research``.
        importance: usually 0 to 1.
        created_at: aware, UTC.
        metadata: whatever else was stored, under the names that the foreign system gave it.
    """

    id: str
    type: MemoryType
    content: str
    embedding: NDArray[np.float32] | None = None
    group_id: str | None = None
    crew_id: str | None = None
    agent_id: str | None = None
    session_id: str | None = None
    scope: str | None = None
    importance: float | None = None
    created_at: datetime | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


PLAIN_FIELDS: Final = ("id", "type", "content", *OWNED_FIELDS, "importance", "created_at")

plain_values: Final = attrgetter(*PLAIN_FIELDS)
"""Gives a record's `PLAIN_FIELDS` as a tuple."""


def same_record(a: MemoryRecord, b: MemoryRecord) -> bool:
    """Return whether both hold the same memory: exact but for vectors (`VECTOR_TOLERANCE`)."""
    return (
        plain_values(a) == plain_values(b)
        and _same_metadata(a, b)
        and same_vector(a.embedding, b.embedding)
    )


def differing_fields(a: MemoryRecord, b: MemoryRecord) -> Iterator[str]:
    """Name each field in which two records differ; where a copy came from does not count."""
    for name in PLAIN_FIELDS:
        if getattr(a, name) != getattr(b, name):
            yield name
    if not _same_metadata(a, b):
        yield "metadata"
    if not same_vector(a.embedding, b.embedding):
        yield "embedding"


def same_vector(a: NDArray[np.float32] | None, b: NDArray[np.float32] | None) -> bool:
    """Return whether the relative distance of two vectors is at most `VECTOR_TOLERANCE`."""
    if a is None or b is None:
        return a is b
    if a.shape != b.shape:
        return False
    if a.tobytes() == b.tobytes():  # most are, and this is the fastest way to find out
        return True
    import numpy as np

    gap = np.linalg.norm(a.astype(np.float64) - b.astype(np.float64))
    return bool(gap <= VECTOR_TOLERANCE * np.linalg.norm(a.astype(np.float64)))


def as_unit_vector(record: MemoryRecord) -> MemoryRecord:
    """Return the record with a vector of length 1; one of length 0, or none, stays as it is."""
    if record.embedding is None:
        return record
    import numpy as np

    vector = record.embedding.astype(np.float64)
    length = np.linalg.norm(vector)
    if not length or not np.isfinite(length):
        return record
    return replace(record, embedding=(vector / length).astype(np.float32))


def own_metadata(record: MemoryRecord) -> dict[str, Any]:
    """Return the metadata without the note of where a copy came from; not to be changed."""
    if ORIGIN_KEY not in record.metadata:
        return record.metadata
    return {key: value for key, value in record.metadata.items() if key != ORIGIN_KEY}


def _same_metadata(a: MemoryRecord, b: MemoryRecord) -> bool:
    ours, theirs = own_metadata(a), own_metadata(b)
    # JSON that is spelled alike is the same; only the order of keys may hide that.
    return repr(ours) == repr(theirs) or _same_json(ours, theirs)


def _same_json(a: object, b: object) -> bool:
    """Compare as JSON does: ``1``, ``1.0`` and ``true`` are three different values."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same_json(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same_json, a, b))
    return a == b

"""What `memctl search` found, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .base import Result, StoreUsed

if TYPE_CHECKING:
    from ..memory_type import MemoryType
    from ..record import MemoryRecord


@dataclass(frozen=True, slots=True)
class HitFound:
    """A record that a search found.

    Attributes:
        score: how near it is, by the metric.
        metric: how its collection ranks vectors: `cosine` (similarity, higher is nearer), `ip`
            (inner product, higher is nearer) or `l2` (distance, lower is nearer).
        record: the record; its vector with `--with-embeddings` only.
    """

    score: float
    metric: str
    record: MemoryRecord


@dataclass(frozen=True, slots=True)
class SearchResult(StoreUsed, Result):
    """What `memctl search` found.

    Attributes:
        group_id: the group whose rows were searched; null where all rows were.
        crew_id: the crew; null for all crews.
        like: the id of the record whose vector was searched with; null for another vector.
        dimension: of the vector that was searched with.
        types: the memory types that were searched: those with vectors of that dimension.
        hits: the nearest first; where types rank by several metrics, one metric after the other.
        with_embeddings: whether hits have their vectors.
        text: the text whose vector was searched with; null for another vector.
        embedder: the model that turned the text into a vector; null where there was no text.
    """

    group_id: str | None
    crew_id: str | None
    like: str | None
    dimension: int
    types: list[MemoryType]
    hits: list[HitFound]
    with_embeddings: bool
    text: str | None = None
    embedder: str | None = None

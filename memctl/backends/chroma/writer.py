"""Turns records into rows to be written, and says which can't be; where they go, a place knows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from ..refused import sort_out
from .rows import EMBEDDER_KEY, LAYOUT, LAYOUT_KEY, to_metadatas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from ..base import Failure


_NO_VECTOR = "it has no vector, and Chroma would make one up with a model"
_REFUSALS = (TypeError, ValueError)


class Row(NamedTuple):
    """What is written for a record; a key whose value is `None` is removed."""

    id: str
    document: str
    embedding: NDArray[np.float32]
    metadata: dict[str, Any] | None


class Writer(ABC):
    """Writes rows of memctl's layout; a subclass sends them."""

    @abstractmethod
    def create(self, memory_type: MemoryType, metric: str, embedder: str | None) -> None:
        """Make the collection of a memory type, with a note of what makes its vectors."""

    @abstractmethod
    def note_embedder(self, memory_type: MemoryType, embedder: str) -> None:
        """Note in a collection that is there what makes its vectors."""

    @abstractmethod
    def drop(self, memory_type: MemoryType) -> None:
        """Delete the collection of a memory type."""

    @abstractmethod
    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete rows by id."""

    @abstractmethod
    def _upsert(self, collection: str, rows: Sequence[Row]) -> dict[str, Failure]:
        """Write rows with distinct ids; return those that the place refuses one by one."""

    def upsert(
        self,
        collection: str,
        records: Sequence[MemoryRecord],
        held_keys: Mapping[str, frozenset[str]],
    ) -> dict[str, Failure]:
        """Write records; return those that Chroma can't hold or refuses.

        Args:
            collection: the collection's name.
            records: with distinct ids.
            held_keys: the metadata keys that each row has now; Chroma merges, so that old keys
                would stay unless they are set to `None`.
        """
        rows, failed = sort_out(records, lambda some: _to_rows(some, held_keys), _REFUSALS)
        return failed | self._upsert(collection, rows)


def collection_metadata(metric: str, embedder: str | None) -> dict[str, Any]:
    """Say in a collection's metadata that its rows are memctl's own."""
    noted = {} if embedder is None else {EMBEDDER_KEY: embedder}
    return {LAYOUT_KEY: LAYOUT, "hnsw:space": metric, **noted}


def with_embedder(metadata: Mapping[str, Any], embedder: str) -> dict[str, Any]:
    """Add the note to metadata; Chroma takes no metric in it once a collection is made."""
    kept = {key: value for key, value in metadata.items() if not key.startswith("hnsw:")}
    return {**kept, EMBEDDER_KEY: embedder}


def _to_rows(records: Sequence[MemoryRecord], held_keys: Mapping[str, frozenset[str]]) -> list[Row]:
    """Make the rows of records.

    Raises:
        ValueError: saying why Chroma can't hold one of them.
    """
    if not all(each.id for each in records):
        raise ValueError("its id is empty")
    vectors = _finite_vectors(records)
    for record in records:
        if record.importance is not None and not isfinite(record.importance):
            raise ValueError(f"its importance is {record.importance}")
    try:
        metadatas = to_metadatas(records)
        _check_texts(records, metadatas)
    except _REFUSALS as exc:
        raise ValueError(f"it can't be written as UTF-8 and JSON: {exc}") from exc
    return [
        Row(record.id, record.content, vector, _over(held_keys.get(record.id), metadata))
        for record, vector, metadata in zip(records, vectors, metadatas, strict=True)
    ]


def _check_texts(records: Sequence[MemoryRecord], metadatas: Sequence[Mapping[str, Any]]) -> None:
    """Raise where a text holds half a character, which is no UTF-8."""
    texts = [text for record in records for text in (record.id, record.content)]
    for metadata in metadatas:
        texts += metadata
        texts += [value for value in metadata.values() if isinstance(value, str)]
    "".join(texts).encode()


def _over(held_keys: frozenset[str] | None, metadata: dict[str, Any]) -> dict[str, Any] | None:
    """Give the metadata by which a row has this metadata and no other."""
    return {**dict.fromkeys(held_keys), **metadata} if held_keys else metadata or None


def _finite_vectors(records: Sequence[MemoryRecord]) -> list[NDArray[np.float32]]:
    import numpy as np

    vectors = [each.embedding for each in records if each.embedding is not None]
    if len(vectors) < len(records):
        raise ValueError(_NO_VECTOR)
    if vectors and not np.isfinite(np.concatenate(vectors)).all():
        raise ValueError("its vector holds NaN or an infinity")
    return vectors

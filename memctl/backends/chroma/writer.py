"""Turns records into the rows that a directory or a server writes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

from ...model.record import OWNED_FIELDS
from ...model.records import to_columns
from ..holding import (
    Holds,
    Unheld,
    as_utf8_and_json,
    judge_ids,
    judge_importance,
    judge_vectors,
    sort_out,
)
from .rows import EMBEDDER_KEY, JSON_KEY, LAYOUT, LAYOUT_KEY, to_metadatas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from ..base import Failure


HOLDS = Holds(
    empty_ids=False,
    half_characters=False,
    odd_numbers=False,
    odd_vectors=False,
    no_vector="it has no vector, and Chroma would make one up with a model",
)


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
        """Write records and return those that Chroma can't hold or refuses.

        Args:
            collection: the collection's name.
            records: with distinct ids.
            held_keys: the metadata keys that each row has now; Chroma merges, so that old keys
                would stay unless they are set to `None`.
        """
        rows, failed = sort_out(records, lambda some: _to_rows(some, held_keys))
        return failed | self._upsert(collection, rows)


def collection_metadata(metric: str, embedder: str | None) -> dict[str, Any]:
    """Return the metadata of a collection whose rows are memctl's own."""
    noted = {} if embedder is None else {EMBEDDER_KEY: embedder}
    return {LAYOUT_KEY: LAYOUT, "hnsw:space": metric, **noted}


def with_embedder(metadata: Mapping[str, Any], embedder: str) -> dict[str, Any]:
    """Return metadata with the note; Chroma takes no metric in it once a collection is made."""
    kept = {key: value for key, value in metadata.items() if not key.startswith("hnsw:")}
    return {**kept, EMBEDDER_KEY: embedder}


def _to_rows(records: Sequence[MemoryRecord], held_keys: Mapping[str, frozenset[str]]) -> list[Row]:
    """Return the rows of records.

    Raises:
        Unheld: saying why Chroma can't hold one of them.
    """
    columns = to_columns(records)
    judge_ids(columns["id"], HOLDS)
    judge_vectors(columns["embedding"], HOLDS)
    _judge_lengths(columns["embedding"])
    judge_importance(columns["importance"])
    with as_utf8_and_json():
        metadatas = to_metadatas(columns)
        _check_texts(columns, metadatas)
    if held_keys:
        held = [held_keys.get(each, ()) for each in columns["id"]]
        pairs = zip(held, metadatas, strict=True)
        metadatas = [{**dict.fromkeys(keys), **metadata} for keys, metadata in pairs]
    values = [metadata or None for metadata in metadatas]
    return [*map(Row, columns["id"], columns["content"], columns["embedding"], values)]


def _check_texts(
    columns: Mapping[str, Sequence[Any]], metadatas: Sequence[Mapping[str, Any]]
) -> None:
    """Raise where a text holds half a character, which is no UTF-8."""
    texts = [*columns["id"], *columns["content"]]
    for name in OWNED_FIELDS:
        texts += {*columns[name]} - {None}
    for metadata in columns["metadata"]:
        texts += metadata
        texts += [value for value in metadata.values() if type(value) is str]
    texts += [metadata[JSON_KEY] for metadata in metadatas if JSON_KEY in metadata]
    "".join(texts).encode()


def _judge_lengths(vectors: Sequence[NDArray[np.float32]]) -> None:
    import numpy as np

    if not vectors:
        return
    matrix = np.stack(vectors)
    # Chroma divides by the length, which it counts in float32: what is left else is NaN or zeros.
    with np.errstate(over="ignore", under="ignore"):
        squares = np.square(matrix).sum(axis=1)
    is_short = (squares < np.finfo(np.float32).tiny) & matrix.any(axis=1)
    if is_short.any() or not np.isfinite(squares).all():
        raise Unheld("its vector is too short or too long: Chroma would lose its direction")

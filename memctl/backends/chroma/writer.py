"""Writes and deletes rows through chromadb's client; reading them is done by `formats.chroma`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...model.canonical import canonical_json
from ..base import Failure, FailureReason
from .client import translate_errors
from .rows import LAYOUT, LAYOUT_KEY, to_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord


class Writer:
    """Writes rows of memctl's layout; made for one open client."""

    def __init__(self, client: Any, path: Path) -> None:
        self._client = client
        self._path = path
        self._collections: dict[str, Any] = {}

    def create(self, memory_type: MemoryType, metric: str) -> None:
        """Make the collection of a memory type."""
        with translate_errors(self._path):
            self._collections[memory_type] = self._client.get_or_create_collection(
                str(memory_type),
                metadata={LAYOUT_KEY: LAYOUT, "hnsw:space": metric},
                embedding_function=None,
            )

    def drop(self, memory_type: MemoryType) -> None:
        """Delete the collection of a memory type."""
        self._collections.pop(memory_type, None)
        with translate_errors(self._path):
            self._client.delete_collection(str(memory_type))

    def upsert(
        self,
        collection: str,
        records: Sequence[MemoryRecord],
        held_keys: Mapping[str, frozenset[str]],
    ) -> dict[str, Failure]:
        """Write records; return those that Chroma can't hold.

        Args:
            collection: the collection's name.
            records: with distinct ids.
            held_keys: the metadata keys that each row has now; Chroma merges, so that old keys
                would stay unless they are set to `None`.
        """
        failed: dict[str, Failure] = {}
        rows: list[tuple[MemoryRecord, dict[str, Any] | None]] = []
        for record in records:
            reason = _refusal(record)
            if reason:
                failed[record.id] = Failure(FailureReason.REFUSED, reason)
                continue
            gone = dict.fromkeys(held_keys.get(record.id, ()))
            rows.append((record, {**gone, **to_metadata(record)} or None))
        with translate_errors(self._path):
            for page in self._pages(rows):
                self._collection(collection).upsert(
                    ids=[record.id for record, _ in page],
                    documents=[record.content for record, _ in page],
                    embeddings=[record.embedding for record, _ in page],
                    metadatas=[metadata for _, metadata in page],
                )
        return failed

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete rows by id."""
        with translate_errors(self._path):
            for page in self._pages(ids):
                self._collection(collection).delete(ids=list(page))

    def _pages(self, items: Sequence[Any]) -> Iterator[Sequence[Any]]:
        most = self._client.get_max_batch_size()
        for start in range(0, len(items), most):
            yield items[start : start + most]

    def _collection(self, name: str) -> Any:
        if name not in self._collections:
            self._collections[name] = self._client.get_collection(name, embedding_function=None)
        return self._collections[name]


def _refusal(record: MemoryRecord) -> str | None:
    """Say why Chroma can't hold the record, if it can't."""
    import numpy as np

    if not record.id:
        return "its id is empty"
    if record.embedding is None:
        return "it has no vector, and Chroma would make one up with a model"
    if not np.isfinite(record.embedding).all():
        return "its vector holds NaN or an infinity"
    try:
        canonical_json(record.metadata)
        text = [record.id, record.content, *to_metadata(record), *_texts(to_metadata(record))]
        for each in text:
            each.encode()
    except ValueError as exc:
        return f"it can't be written as UTF-8 and JSON: {exc}"
    return None


def _texts(row: Mapping[str, Any]) -> Iterator[str]:
    return (value for value in row.values() if isinstance(value, str))

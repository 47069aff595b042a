"""Writes and deletes rows through chromadb's client; reading them is done by `formats.chroma`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..writer import Writer, collection_metadata, with_embedder
from .client import translate_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ....model.memory_type import MemoryType
    from ...base import Failure
    from ..writer import Row


class ClientWriter(Writer):
    """Writes rows of memctl's layout; made for one open client."""

    def __init__(self, client: Any, path: Path) -> None:
        self._client = client
        self._path = path
        self._collections: dict[str, Any] = {}

    def create(self, memory_type: MemoryType, metric: str, embedder: str | None) -> None:
        """Make the collection of a memory type."""
        with translate_errors(self._path):
            self._collections[memory_type] = self._client.get_or_create_collection(
                str(memory_type),
                metadata=collection_metadata(metric, embedder),
                embedding_function=None,
            )

    def note_embedder(self, memory_type: MemoryType, embedder: str) -> None:
        """Change the collection's metadata."""
        with translate_errors(self._path):
            collection = self._collection(str(memory_type))
            collection.modify(metadata=with_embedder(collection.metadata, embedder))

    def drop(self, memory_type: MemoryType) -> None:
        """Delete the collection of a memory type."""
        self._collections.pop(memory_type, None)
        with translate_errors(self._path):
            self._client.delete_collection(str(memory_type))

    def _upsert(self, collection: str, rows: Sequence[Row]) -> dict[str, Failure]:
        with translate_errors(self._path):
            for page in self._pages(rows):
                self._collection(collection).upsert(
                    ids=[row.id for row in page],
                    documents=[row.document for row in page],
                    embeddings=[row.embedding for row in page],
                    metadatas=[row.metadata for row in page],
                )
        return {}  # a directory takes all of them, or none

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

"""Writes and deletes rows through chromadb's client."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from ....formats.chroma import open_store
from ..writer import Writer, collection_metadata, with_embedder
from .client import open_client, translate_errors
from .index_guard import IndexGuard, recover, save

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ....model.memory_type import MemoryType
    from ...base import Failure
    from ..writer import Row


class ClientWriter(Writer):
    """Writes rows of memctl's layout, and lets indexes be saved where that is safe.

    Args:
        path: the store's directory.

    Raises:
        StoreLocked: when another process holds the store's SQLite file.
        NotPermitted: when the directory can't be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guards: dict[str, IndexGuard] = {}
        self._resources = ExitStack()
        recover(path)
        self._client = self._open()

    def _open(self) -> Any:
        client = self._resources.enter_context(open_client(self._path))
        self._files = self._resources.enter_context(open_store(self._path, is_live=True))
        return client

    def settle(self) -> None:
        """Make chromadb save the indexes of what was written."""
        guards, self._guards = self._guards, {}
        self._release(guards)
        if due := [name for name, guard in guards.items() if guard.is_due()]:
            with open_client(self._path) as client, translate_errors(self._path):
                for name in due:
                    save(client, name)
        for guard in guards.values():
            guard.end()
        self._client = self._open()

    def close(self) -> None:
        """Close chromadb's client; it saves indexes as usual when it is opened next."""
        self._release(self._guards)
        for guard in self._guards.values():
            guard.end()
        self._guards = {}

    def _release(self, guards: Mapping[str, IndexGuard]) -> None:
        with self._resources.pop_all(), translate_errors(self._path):
            for guard in guards.values():
                guard.release()

    def create(self, memory_type: MemoryType, metric: str, embedder: str | None) -> None:
        """Make the collection of a memory type."""
        with translate_errors(self._path):
            self._client.get_or_create_collection(
                str(memory_type),
                metadata=collection_metadata(metric, embedder),
                embedding_function=None,
            )

    def note_embedder(self, memory_type: MemoryType, embedder: str) -> None:
        """Change the collection's metadata."""
        with translate_errors(self._path):
            collection = self._get(str(memory_type))
            collection.modify(metadata=with_embedder(collection.metadata, embedder))

    def drop(self, memory_type: MemoryType) -> None:
        """Delete the collection of a memory type."""
        if guard := self._guards.pop(memory_type, None):
            guard.end()
        with translate_errors(self._path):
            self._client.delete_collection(str(memory_type))

    def _upsert(self, collection: str, rows: Sequence[Row]) -> dict[str, Failure]:
        with translate_errors(self._path):
            for page in self._pages(rows):
                guard = self._guard(collection)
                guard.save_seldom()
                guard.collection.upsert(
                    ids=[row.id for row in page],
                    documents=[row.document for row in page],
                    embeddings=[row.embedding for row in page],
                    metadatas=[row.metadata for row in page],
                )
                guard.follow()
        return {}  # a directory takes all of them, or none

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete rows by id."""
        with translate_errors(self._path):
            for page in self._pages(ids):
                guard = self._guard(collection)
                guard.collection.delete(ids=list(page))
                guard.follow()

    def _pages(self, items: Sequence[Any]) -> Iterator[Sequence[Any]]:
        most = self._client.get_max_batch_size()
        for start in range(0, len(items), most):
            yield items[start : start + most]

    def _guard(self, name: str) -> IndexGuard:
        if name not in self._guards:
            self._guards[name] = IndexGuard(self._files, self._get(name))
        return self._guards[name]

    def _get(self, name: str) -> Any:
        return self._client.get_collection(name, embedding_function=None)

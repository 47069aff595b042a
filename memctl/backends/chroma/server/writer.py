"""Writes and deletes the rows of a Chroma server."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from ....model.errors import StoreNotFound
from ..writer import Writer, collection_metadata, with_embedder
from .bisection import BisectedUpsert
from .paging import in_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ....model.memory_type import MemoryType
    from ...base import Failure
    from ..writer import Row
    from .database import Database


class ServerWriter(Writer):
    """Writes to one database of a server.

    Args:
        database: it.
        forget: is called when collections came, went or changed.
        forget_rows: is called when rows were written to the collection of a name.
    """

    def __init__(
        self, database: Database, forget: Callable[[], None], forget_rows: Callable[[str], None]
    ) -> None:
        self._database = database
        self._forget = forget
        self._forget_rows = forget_rows
        self._ids: dict[str, str] = {}

    def create(self, memory_type: MemoryType, metric: str, embedder: str | None) -> None:
        """Make the collection of a memory type."""
        self._database.create_collection(str(memory_type), collection_metadata(metric, embedder))
        self._forget()

    def note_embedder(self, memory_type: MemoryType, embedder: str) -> None:
        """Change the collection's metadata."""
        collection_id = self._id_of(str(memory_type))
        metadata = {each.id: each.metadata for each in self._database.collections()}
        noted = with_embedder(metadata[collection_id], embedder)
        self._database.change_metadata(collection_id, noted)
        self._forget()

    def drop(self, memory_type: MemoryType) -> None:
        """Delete the collection of a memory type, unless somebody has written to it."""
        if not self._database.count(self._id_of(str(memory_type))):
            self._database.delete_collection(str(memory_type))
        self._ids.clear()
        self._forget()

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete rows by id."""
        collection_id = self._id_of(collection)
        size = self._database.page_size
        for _ in in_pages(ids, size, lambda page: self._database.delete_rows(collection_id, page)):
            """Each page is a request."""

    def _upsert(self, collection: str, rows: Sequence[Row]) -> dict[str, Failure]:
        collection_id, size = self._id_of(collection), self._database.page_size
        upserting = BisectedUpsert(
            lambda page: self._database.upsert(collection_id, self._columns(page))
        )
        for start in range(0, len(rows), size):
            upserting.send(rows[start : start + size])
        self._forget_rows(collection)
        return upserting.failed

    def _columns(self, rows: Sequence[Row]) -> dict[str, list[Any]]:
        return {
            "ids": [row.id for row in rows],
            "documents": [row.document for row in rows],
            "embeddings": [self._vector(row.embedding) for row in rows],
            "metadatas": [row.metadata for row in rows],
        }

    def _vector(self, vector: NDArray[np.float32]) -> str | list[float]:
        """Return the vector's bytes where the server reads them, so that no digit is lost."""
        if self._database.limits.get("supports_base64_encoding") is True:
            return b64encode(vector.astype("<f4").tobytes()).decode()
        return [float(each) for each in vector]

    def _id_of(self, name: str) -> str:
        """Return a collection's id; one that was made anew under its name has another."""
        if name not in self._ids:
            self._ids = {each.name: each.id for each in self._database.collections()}
        if name not in self._ids:
            raise StoreNotFound(f"`{self._database.address.url}` has no collection `{name}`")
        return self._ids[name]

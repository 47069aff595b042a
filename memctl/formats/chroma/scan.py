"""Reads a collection batch by batch, each from one state of the store."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..translate import translating
from .cursor import START, Cursor
from .visible import (
    ROWS_PER_PAGE,
    Visible,
    read_fresh_page,
    read_table_page,
    visible_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ..opening import Database
    from .catalog import StoredCollection
    from .index.vectors import Vectors
    from .rows import Page


@dataclass(frozen=True, slots=True, eq=False)
class RowBatch:
    """Some rows of a collection, in parallel lists of one length.

    Attributes:
        ids: as the user gave them.
        documents: `None` where a row has none.
        metadatas: without the document; empty where a row has none.
        created_at: when Chroma first stored the row: aware, UTC.
        embeddings: float32 array of shape `(len(ids), dimension)`, zeros where a row has none;
            `None` when vectors were not asked for, or the collection has no dimension yet.
        has_embedding: whether a row has a vector; all false when vectors were not asked for.
        cursor: the place after the last row, for `after`.
    """

    ids: list[str]
    documents: list[str | None]
    metadatas: list[dict[str, Any]]
    created_at: list[datetime]
    embeddings: NDArray[np.float32] | None
    has_embedding: list[bool]
    cursor: str

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What to read; `ChromaStore.scan` says what each part means."""

    collection: StoredCollection
    after: Cursor = START
    until: Cursor | None = None
    batch_size: int = 1000
    ids: frozenset[str] | None = None
    where: Mapping[str, str] | None = None
    with_embeddings: bool = True


def scan(
    database: Database, directory: Path, request: ScanRequest, latest: LatestVectors
) -> Iterator[RowBatch]:
    """Yield the rows batch by batch, each from one state of the store.

    When another process writes between two batches, the rows still to come are found anew.
    """
    place, view = request.after, None
    while True:
        with translating(directory), database.reading():
            version = database.version()
            if view is None or view.version != version:
                view = _open_view(database, directory, request, version, latest)
            found = view.read(place)
        if found is None:
            return
        batch, place = found
        yield batch


class LatestVectors:
    """The vectors that were read last: many look-ups in one index read its label map just once."""

    def __init__(self) -> None:
        """Start with none."""
        self._known: tuple[str, int, Vectors] | None = None

    def open(
        self, database: Database, directory: Path, collection: StoredCollection, version: int
    ) -> Vectors:
        """Return the vectors of a collection as they are in this version of the store."""
        # numpy is loaded only where vectors are read.
        from .index.vectors import Vectors

        if self._known is None or self._known[:2] != (collection.id, version):
            vectors = Vectors(database, collection, directory / collection.vector_segment)
            self._known = (collection.id, version, vectors)
        return self._known[2]

    def forget(self) -> None:
        """Drop the vectors, so that their files are closed when no scan uses them."""
        self._known = None


def _open_view(
    database: Database,
    directory: Path,
    request: ScanRequest,
    version: int,
    latest: LatestVectors,
) -> _View:
    visible = visible_rows(database, request.collection, ids=request.ids, where=request.where)
    vectors = None
    # Without rows there is nothing to give a vector to, and the index may lawfully be missing.
    if request.with_embeddings and len(visible):
        vectors = latest.open(database, directory, request.collection, version)
    return _View(database, request, version, visible, vectors)


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """One state of a collection."""

    database: Database
    request: ScanRequest
    version: int
    visible: Visible
    vectors: Vectors | None

    def read(self, place: Cursor) -> tuple[RowBatch, Cursor] | None:
        size = min(self.request.batch_size, ROWS_PER_PAGE)
        rest = self.visible.between(place, self.request.until)
        if rest.rowids:
            rowids = rest.rowids[:size]
            page = read_table_page(self.database, rest.layer, rowids)
            return self._batch(page, Cursor(rowids[-1], place.seq_id))
        fresh = dict(islice(rest.fresh.items(), size))
        if not fresh:
            return None
        last = next(reversed(fresh.values()))
        return self._batch(read_fresh_page(fresh), Cursor(place.rowid, last.seq_id))

    def _batch(self, page: Page, place: Cursor) -> tuple[RowBatch, Cursor]:
        embeddings, has_embedding = None, [False] * len(page.ids)
        if self.vectors is not None:
            embeddings, has_embedding = self.vectors.read(page.ids)
        batch = RowBatch(
            page.ids,
            page.documents,
            page.metadatas,
            page.created_at,
            embeddings,
            has_embedding,
            str(place),
        )
        return batch, place

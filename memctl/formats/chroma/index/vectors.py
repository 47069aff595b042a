"""The vectors of a collection's records, from the index and the queued operations."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np

from ....model.errors import DamagedStore
from ...opening import signature
from ...translate import damaged
from ..queue import read_mark, read_vector_layer
from .labels import LABELS_FILE, LabelMap, read_labels
from .segment import VectorFiles

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from ...opening import Database
    from ..catalog import StoredCollection

_NO_LABELS: Final = LabelMap({}, None, None)
_FLOATS: Final = "FLOAT32"
_ATTEMPTS: Final = 4
_PAUSE_S: Final = 0.1
"""Longer than Chroma needs to write a label map of a hundred thousand records."""


class Vectors:
    """The vectors of one collection by record id, as they stood when this was made.

    Attributes:
        indexed: the label of each record that the index holds.
        mark: the last operation in the index.

    Raises:
        DamagedStore: when the index is needed, and a file of it is missing or damaged.
    """

    __slots__ = ("_collection", "_database", "_files", "_layer", "indexed", "mark")

    def __init__(self, database: Database, collection: StoredCollection, directory: Path) -> None:
        """Read the label map and the queue; vectors are read when they are wanted."""
        self._database = database
        self._collection = collection
        mark = read_mark(database, collection.vector_segment)
        labels, self._files = _open_index(collection, directory, is_needed=bool(mark))
        self.indexed: Mapping[str, int] = labels.labels
        self.mark = (labels.max_seq_id or 0) if mark is None else mark
        self._layer = read_vector_layer(database, collection, self.mark, self.indexed)

    def ids(self) -> set[str]:
        """Return every id that has a vector, whether or not there is a row for it."""
        gone = {each for each, seq_id in self._layer.items() if seq_id is None}
        return (self.indexed.keys() | self._layer.keys()) - gone

    def read(self, ids: list[str]) -> tuple[NDArray[np.float32] | None, list[bool]]:
        """Return the vectors of some records, and which of them have one.

        Returns:
            An array of shape `(len(ids), dimension)`, zeros where there is none, and a list of
            flags; no array while nobody knows the dimension.
        """
        found, layer = self.indexed.get, self._layer
        labels = [*map(found, ids)]
        if not layer and None not in labels and self._files is not None:
            return self._files.read(labels), [True] * len(ids)  # type: ignore[arg-type] # no None
        labels = [None if each in layer else label for each, label in zip(ids, labels, strict=True)]
        queued = {at: seq for at, each in enumerate(ids) if (seq := layer.get(each)) is not None}
        return self._assemble(labels, queued)

    def _assemble(
        self, labels: list[int | None], queued: dict[int, int]
    ) -> tuple[NDArray[np.float32] | None, list[bool]]:
        has_vector = [label is not None or at in queued for at, label in enumerate(labels)]
        blobs = self._read_queue(list(queued.values()))
        dimension = self._dimension(blobs)
        if dimension is None:
            return None, has_vector
        decoded = {at: self._decode(seq, blobs, dimension) for at, seq in queued.items()}
        vectors = np.zeros((len(labels), dimension), np.float32)
        if self._files is not None:
            at = [place for place, label in enumerate(labels) if label is not None]
            vectors[at] = self._files.read([label for label in labels if label is not None])
        for place, numbers in decoded.items():
            vectors[place] = numbers
        return vectors, has_vector

    def _dimension(self, blobs: Mapping[int, bytes]) -> int | None:
        if self._collection.dimension is not None:
            return self._collection.dimension
        if self._files is not None:
            return self._files.dimension
        return next((len(blob) // 4 for blob in blobs.values()), None)

    def _read_queue(self, seq_ids: list[int]) -> dict[int, bytes]:
        rows = self._database.rows(
            "SELECT seq_id, vector, encoding FROM embeddings_queue"  # noqa: S608 - whole numbers
            f" WHERE seq_id IN ({','.join(map(str, seq_ids))})"
        )
        for seq_id, blob, encoding in rows:
            if encoding != _FLOATS or not isinstance(blob, bytes):
                raise self._bad_vector(seq_id)
        return {seq_id: blob for seq_id, blob, _ in rows}

    def _decode(
        self, seq_id: int, blobs: Mapping[int, bytes], dimension: int
    ) -> NDArray[np.float32]:
        blob = blobs.get(seq_id, b"")
        if len(blob) != dimension * 4:
            raise self._bad_vector(seq_id)
        return np.frombuffer(blob, "<f4")

    def _bad_vector(self, seq_id: int) -> DamagedStore:
        return damaged(
            self._database.file, f"operation {seq_id} of the queue holds no vector of its size"
        )


def _open_index(
    collection: StoredCollection, directory: Path, *, is_needed: bool
) -> tuple[LabelMap, VectorFiles | None]:
    """Open an index that may be written right now: Chroma saves file after file, without a lock.

    What is damaged, and still the same after a pause, is damaged.

    A collection that never had a thousand operations has no label map: all is in the queue.
    """
    path = directory / LABELS_FILE
    if not is_needed and not path.exists():
        return _NO_LABELS, None
    for _ in range(_ATTEMPTS):
        before = signature(path)
        try:
            return _open_files(collection, directory)
        except DamagedStore:
            time.sleep(_PAUSE_S)
            if signature(path) == before:
                raise
    return _open_files(collection, directory)


def _open_files(collection: StoredCollection, directory: Path) -> tuple[LabelMap, VectorFiles]:
    is_cosine = collection.metric == "cosine"
    labels = read_labels(directory / LABELS_FILE)
    return labels, VectorFiles(directory, collection.dimension, is_cosine=is_cosine)

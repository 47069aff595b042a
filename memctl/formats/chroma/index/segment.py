"""The HNSW files of one segment, memory-mapped: header, vectors, lengths.

The files are hnswlib's, as Chroma's fork keeps them: see `persistHeader`, `getDataByLabel` and
`isMarkedDeleted` in https://github.com/chroma-core/hnswlib/blob/master/hnswlib/hnswalg.h.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING, Final

import numpy as np

from ...opening import open_regular
from ...translate import damaged, parsing

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

HEADER_FILE: Final = "header.bin"
DATA_FILE: Final = "data_level0.bin"
LENGTH_FILE: Final = "length.bin"

_HEADER: Final = Struct("<i6QiI3QdQ")
"""Version, six sizes and offsets, level and entry point, three limits on links, two settings."""
_VERSION: Final = 1
_LABEL_BYTES: Final = 8
_FLOAT_BYTES: Final = 4
_LARGEST_ELEMENT: Final = 2**20
"""Bytes; larger ones are damage, and would ask for more memory than there is."""
_MARK_AT: Final = 2
_DELETED: Final = 1
"""hnswlib marks a deleted element in the third byte of its list of links."""


@dataclass(frozen=True, slots=True)
class Header:
    """What `header.bin` says of the other files.

    Attributes:
        count: elements in the index, deleted ones too.
        stride: bytes of one element in `data_level0.bin`: links, vector, label.
        vector_at: where in an element its vector begins.
        label_at: where its label begins, right after the vector.
    """

    count: int
    stride: int
    vector_at: int
    label_at: int

    @property
    def dimension(self) -> int:
        """Of the vectors."""
        return (self.label_at - self.vector_at) // _FLOAT_BYTES


def read_header(directory: Path) -> Header:
    """Return what `header.bin` says.

    Raises:
        DamagedStore: when its numbers do not fit together.
    """
    path = directory / HEADER_FILE
    with parsing(path, "it is cut short"), open_regular(path) as opened:
        fields = _HEADER.unpack(opened.read(_HEADER.size))
    version, level0_at, capacity, count, stride, label_at, vector_at = fields[:7]
    most_links = fields[10]
    if (
        version != _VERSION
        or level0_at != 0
        or count > capacity
        or vector_at != (most_links + 1) * _FLOAT_BYTES
        or not vector_at < label_at <= _LARGEST_ELEMENT
        or (label_at - vector_at) % _FLOAT_BYTES
        or stride != label_at + _LABEL_BYTES
    ):
        raise damaged(path, "its numbers do not fit together")
    return Header(count, stride, vector_at, label_at)


class VectorFiles:
    """The vectors of an index, by label.

    Raises:
        DamagedStore: when a file is missing, shorter than the header says, or of another dimension.
    """

    def __init__(self, directory: Path, dimension: int | None, *, is_cosine: bool) -> None:
        """Map the files; only labels and marks are read now."""
        header = read_header(directory)
        if dimension not in (None, header.dimension):
            raise damaged(
                directory / HEADER_FILE,
                f"its vectors have {header.dimension} numbers, the collection's have {dimension}",
            )
        self.dimension = header.dimension
        self._data_file = directory / DATA_FILE
        self._lengths: NDArray[np.float32] | None = None
        with parsing(self._data_file, "it does not fit to its header"):
            self._map_data(header)
        # Only cosine indexes normalise: elsewhere the file is memory that nobody filled.
        if is_cosine:
            lengths = _map(directory / LENGTH_FILE, header.count * _FLOAT_BYTES)
            self._lengths = np.ndarray((header.count,), "<f4", lengths)

    def _map_data(self, header: Header) -> None:
        # Arrays want a buffer of one element even where they have none.
        data = _map(self._data_file, header.count * header.stride) or bytes(header.stride)
        shape, strides = (header.count,), (header.stride,)
        labels = np.ndarray(shape, "<u8", data, header.label_at, strides)
        self._deleted: NDArray[np.uint8] = np.ndarray(shape, np.uint8, data, _MARK_AT, strides)
        self._vectors: NDArray[np.float32] = np.ndarray(
            (*shape, header.dimension), "<f4", data, header.vector_at, (*strides, _FLOAT_BYTES)
        )
        # Stable, and searched from the right: of two equal labels hnswlib takes the later one.
        self._slots = np.argsort(labels, kind="stable")
        self._labels = labels[self._slots]

    def read(self, labels: list[int]) -> NDArray[np.float32]:
        """Return one vector per label, as the user gave it.

        Raises:
            DamagedStore: when the index does not hold a label, or has deleted it.
        """
        wanted = np.array(labels, "<u8")
        at = np.searchsorted(self._labels, wanted, side="right") - 1
        if len(wanted) and (at.min() < 0 or (self._labels[at] != wanted).any()):
            raise damaged(self._data_file, "it lacks a vector that the label map names")
        slots = self._slots[at]
        if (self._deleted[slots] & _DELETED).any():
            raise damaged(self._data_file, "it has deleted a vector that the label map names")
        vectors = self._vectors[slots]
        if self._lengths is not None:
            # A damaged length makes numbers that are none: `verify` counts them.
            with np.errstate(invalid="ignore", over="ignore"):
                vectors *= self._lengths[slots, None]
        return vectors


def _map(path: Path, size: int) -> mmap.mmap | bytes:
    if path.stat().st_size < size:
        raise damaged(path, f"it is shorter than the {size} bytes that its index needs")
    if not size:
        return b""  # nothing can't be mapped
    with open_regular(path) as opened:
        return mmap.mmap(opened.fileno(), size, access=mmap.ACCESS_READ)

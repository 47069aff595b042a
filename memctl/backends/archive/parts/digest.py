"""Hashes the rows of a part; the manifest keeps the sum over all rows."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ....model.bounded import parse_json
from ....model.canonical import canonical_json
from ....model.record import ORIGIN_KEY
from ..errors import content_errors
from .parquet import COLUMNS, VECTOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

_MODULUS: Final = 2**256
_ROWS_AT_ONCE: Final = 1000
"""How many rows are converted to bytes at once, however many a part has."""

_ORIGIN: Final = canonical_json(ORIGIN_KEY)


def add_up(digests: Iterable[int]) -> int:
    """Return the sum of digests modulo 2**256."""
    return sum(digests) % _MODULUS


def sum_of_digests(table: pa.Table, name: str) -> int:
    """Return the sum of the SHA-256 of every row, without the note of where a copy came from.

    The hash is over the length in bytes of each column, -1 for null, as 64-bit integers, and then
    over the bytes: texts in UTF-8, the importance as a double, the time in microseconds as a 64-bit
    integer, the vector as floats; all little-endian, in the order of the columns.

    Args:
        table: all columns of a part of an archive.
        name: the part's name, for messages.

    Returns:
        A number below 2**256. Two archives hold the same records if their sums are equal, whatever
        the order.

    Raises:
        DamagedStore: when a value is not what an archive writes.
    """
    with content_errors(name):
        digests = (sha256(row).digest() for row in _rows(table))
        return add_up(map(int.from_bytes, digests))


def _rows(table: pa.Table) -> Iterator[bytes]:
    for some in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
        columns = [_as_bytes(name, some.column(name)) for name in COLUMNS]
        lengths = np.stack([_lengths(each) for each in columns], axis=1)
        yield from pc.binary_join_element_wise(
            _of_matrix(lengths),
            *columns,
            pa.scalar(b"", pa.large_binary()),  # between them
            null_handling="replace",
            null_replacement=b"",
        ).to_pylist()


def _as_bytes(name: str, column: pa.Array) -> pa.Array:
    if name == VECTOR:
        return _of_vectors(column)
    if name == "metadata":
        return _without_origin(column).cast(pa.large_binary())
    if pa.types.is_string(column.type):
        return column.cast(pa.large_binary())
    whole = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
    numbers = whole.fill_null(0).to_numpy(zero_copy_only=False).reshape(-1, 1)
    return _where(column.is_valid(), _of_matrix(numbers))


def _of_vectors(column: pa.Array) -> pa.Array:
    if not pa.types.is_fixed_size_list(column.type):
        return pa.nulls(len(column), pa.large_binary())
    is_there = column.is_valid()
    matrix = np.zeros((len(column), column.type.list_size), np.float32)
    # flatten() leaves out the rows without a vector.
    matrix[is_there.to_numpy(zero_copy_only=False)] = (
        column.flatten().to_numpy().reshape(-1, column.type.list_size)
    )
    return _where(is_there, _of_matrix(matrix))


def _of_matrix(matrix: NDArray[Any]) -> pa.Array:
    """Return a column with the bytes of each row of a matrix."""
    little = np.ascontiguousarray(matrix, matrix.dtype.newbyteorder("<"))
    kind = pa.binary(little.itemsize * little.shape[1])
    rows = pa.FixedSizeBinaryArray.from_buffers(kind, len(little), [None, pa.py_buffer(little)])
    return rows.cast(pa.large_binary())


def _where(is_there: pa.Array, values: pa.Array) -> pa.Array:
    return pc.if_else(is_there, values, pa.scalar(None, values.type))


def _lengths(column: pa.Array) -> NDArray[np.int64]:
    lengths: NDArray[np.int64] = pc.binary_length(column).fill_null(-1).to_numpy()
    return lengths


def _without_origin(column: pa.Array) -> pa.Array:
    """Return the metadata without the key that says where a copy came from."""
    suspects = pc.match_substring(column, _ORIGIN)
    if not pc.any(suspects).as_py():
        return column
    pairs = zip(column.to_pylist(), suspects.to_pylist(), strict=True)
    return pa.array([_respell(text) if suspect else text for text, suspect in pairs], pa.string())


def _respell(metadata: str) -> str:
    kept = parse_json(metadata)
    kept.pop(ORIGIN_KEY, None)
    return canonical_json(kept)

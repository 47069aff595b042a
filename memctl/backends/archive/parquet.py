"""Rows as Parquet and back; imports pyarrow, and so is imported when an archive is opened."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ...model.record import OWNED_FIELDS, MemoryRecord
from .errors import content_errors, damaged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ...model.memory_type import MemoryType
    from .rows import Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_SCALARS = {
    "id": pa.string(),
    "type": pa.string(),
    "content": pa.string(),
    **dict.fromkeys(OWNED_FIELDS, pa.string()),
    "importance": pa.float64(),
    "created_at": pa.timestamp("us", tz="UTC"),
    "metadata": pa.string(),
}
"""Name and Arrow type of every column but the vectors'."""

_REPEATING = ["type", *OWNED_FIELDS]
"""Columns in which few values come again and again."""

_VECTOR = "embedding"


def to_table(memory_type: MemoryType, rows: Sequence[Row], dimension: int | None) -> pa.Table:
    """Make a table of rows.

    Args:
        memory_type: the type of all of them.
        rows: what to write.
        dimension: of the vectors; `None` where no row has one.
    """
    texts = ("id", "content", *OWNED_FIELDS)
    columns: dict[str, list[Any]] = {
        name: [getattr(row.record, name) for row in rows] for name in texts
    }
    columns |= {
        "type": [str(memory_type)] * len(rows),
        "importance": [_number(row.record.importance) for row in rows],
        "created_at": [_microseconds(row.record.created_at) for row in rows],
        "metadata": [row.metadata for row in rows],
    }
    arrays = {name: pa.array(columns[name], type=kind) for name, kind in _SCALARS.items()}
    arrays[_VECTOR] = _vectors(rows, dimension)
    return pa.table(arrays)


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def _vectors(rows: Sequence[Row], dimension: int | None) -> pa.Array:
    if dimension is None:
        return pa.nulls(len(rows), pa.list_(pa.float32()))
    matrix = np.zeros((len(rows), dimension), np.float32)
    missing = np.zeros(len(rows), np.bool_)
    for number, row in enumerate(rows):
        if row.record.embedding is None:
            missing[number] = True
        else:
            matrix[number] = row.record.embedding
    flat = pa.array(matrix.reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, dimension, mask=pa.array(missing))


def to_bytes(table: pa.Table) -> bytes:
    """Write a table as the bytes of a part."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        use_dictionary=_REPEATING,
        write_statistics=["id", "created_at", *_REPEATING],
        write_page_checksum=True,
    )
    data: bytes = sink.getvalue().to_pybytes()
    return data


def from_bytes(data: bytes, name: str, columns: list[str] | None = None) -> pa.Table:
    """Read the bytes of a part.

    Args:
        data: the whole file.
        name: the file's name, for messages.
        columns: which ones to read; `None` means all.

    Raises:
        DamagedStore: when they are not Parquet, or not of an archive's columns.
    """
    with content_errors(name):
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        _check_columns(file.schema_arrow, name)
        table = file.read(columns=columns)
        _check_vectors(table, name)
        return table


def _check_columns(schema: pa.Schema, name: str) -> None:
    for column, kind in _SCALARS.items():
        if schema.field(column).type != kind:
            raise damaged(name, f"has the column `{column}` as {schema.field(column).type}")
    vectors = schema.field(_VECTOR).type
    if not isinstance(vectors, pa.FixedSizeListType | pa.ListType) or (
        vectors.value_type != pa.float32()
    ):
        raise damaged(name, f"has the column `{_VECTOR}` as {vectors}")


def _check_vectors(table: pa.Table, name: str) -> None:
    """Refuse vectors without a common dimension, which no archive has."""
    if _VECTOR not in table.column_names or dimension_of(table.schema) is not None:
        return
    if table.column(_VECTOR).null_count != table.num_rows:
        raise damaged(name, "has vectors of no fixed dimension")


def columns_read(*, with_embeddings: bool) -> list[str]:
    """List the columns that records are made of."""
    return [*(each for each in _SCALARS if each != "type"), *([_VECTOR] if with_embeddings else [])]


def ids_of(table: pa.Table, name: str) -> list[str]:
    """Give the ids of a table's rows.

    Raises:
        DamagedStore: when a row has none.
    """
    column = table.column("id")
    if column.null_count:
        raise damaged(name, "has a row without an id")
    ids: list[str] = column.to_pylist()
    return ids


def dimension_of(schema: pa.Schema) -> int | None:
    """Give the dimension of the vectors; `None` where there are none, or they were not read."""
    position = schema.get_field_index(_VECTOR)
    kind = schema.field(position).type if position >= 0 else None
    return int(kind.list_size) if isinstance(kind, pa.FixedSizeListType) else None


def to_records(table: pa.Table, memory_type: MemoryType, name: str) -> list[MemoryRecord]:
    """Make records of a table's rows; their vectors are views of it, and those left out are `None`.

    Raises:
        DamagedStore: when a value is not what an archive writes.
    """
    with content_errors(name):
        rows = zip(
            ids_of(table, name),
            table.column("content").to_pylist(),
            _each_vector(table),
            *(table.column(each).to_pylist() for each in OWNED_FIELDS),
            table.column("importance").to_pylist(),
            table.column("created_at").cast(pa.int64()).to_pylist(),
            table.column("metadata").to_pylist(),
            strict=True,
        )
        return [
            MemoryRecord(
                id_,
                memory_type,
                _text(text),
                vector,
                group,
                crew,
                agent,
                session,
                scope,
                number,
                _moment(time),
                _object(data),
            )
            for id_, text, vector, group, crew, agent, session, scope, number, time, data in rows
        ]


def _each_vector(table: pa.Table) -> Iterator[NDArray[np.float32] | None]:
    """Give a read-only array or `None` per row; flattening leaves out the rows without one."""
    if dimension_of(table.schema) is None:
        yield from [None] * table.num_rows
        return
    for chunk in table.column(_VECTOR).chunks:
        dimension = chunk.type.list_size
        vectors = iter(chunk.flatten().to_numpy().reshape(-1, dimension))
        for there in chunk.is_valid().to_pylist():
            yield next(vectors) if there else None


def _text(value: str | None) -> str:
    if value is None:
        raise ValueError("a row without content")
    return value


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError("metadata that is not an object")
    return value

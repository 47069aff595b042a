"""Converts a part between a table and bytes; loaded only with an open archive: it needs pyarrow."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from ....model.record import OWNED_FIELDS
from ..errors import content_errors, damaged

SCALARS: Final = {
    "id": pa.string(),
    "type": pa.string(),
    "content": pa.string(),
    **dict.fromkeys(OWNED_FIELDS, pa.string()),
    "importance": pa.float64(),
    "created_at": pa.timestamp("us", tz="UTC"),
    "metadata": pa.string(),
}
"""Name and Arrow type of every column but the vectors'."""

VECTOR: Final = "embedding"
COLUMNS: Final = (*SCALARS, VECTOR)

_REPEATING: Final = ["type", *OWNED_FIELDS]
"""Columns with few distinct values."""


def to_bytes(table: pa.Table) -> bytes:
    """Return the bytes of a part with the rows of a table."""
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
    """Return the table of a part.

    Args:
        data: the whole file.
        name: the file's name, for messages.
        columns: the columns to read; `None` for all.

    Raises:
        DamagedStore: when they are no Parquet file, or have other columns.
    """
    with content_errors(name):
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        _check_columns(file.schema_arrow, name)
        table = file.read(columns=columns)
        _check_vectors(table, name)
        return table


def _check_columns(schema: pa.Schema, name: str) -> None:
    for column, kind in SCALARS.items():
        if schema.field(column).type != kind:
            raise damaged(name, f"has the column `{column}` as {schema.field(column).type}")
    vectors = schema.field(VECTOR).type
    if not isinstance(vectors, pa.FixedSizeListType | pa.ListType) or (
        vectors.value_type != pa.float32()
    ):
        raise damaged(name, f"has the column `{VECTOR}` as {vectors}")


def _check_vectors(table: pa.Table, name: str) -> None:
    """Raise for vectors without a common dimension, which no archive has."""
    if VECTOR not in table.column_names or dimension_of(table.schema) is not None:
        return
    if table.column(VECTOR).null_count != table.num_rows:
        raise damaged(name, "has vectors of no fixed dimension")


def columns_read(*, with_embeddings: bool) -> list[str]:
    """List the columns that are needed for records."""
    return [*(each for each in SCALARS if each != "type"), *([VECTOR] if with_embeddings else [])]


def ids_of(table: pa.Table, name: str) -> list[str]:
    """Return the ids of a table's rows.

    Raises:
        DamagedStore: when a row has none.
    """
    column = table.column("id")
    if column.null_count:
        raise damaged(name, "has a row without an id")
    ids: list[str] = column.to_pylist()
    return ids


def dimension_of(schema: pa.Schema) -> int | None:
    """Return the dimension of the vectors; `None` if there are none, or they were not read."""
    position = schema.get_field_index(VECTOR)
    kind = schema.field(position).type if position >= 0 else None
    return int(kind.list_size) if isinstance(kind, pa.FixedSizeListType) else None

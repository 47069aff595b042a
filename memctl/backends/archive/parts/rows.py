"""Converts records to rows of a table and back, and refuses those that an archive can't hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from json import JSONDecoder
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from ....model.canonical import metadata_jsons
from ....model.record import OWNED_FIELDS
from ....model.records import Records, to_columns
from ...holding import Unheld, judge_importance, naming_half_characters
from ..errors import content_errors
from .parquet import COLUMNS, SCALARS, VECTOR, dimension_of, ids_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ....model.memory_type import MemoryType
    from ....model.record import MemoryRecord

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TEXTS: Final = ("id", "content", *OWNED_FIELDS)

_decode: Final = JSONDecoder().raw_decode


def to_table(
    records: Sequence[MemoryRecord], memory_type: MemoryType, dimension: int | None
) -> pa.Table:
    """Return a table with a row for each record.

    Args:
        records: all of one type.
        memory_type: the type.
        dimension: the dimension of the type's vectors so far, `None` if it has none.

    Raises:
        Exception: one of `holding.REFUSALS`, with the reason why an archive can't hold one.
    """
    columns = to_columns(records)
    arrays = {
        **{name: _texts(name, columns[name]) for name in _TEXTS},
        "type": pa.array([str(memory_type)] * len(records), SCALARS["type"]),
        "importance": _numbers(columns["importance"]),
        "created_at": _times(columns["created_at"]),
        "metadata": _objects(columns["metadata"]),
        VECTOR: _vectors(columns["embedding"], dimension),
    }
    return pa.table({name: arrays[name] for name in COLUMNS})


def _texts(name: str, texts: Sequence[str | None]) -> pa.Array:
    if not all(issubclass(kind, str | NoneType) for kind in {*map(type, texts)}):
        raise Unheld(f"its {name} is no text")
    with naming_half_characters(name):
        return pa.array(texts, pa.string())


def _numbers(values: Sequence[float | None]) -> pa.Array:
    judge_importance(values)
    # Arrow refuses integers that a float does not hold exactly.
    return pa.array([None if each is None else float(each) for each in values], pa.float64())


def _times(moments: Sequence[datetime | None]) -> pa.Array:
    zones = {each.tzinfo for each in moments if each is not None}
    if None in zones:
        raise Unheld("its time has no zone")
    if zones - {UTC}:
        # Arrow drops the microseconds of an offset, and accepts times outside of UTC's years.
        moments = [None if each is None else each.astimezone(UTC) for each in moments]
    return pa.array(moments, SCALARS["created_at"])


def _objects(values: Sequence[dict[str, Any]]) -> pa.Array:
    if not all(isinstance(each, dict) for each in values):
        raise Unheld("its metadata is not an object")
    return _texts("metadata", metadata_jsons(values))


def _vectors(vectors: Sequence[NDArray[np.float32] | None], known: int | None) -> pa.Array:
    there = [each for each in vectors if each is not None]
    for shape in {each.shape for each in there}:
        if len(shape) != 1 or not shape[0]:
            raise Unheld(f"its vector has the shape {shape}")
    dimension = len(there[0]) if there else known
    if dimension is None:
        return pa.nulls(len(vectors), pa.list_(pa.float32()))
    matrix = np.zeros((len(vectors), dimension), np.float32)
    missing = np.array([each is None for each in vectors], np.bool_)
    if there:
        matrix[~missing] = there
    flat = pa.array(matrix.reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, dimension, mask=pa.array(missing))


def to_records(table: pa.Table, memory_type: MemoryType, name: str) -> Records:
    """Return records of a table's rows; vectors are views of it, or `None` if not read.

    Args:
        table: rows of an archive's part.
        memory_type: their type.
        name: the part's name, for messages.

    Raises:
        DamagedStore: when a value is not what an archive writes.
    """
    with content_errors(name):
        values = _plain_values(table)
        columns = {
            **values,
            "id": ids_of(table, name),
            "type": [memory_type] * table.num_rows,
            "embedding": [*_each_vector(table)],
            "created_at": [*map(_moment, values["created_at"])],
            "metadata": [*map(_object, values["metadata"])],
        }
        return Records(columns)


def _plain_values(table: pa.Table) -> dict[str, list[Any]]:
    """Return the values of all columns but ids, types and vectors; times as microseconds."""
    if table.column("content").null_count:
        raise ValueError("a row without content")
    plain = table.select(["content", *OWNED_FIELDS, "importance", "metadata"])
    moments = table.column("created_at").cast(pa.int64())
    values: dict[str, list[Any]] = plain.append_column("created_at", moments).to_pydict()
    return values


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(0, 0, microseconds)


def _each_vector(table: pa.Table) -> Iterator[NDArray[np.float32] | None]:
    """Yield a read-only array or `None` per row; flatten() leaves out rows without one."""
    if dimension_of(table.schema) is None:
        yield from [None] * table.num_rows
        return
    for chunk in table.column(VECTOR).chunks:
        vectors = chunk.flatten().to_numpy().reshape(-1, chunk.type.list_size)
        if not chunk.null_count:
            yield from vectors
            continue
        rest = iter(vectors)
        for there in chunk.is_valid().to_pylist():
            yield next(rest) if there else None


def _object(text: str) -> dict[str, Any]:
    value, end = _decode(text)
    if end != len(text) or not isinstance(value, dict):
        raise TypeError("metadata that is not an object")
    return value

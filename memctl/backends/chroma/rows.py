"""The mapping between a record's fields and a Chroma row's metadata."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import islice
from math import isfinite
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, cast

from ...model.canonical import format_time, metadata_json, parse_time
from ...model.record import OWNED_FIELDS
from ...model.records import Records
from ..holding import exact_float, fits_bits, text_as_float, with_kept_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from ...formats.chroma import StoredCollection
    from ...model.memory_type import MemoryType
    from .store import Rows

JSON_KEY: Final = "memctl:json"
"""Holds as JSON what Chroma refuses or would change: nested values, nulls, lists, big integers."""

LAYOUT_KEY: Final = "memctl:layout"
LAYOUT: Final = 1
"""In a collection's metadata: its rows are memctl's own, in this version of the layout."""

EMBEDDER_KEY: Final = "memctl:embedder"
"""In a collection's metadata: the model that made its vectors."""

CREATED_KEY: Final = "created_at"
IMPORTANCE_KEY: Final = "importance"
EXACT_KEY: Final = "memctl:importance"
"""Holds as text an importance that chromadb would change."""

FIELD_KEYS: Final = frozenset({*OWNED_FIELDS, IMPORTANCE_KEY, CREATED_KEY})
_FINER: Final = re.compile(r"[.,]\d{7}").search
"""Matches nanoseconds, which Python's times don't hold."""
_INT_BITS: Final = 64
_EXACT_WHOLE: Final = 2**53
_EXACT_POWER: Final = 22
_MOST_KEYS: Final = 5000
"""Of a row's own metadata: chromadb inserts all of a row in one statement, and one of more than
5461 keys breaks the whole store, because SQLite takes no more parameters."""

_REFUSED_FIRST: Final = ("$", "#")
"""Chroma refuses keys that start with these, and keeps ``chroma:`` for itself."""


def is_own_layout(collection: StoredCollection) -> bool:
    """Return whether memctl made the collection."""
    return collection.metadata.get(LAYOUT_KEY) == LAYOUT


def to_metadatas(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return the metadata that the row of each record has.

    Args:
        columns: the records, as `to_columns` gives them.

    Raises:
        ValueError: when a record's metadata holds NaN or an infinity.
    """
    rows: list[dict[str, Any]] = [{} for _ in columns["id"]]
    for name in OWNED_FIELDS:
        _put(rows, name, columns[name])
    moments = columns["created_at"]
    _put(rows, CREATED_KEY, [None if each is None else format_time(each) for each in moments])
    for row, importance in zip(rows, columns["importance"], strict=True):
        if importance is not None:
            is_exact = _is_exact(number := float(importance))
            row[IMPORTANCE_KEY if is_exact else EXACT_KEY] = number if is_exact else repr(number)
    for row, metadata in zip(rows, columns["metadata"], strict=True):
        _add_metadata(row, metadata)
    return rows


def _put(rows: Sequence[dict[str, Any]], key: str, values: Sequence[Any]) -> None:
    for row, value in zip(rows, values, strict=True):
        if value is not None:
            row[key] = value


def _add_metadata(row: dict[str, Any], metadata: Mapping[str, Any]) -> None:
    """Add what fits as it is, and all else as JSON."""
    some = islice(metadata.items(), _MOST_KEYS)
    plain = {key: value for key, value in some if _is_plain(key) and _survives(value)}
    row.update(plain)
    if len(plain) < len(metadata):
        rest = {key: value for key, value in metadata.items() if key not in plain}
        row[JSON_KEY] = metadata_json(rest)


def _is_plain(key: str) -> bool:
    """Return whether Chroma takes the key, and no field of a record is kept under it."""
    return bool(key) and key not in FIELD_KEYS and key[0] not in _REFUSED_FIRST and ":" not in key


def _survives(value: object) -> bool:
    """Return whether chromadb takes the value and gives it back unchanged."""
    kind = type(value)
    if kind is int:
        return fits_bits(cast("int", value), _INT_BITS)
    return kind is str or kind is bool or (kind is float and _is_exact(cast("float", value)))


def _is_exact(value: float) -> bool:
    """Return whether chromadb gives the number back unchanged.

    Its queue keeps metadata as JSON, which it parses fast: exact are numbers of less than 2**53
    without the point, and a power of ten up to 22 (serde_json's `f64_from_parts`).
    """
    if not isfinite(value):
        return False
    _, digits, exponent = Decimal(repr(value)).as_tuple()
    whole = int("".join(map(str, digits)))
    return whole < _EXACT_WHOLE and isinstance(exponent, int) and abs(exponent) <= _EXACT_POWER


def to_records(
    rows: Rows, memory_type: MemoryType, *, crew_id: str | None, with_row_times: bool
) -> Records:
    """Return rows as records; the rows' metadata is taken apart for it.

    Args:
        rows: as they were read, and not needed any more.
        memory_type: the type that the collection holds.
        crew_id: the crew that the collection's name gives; a row's own crew wins.
        with_row_times: whether a row that names no time has the one at which Chroma wrote it.
    """
    metadatas = rows.metadatas
    columns: dict[str, Sequence[Any]] = {
        "id": rows.ids,
        "type": [memory_type] * len(rows.ids),
        "content": [document or "" for document in rows.documents],
        "embedding": _vectors(rows),
        **{name: _take_texts(metadatas, name) for name in OWNED_FIELDS},
        "importance": [
            _take_importance(each) if IMPORTANCE_KEY in each or EXACT_KEY in each else None
            for each in metadatas
        ],
        "created_at": [_take_time(each) for each in metadatas],
    }
    if crew_id is not None:
        columns["crew_id"] = [crew_id if each is None else each for each in columns["crew_id"]]
    if with_row_times:
        times = zip(columns["created_at"], rows.created_at, strict=True)
        columns["created_at"] = [own or of_row for own, of_row in times]
    columns["metadata"] = [
        with_kept_json(each, JSON_KEY) if JSON_KEY in each else each for each in metadatas
    ]
    return Records(columns)


def _vectors(rows: Rows) -> list[NDArray[np.float32] | None]:
    vectors = rows.embeddings
    if vectors is None:
        return [None] * len(rows.ids)
    return [
        vector if is_there else None
        for vector, is_there in zip(vectors, rows.has_embedding, strict=True)
    ]


def _take_texts(metadatas: Sequence[dict[str, Any]], name: str) -> list[str | None]:
    """Return the text under a key, taken out of each row; other values stay in the metadata."""
    found = [each.pop(name, None) for each in metadatas]
    if {*map(type, found)} <= {str, NoneType}:
        return found
    for metadata, value in zip(metadatas, found, strict=True):
        if value is not None and not isinstance(value, str):
            metadata[name] = value
    return [value if isinstance(value, str) else None for value in found]


def _take_time(metadata: dict[str, Any]) -> datetime | None:
    """Return the time; its text stays in the metadata if it says more, or is no time."""
    text = metadata.get(CREATED_KEY)
    if not isinstance(text, str):
        return None
    moment = parse_time(text)
    if moment is not None and not _FINER(text):
        del metadata[CREATED_KEY]
    return moment


def _take_importance(metadata: dict[str, Any]) -> float | None:
    """Return the importance, in either form; what no float holds exactly stays in the metadata."""
    for key, read in ((IMPORTANCE_KEY, exact_float), (EXACT_KEY, text_as_float)):
        number = read(metadata[key]) if key in metadata else None
        if number is not None:
            del metadata[key]
            return number
    return None

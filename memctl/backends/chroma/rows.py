"""How a record's fields lie in a Chroma row's metadata; not how rows are read or written."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from ...model.canonical import format_time, metadata_json, parse_time, read_json
from ...model.record import OWNED_FIELDS, MemoryRecord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from ...formats.chroma import StoredCollection
    from ...model.memory_type import MemoryType

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
_INT64: Final = 2**63
_EXACT_WHOLE: Final = 2**53
_EXACT_POWER: Final = 22
_MOST_KEYS: Final = 5000
"""Of a row's own metadata: chromadb inserts all of a row in one statement, and one of more than
5461 keys breaks the whole store, because SQLite takes no more parameters."""

_REFUSED_FIRST: Final = ("$", "#")
"""Chroma refuses keys that start with these, and keeps ``chroma:`` for itself."""


def is_own_layout(collection: StoredCollection) -> bool:
    """Say whether memctl made the collection."""
    return collection.metadata.get(LAYOUT_KEY) == LAYOUT


def to_metadata(record: MemoryRecord) -> dict[str, Any]:
    """Return the metadata that a row of the record has.

    Raises:
        ValueError: when the record's metadata holds NaN or an infinity.
    """
    row: dict[str, Any] = {}
    for name in OWNED_FIELDS:
        if (value := getattr(record, name)) is not None:
            row[name] = value
    if record.importance is not None:
        importance = float(record.importance)
        is_exact = _survives(importance)
        row[IMPORTANCE_KEY if is_exact else EXACT_KEY] = (
            importance if is_exact else repr(importance)
        )
    if record.created_at is not None:
        row[CREATED_KEY] = format_time(record.created_at)
    rest = {}
    for number, (key, value) in enumerate(record.metadata.items()):
        if number < _MOST_KEYS and _fits(key, value):
            row[key] = value
        else:
            rest[key] = value
    if rest:
        row[JSON_KEY] = metadata_json(rest)
    return row


def _fits(key: str, value: object) -> bool:
    """Say whether Chroma takes the value under the key and gives it back unchanged."""
    if not key or key in FIELD_KEYS or key.startswith(_REFUSED_FIRST) or ":" in key:
        return False
    if isinstance(value, bool | str):
        return True
    if isinstance(value, int):
        return -_INT64 <= value < _INT64
    return isinstance(value, float) and _survives(value)


def _survives(value: float) -> bool:
    """Say whether chromadb gives the number back unchanged.

    Its queue keeps metadata as JSON, which it parses fast: exact are numbers of less than 2**53
    without the point, and a power of ten up to 22 (serde_json's `f64_from_parts`).
    """
    if not isfinite(value):
        return False
    _, digits, exponent = Decimal(repr(value)).as_tuple()
    whole = int("".join(map(str, digits)))
    return whole < _EXACT_WHOLE and isinstance(exponent, int) and abs(exponent) <= _EXACT_POWER


def to_record(
    row_id: str,
    document: str | None,
    metadata: Mapping[str, Any],
    embedding: NDArray[np.float32] | None,
    *,
    memory_type: MemoryType,
    crew_id: str | None,
    row_created: datetime | None,
) -> MemoryRecord:
    """Return the record that a row is.

    Args:
        row_id: the row's id.
        document: its text, if it has any.
        metadata: its metadata.
        embedding: its vector.
        memory_type: the type that the collection holds.
        crew_id: the crew that the collection's name gives; a row's own crew wins.
        row_created: when Chroma wrote the row, for rows that name no time themselves.
    """
    rest = dict(metadata)
    group, crew, agent, session, scope = [
        rest.pop(name) if isinstance(rest.get(name), str) else None for name in OWNED_FIELDS
    ]
    created = rest.get(CREATED_KEY)
    moment = parse_time(created) if isinstance(created, str) else None
    if moment is not None:
        del rest[CREATED_KEY]
    return MemoryRecord(
        row_id,
        memory_type,
        document or "",
        embedding,
        group,
        crew_id if crew is None else crew,
        agent,
        session,
        scope,
        _take_importance(rest),
        moment or row_created,
        _with_json(rest) if JSON_KEY in rest else rest,
    )


def _take_importance(rest: dict[str, Any]) -> float | None:
    """Take out the importance, in either form; what no float holds exactly stays where it is."""
    plain = _as_float(rest.get(IMPORTANCE_KEY))
    if plain is not None:
        del rest[IMPORTANCE_KEY]
        return plain
    with suppress(TypeError, ValueError):
        exact = _as_float(float(rest[EXACT_KEY])) if EXACT_KEY in rest else None
        if exact is not None:
            del rest[EXACT_KEY]
            return exact
    return None


def _as_float(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value) if float(value) == value else None


def _with_json(metadata: dict[str, Any]) -> dict[str, Any]:
    """Put back what was kept as JSON; text that is not ours stays as it is."""
    text = metadata[JSON_KEY]
    try:
        kept = read_json(text) if isinstance(text, str) else None
    except ValueError:
        return metadata
    beside = {key: value for key, value in metadata.items() if key != JSON_KEY}
    if not isinstance(kept, dict) or kept.keys() & beside.keys():
        return metadata
    return beside | kept

"""Converts a record to a row of an index and back, as its layout says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from ....model.canonical import format_time, metadata_json, parse_time
from ....model.record import OWNED_FIELDS, MemoryRecord
from ...holding import (
    DOUBLE_BITS,
    RECORD_KEY,
    Unheld,
    as_utf8_and_json,
    fits_bits,
    read_object,
    take_mark,
)
from ..indexes.layouts import NAMES_FOR_CONTENT
from ..indexes.schema import INTEGER_BITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ....model.memory_type import MemoryType
    from ..indexes.layouts import Layout

COLUMNS_KEY: Final = "memctl:columns"
"""In the metadata: columns of another program whose names its own JSON uses for something else."""

_SAME_TIME: Final = timedelta(milliseconds=1)
"""Kasal asks the clock twice for the two columns of a row."""


def to_row(record: MemoryRecord, layout: Layout) -> dict[str, Any]:
    """Return the row that holds all of a record, which has an id and a vector.

    Raises:
        Unheld: when the index has no column for something that the record has.
    """
    import numpy as np

    row: dict[str, Any] = {}
    row[layout.key] = _key(record.id, layout)
    row[_needed(layout.vector, "a vector")] = np.ascontiguousarray(record.embedding, np.float32)
    rest, exact = _fill(record, layout, row)
    if layout.json is None:
        if rest or exact:
            raise Unheld(f"the index has no column for {', '.join(sorted([*exact, *rest]))}")
        return row
    if RECORD_KEY in rest:
        exact["metadata"], rest = rest, {}
    with as_utf8_and_json():
        row[layout.json] = metadata_json({**rest, RECORD_KEY: exact} if exact else rest)
        for text in (each for each in row.values() if isinstance(each, str)):
            text.encode()
    return row


def unheld_fields(record: MemoryRecord, layout: Layout) -> list[str]:
    """Name what of a record the index has no column for; a JSON column takes everything."""
    if layout.json is not None:
        return []
    rest, exact = _fill(record, layout, {})
    return sorted([*exact, *rest])


def _fill(
    record: MemoryRecord, layout: Layout, row: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fill columns; return the metadata and the fields that none of them holds exactly."""
    exact: dict[str, Any] = {}
    for name in OWNED_FIELDS:
        value = getattr(record, name)
        if value is not None:
            _put(layout.fields.get(name), name, value, row, exact)
    _put(layout.content, "content", record.content, row, exact)
    if record.importance is not None:
        importance = float(record.importance)
        column = layout.fields.get("importance")
        _put(column, "importance", importance, row, exact)
        if column is not None and not _fits(importance, layout.columns[column]):
            exact["importance"] = importance
    if record.created_at is not None:
        moment = format_time(record.created_at)
        row.update(dict.fromkeys(layout.times, moment))
        if not layout.has_exact_time:
            exact["created_at"] = moment
    rest: dict[str, Any] = {}
    for key, value in record.metadata.items():
        holds = layout.is_free(key) and _fits(value, layout.columns[key])
        (row if holds else rest)[key] = value
    return rest, exact


def _put(
    column: str | None, name: str, value: Any, row: dict[str, Any], exact: dict[str, Any]
) -> None:
    if column is None:
        exact[name] = value
    else:
        row[column] = value


def _fits(value: object, column_type: str) -> bool:
    """Return whether a column gives the value back as it was, of the same type."""
    if isinstance(value, bool):
        return column_type == "boolean"
    if isinstance(value, str):
        return column_type == "string"
    if isinstance(value, int):
        # Every number comes back from a scan as a double.
        bits = min(INTEGER_BITS.get(column_type, 0), DOUBLE_BITS)
        return bits > 0 and fits_bits(value, bits)
    if isinstance(value, float) and isfinite(value):
        return column_type == "double" or (column_type == "float" and _is_single(value))
    return False


def _is_single(value: float) -> bool:
    import numpy as np

    with np.errstate(over="ignore"):
        return float(np.float32(value)) == value


def _key(record_id: str, layout: Layout) -> str | int:
    if layout.has_text_keys:
        return record_id
    if not record_id.removeprefix("-").isdecimal():
        raise Unheld("its id is no number, and the index wants one")
    return int(record_id)


def _needed(column: str | None, what: str) -> str:
    if column is None:
        raise Unheld(f"the index has no column for {what}")
    return column


def to_record(row: Mapping[str, Any], layout: Layout, memory_type: MemoryType) -> MemoryRecord:
    """Return the record that a row is; its vector may be left out.

    Args:
        row: column -> value, without nulls.
        layout: what the columns mean.
        memory_type: the type that the index holds.
    """
    written = row.get(layout.json) if layout.json else None
    kept = read_object(written)
    metadata = {} if kept is None else kept
    exact = take_mark(metadata)
    metadata = exact.get("metadata", metadata)
    created_at, others = _read_times(row, layout, exact.get("created_at"))
    rest = {name: value for name, value in row.items() if name not in layout.meant} | others
    if kept is None and written is not None and layout.json:
        rest[layout.json] = written
    fields = {name: row.get(column) for name, column in layout.fields.items()}
    importance = exact.get("importance", fields.pop("importance", None))
    return MemoryRecord(
        id=str(row[layout.key]),
        type=memory_type,
        content=_content(row, layout, exact),
        embedding=row.get(layout.vector) if layout.vector else None,
        importance=None if importance is None else float(importance),
        created_at=created_at,
        metadata=_merge(metadata, rest),
        **{name: exact.get(name, fields.get(name)) for name in OWNED_FIELDS},
    )


def _content(row: Mapping[str, Any], layout: Layout, exact: Mapping[str, Any]) -> str:
    kept = exact.get("content") if layout.content is None else row.get(layout.content)
    return str(row.get(NAMES_FOR_CONTENT, "") if kept is None else kept)


def _merge(metadata: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    """Put columns beside the metadata; Kasal writes some values to both places."""
    apart = {
        name: value
        for name, value in columns.items()
        if name in metadata and metadata[name] != value
    }
    return {**columns, **metadata, **({COLUMNS_KEY: apart} if apart else {})}


def _read_times(
    row: Mapping[str, Any], layout: Layout, exact: object
) -> tuple[datetime | None, dict[str, Any]]:
    """Return the time of creation, and the columns of time that say something else."""
    found = {name: _moment(row[name]) for name in layout.times if name in row}
    created_at = _moment(exact) or next((each for each in found.values() if each), None)
    others = {
        name: row[name]
        for name, moment in found.items()
        if moment is None or created_at is None or abs(moment - created_at) >= _SAME_TIME
    }
    return created_at, others


def _moment(value: object) -> datetime | None:
    """Read a time; where the service gives a number, it is milliseconds since the epoch."""
    if isinstance(value, str):
        return parse_time(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return None

"""Converts records to rows of CrewAI's Lance table and back.

CrewAI itself understands the rows. Fields that it has no column for, such as memory type and group,
are kept as JSON under one reserved key of the row's metadata.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from ....model.canonical import canonical_json, metadata_json, parse_time, read_json
from ....model.memory_type import MemoryType
from ....model.record import OWNED_FIELDS, MemoryRecord
from ...holding import RECORD_KEY, read_object, take_mark
from .scopes import ROOT, agent_of, crew_of, scope_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

COLUMNS: Final = (
    "id",
    "content",
    "scope",
    "categories_str",
    "metadata_str",
    "importance",
    "created_at",
    "last_accessed",
    "source",
    "private",
)
"""All but ``vector``, in CrewAI's order."""

LABELS: Final = {
    MemoryType.SHORT_TERM: "short-term",
    MemoryType.LONG_TERM: "long-term",
    MemoryType.ENTITY: "entity",
    MemoryType.DOCUMENT: "document",
}
"""The category that a record of another type than `unified` gets."""

_LIFTED: Final = ("categories", "source", "private", "last_accessed")
"""Metadata keys for which CrewAI has a column; a value is kept there if it fits."""
_BESIDE: Final = "crewai:"
"""Prefix of such a key if the row's own metadata has another value under it."""
_UNSEEN: Final = "unseen"
"""In the mark: CrewAI fills this column, and the record had no value for it."""
_RESTORED: Final = "metadata"
"""In the mark: metadata of the record's own under the reserved key."""
_USUAL_IMPORTANCE: Final = 0.5


def to_row(record: MemoryRecord, now: datetime) -> dict[str, Any]:
    """Return the row of a record, without its vector.

    Args:
        record: the record.
        now: the time of records that have none.

    Raises:
        ValueError: when the metadata holds NaN or an infinity.
    """
    scope = record.scope
    if scope is None or not scope.startswith(ROOT):
        scope = scope_for(record.crew_id, record.agent_id)
    created = _naive(record.created_at or now)
    metadata = dict(record.metadata)
    lifted = {key: _lift(metadata, key) for key in _LIFTED}
    label = LABELS.get(record.type)
    importance = _USUAL_IMPORTANCE if record.importance is None else record.importance
    row = {
        "id": record.id,
        "content": record.content,
        "scope": scope,
        "categories_str": canonical_json([*filter(None, [label]), *(lifted["categories"] or [])]),
        "importance": min(max(float(importance), 0.0), 1.0),
        "created_at": created,
        "last_accessed": lifted["last_accessed"] or created,
        "source": lifted["source"] or "",
        "private": bool(lifted["private"]),
    }
    mark = _mark(record, row)
    if lifted["last_accessed"] is None:
        mark[_UNSEEN] = ["last_accessed"]
    if RECORD_KEY in metadata:
        mark[_RESTORED] = metadata.pop(RECORD_KEY)
    if mark:
        metadata[RECORD_KEY] = mark
    return {**row, "metadata_str": metadata_json(metadata)}


def to_record(
    row: Mapping[str, Any], record_id: str, embedding: NDArray[np.float32] | None
) -> MemoryRecord:
    """Return the record of a row.

    Args:
        row: the columns, but for the vector.
        record_id: the row's id, or another where several rows have it.
        embedding: its vector.
    """
    metadata, mark = read_metadata(row["metadata_str"])
    values = {**_native(row), **read_mark(mark)}
    categories = _json_list(row["categories_str"])
    if categories[:1] == [LABELS.get(values["type"])]:
        del categories[0]
    unseen = mark.get(_UNSEEN, ())
    columns = {
        "categories": categories,
        "source": row["source"],
        "private": row["private"],
        "last_accessed": None if "last_accessed" in unseen else row["last_accessed"],
        "created_at": None if parse_time(row["created_at"] or "") else row["created_at"],
    }
    for key, value in columns.items():
        if value:
            metadata[_BESIDE + key if key in metadata else key] = value
    if _RESTORED in mark:
        metadata[RECORD_KEY] = mark[_RESTORED]
    return MemoryRecord(
        id=record_id, content=row["content"] or "", embedding=embedding, metadata=metadata, **values
    )


def read_metadata(text: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a row's metadata and its mark; text that is no JSON object is kept under a key."""
    found = read_object(text or "{}")
    return ({"metadata_str": text}, {}) if found is None else (found, take_mark(found))


def is_object(text: str | None) -> bool:
    """Return whether a row's metadata is a JSON object, as CrewAI writes it."""
    return read_object(text or "{}") is not None


def read_mark(mark: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields in a mark; what memctl would not write there is ignored."""
    given: dict[str, Any] = {
        name: mark[name]
        for name in OWNED_FIELDS
        if name in mark and isinstance(mark[name], str | None)
    }
    if "type" in mark:
        known = mark["type"] in [*MemoryType]
        given["type"] = MemoryType(mark["type"]) if known else MemoryType.UNIFIED
    if "importance" in mark and (mark["importance"] is None or _is_float(mark["importance"])):
        given["importance"] = mark["importance"]
    if "created_at" in mark:
        given["created_at"] = None
    return given


def _is_float(value: object) -> bool:
    return isinstance(value, float) and isfinite(value)


def _native(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as CrewAI reads them."""
    scope = row["scope"] or ROOT
    return {
        "type": MemoryType.UNIFIED,
        "group_id": None,
        "crew_id": crew_of(scope),
        "agent_id": agent_of(scope),
        "session_id": None,
        "scope": scope,
        "importance": row["importance"] if _is_float(row["importance"]) else None,
        "created_at": parse_time(row["created_at"] or ""),
    }


def _mark(record: MemoryRecord, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that `_native` would not give back."""
    native = _native(row)
    differing = {
        each.name: getattr(record, each.name)
        for each in fields(record)
        if each.name in native and getattr(record, each.name) != native[each.name]
    }
    if "created_at" in differing:
        differing["created_at"] = None
    return differing


def _lift(metadata: dict[str, Any], key: str) -> Any:
    """Remove and return a value that fits CrewAI's column; `None` if there is none."""
    beside = _BESIDE + key
    name = beside if key in metadata and beside in metadata else key
    if not _fits(key, metadata.get(name)):
        return None
    return metadata.pop(name)


def _fits(key: str, value: Any) -> bool:
    match key:
        case "categories":
            is_list = isinstance(value, list) and bool(value)
            return is_list and all(isinstance(each, str) for each in value)
        case "private":
            return value is True
        case "last_accessed":
            return isinstance(value, str) and parse_time(value) is not None
    return isinstance(value, str) and bool(value)


def _json_list(text: str | None) -> list[Any]:
    try:
        found = read_json(text or "[]")
    except ValueError:
        found = [text]
    return found if isinstance(found, list) else [found]


def _naive(moment: datetime) -> str:
    """Return a time as CrewAI 1.10 to 1.15 writes it: ISO 8601 in UTC without an offset."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()

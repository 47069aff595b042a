"""Which records an archive can hold, and their metadata as text; not how rows become Parquet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from ...model.canonical import canonical_json
from ...model.record import OWNED_FIELDS
from ..base import Failure, FailureReason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model.record import MemoryRecord

DEEPEST: Final = 400
"""How deep metadata may be nested: Python's parser gives up at about a thousand."""


_TEXTS: Final = ("id", "content", *OWNED_FIELDS)


@dataclass(frozen=True, slots=True)
class Row:
    """A record that an archive can hold, and its metadata as canonical JSON."""

    record: MemoryRecord
    metadata: str


def sort_out(records: Sequence[MemoryRecord]) -> tuple[list[Row], dict[str, Failure]]:
    """Divide records into those that an archive can hold and those that it refuses, and why."""
    rows, failed = [], {}
    for record in records:
        try:
            rows.append(_row(record))
        except (ArithmeticError, RecursionError, TypeError, ValueError) as exc:
            failed[record.id] = Failure(FailureReason.REFUSED, f"an archive can't hold it: {exc}")
    return rows, failed


def _row(record: MemoryRecord) -> Row:
    if not isinstance(record.metadata, dict):
        raise TypeError("its metadata is not an object")
    metadata = canonical_json(record.metadata)
    for name in _TEXTS:
        _check_text(name, getattr(record, name))
    _check_text("metadata", metadata)
    if len(metadata) > 2 * DEEPEST and _depth(record.metadata) > DEEPEST:
        raise ValueError(f"its metadata is nested more than {DEEPEST} deep")
    if record.importance is not None and not math.isfinite(record.importance):
        raise ValueError(f"its importance is {record.importance}")
    if record.created_at is not None:
        if record.created_at.tzinfo is None:
            raise ValueError("its time has no zone")
        record.created_at.astimezone(UTC)
    if record.embedding is not None and (record.embedding.ndim != 1 or not record.embedding.size):
        raise ValueError(f"its vector has the shape {record.embedding.shape}")
    return Row(record, metadata)


def _check_text(name: str, text: str | None) -> None:
    if text is None:
        return
    if not isinstance(text, str):
        raise TypeError(f"its {name} is no text")
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        lone = f"U+{ord(text[exc.start]):04X}"
        raise ValueError(f"its {name} holds half a character ({lone}), which is no UTF-8") from None


def _depth(value: Any) -> int:
    """Measure nesting level by level, since what is meant to be deep would end any recursion."""
    depth, level = 0, [value]
    while level := [each for each in level if isinstance(each, dict | list | tuple)]:
        depth += 1
        level = [
            inner for each in level for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return depth

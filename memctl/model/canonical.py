"""One spelling for JSON and times, and one key for a record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from .bounded import depth_of, parse_json
from .record import ORIGIN_KEY, own_metadata, plain_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .record import MemoryRecord

_ENCODER: Final = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
)
_OF_ANY_NUMBER: Final = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=True
)
"""Spells what a store of another program may hold, and no store of ours: NaN and infinities."""

_NAN_AS_TEXT: Final = json.JSONDecoder(parse_constant=str).decode

_BETWEEN: Final = uuid4().hex
"""A text that stands in nobody's metadata."""
_BEFORE: Final = f'"{_BETWEEN}",'

DEEPEST: Final = 400
"""How deep metadata may be nested: Python's parser gives up at about a thousand levels, and what
compares two values takes two calls for each."""
_OUR_OWN: Final = 10
"""How many levels a backend may put around it."""


def canonical_json(value: object) -> str:
    """Write JSON with sorted keys, without spaces and without escapes.

    Raises:
        ValueError: for NaN and infinities, which JSON does not have.
        TypeError: for what is not JSON at all.
    """
    return _ENCODER.encode(value)


def metadata_json(metadata: Mapping[str, Any]) -> str:
    """Write a record's metadata as canonical JSON.

    Raises:
        ValueError: for NaN and infinities, and for what is nested more than `DEEPEST` deep.
        TypeError: for what is not JSON at all.
    """
    return metadata_jsons([metadata])[0]


def metadata_jsons(metadatas: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write the metadata of each record as canonical JSON.

    Raises:
        ValueError: for NaN and infinities, and for what is nested more than `DEEPEST` deep.
        TypeError: for what is not JSON at all.
    """
    if not metadatas:
        return []
    # Making the encoder ready takes longer than all that it writes of one record.
    together = _ENCODER.encode([each for metadata in metadatas for each in (_BETWEEN, metadata)])
    texts = together[len(_BEFORE) + 1 : -1].split(f",{_BEFORE}")
    for text, metadata in zip(texts, metadatas, strict=True):
        if len(text) > 2 * DEEPEST and depth_of(metadata, DEEPEST) > DEEPEST:
            raise ValueError(f"its metadata is nested more than {DEEPEST} deep")
    return texts


def read_json(text: str) -> Any:
    """Read JSON that another program may have written; NaN, which is none, as text.

    Raises:
        ValueError: when it is none, or nested so deep that nobody could write it again.
    """
    return parse_json(text, decode=_NAN_AS_TEXT, deepest=DEEPEST + _OUR_OWN)


def format_time(moment: datetime) -> str:
    """Write an aware time as RFC 3339 UTC, microseconds only where there are any."""
    in_utc = moment.astimezone(UTC)
    # Of an aware time, `isoformat` takes twice as long as of its two parts.
    return f"{in_utc.date().isoformat()}T{in_utc.time().isoformat()}Z"


def parse_time(text: str) -> datetime | None:
    """Read ISO 8601, a time without zone as UTC; `None` when it is no time."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def record_key(record: MemoryRecord) -> int:
    """Hash all that a record holds, also the note of where a copy came from; fast.

    Returns:
        A number of 64 bits that means something in this process only: Python's hash has a secret of
        its own in each. Two different records have the same with a chance of one in 2**64.
    """
    vector = record.embedding
    return hash(
        (
            plain_values(record),
            _OF_ANY_NUMBER.encode(own_metadata(record)),
            repr(record.metadata.get(ORIGIN_KEY)),
            None if vector is None else vector.astype("<f4", copy=False).tobytes(),
        )
    )

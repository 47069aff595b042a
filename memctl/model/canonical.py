"""One spelling for JSON and times, and one digest for a record; not how results look."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from .record import own_metadata

if TYPE_CHECKING:
    from .record import MemoryRecord

_ENCODER: Final = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
)


def canonical_json(value: object) -> str:
    """Write JSON with sorted keys, without spaces and without escapes.

    Raises:
        ValueError: for NaN and infinities, which JSON does not have.
        TypeError: for what is not JSON at all.
    """
    return _ENCODER.encode(value)


def format_time(moment: datetime) -> str:
    """Write an aware time as RFC 3339 UTC, microseconds only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_time(text: str) -> datetime | None:
    """Read ISO 8601, a time without zone as UTC; `None` when it is no time."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _spell(value: str | float | None) -> str:
    return "null" if value is None else _ENCODER.encode(value)


def record_digest(record: MemoryRecord, *, with_embedding: bool = True) -> int:
    """Digest all that a record holds, where a copy came from apart.

    What is digested is the canonical JSON of its fields, then the vector's bytes; the object is
    spelled out here because a generic encoder takes twice as long for it.

    Returns:
        A number below 2**256. The sum of all of a store's digests modulo 2**256 says, in any order,
        whether two stores hold the same records.
    """
    spelled = (
        f'{{"agent_id":{_spell(record.agent_id)},"content":{_spell(record.content)}'
        f',"created_at":{_spell(format_time(record.created_at) if record.created_at else None)}'
        f',"crew_id":{_spell(record.crew_id)},"group_id":{_spell(record.group_id)}'
        f',"id":{_spell(record.id)},"importance":{_spell(record.importance)}'
        f',"metadata":{canonical_json(own_metadata(record))},"scope":{_spell(record.scope)}'
        f',"session_id":{_spell(record.session_id)},"type":{_spell(record.type)}}}'
    )
    digest = sha256(spelled.encode("utf-8", "surrogatepass"))
    if with_embedding and record.embedding is not None:
        digest.update(record.embedding.astype("<f4", copy=False).tobytes())
    return int.from_bytes(digest.digest())


DIGEST_MODULUS = 2**256

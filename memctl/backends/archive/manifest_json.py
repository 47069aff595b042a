"""Writes a manifest as JSON and reads it back."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from ...model.bounded import parse_json
from ...model.canonical import canonical_json, format_time, parse_time
from ...model.errors import UnsupportedSchema
from ...model.memory_type import MemoryType
from .errors import content_errors
from .manifest import MANIFEST, Contents, Manifest, Part, parse_part_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .manifest import Owner

FORMAT: Final = "memctl-archive"
FORMAT_VERSION: Final = 1
_SEAL: Final = "manifest_sha256"
"""Key of the hash over the rest of the manifest."""

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


def write_manifest(manifest: Manifest) -> bytes:
    """Return a manifest as JSON with a hash over itself."""
    owners = [owner for contents in manifest.types.values() for owner in contents.owners]
    document: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "finished": manifest.finished,
        "memctl_version": manifest.memctl_version,
        "created_at": format_time(manifest.created_at) if manifest.created_at else None,
        "source": manifest.source,
        "metric": manifest.metric,
        "embedder": manifest.embedder,
        "groups": _distinct(group for group, _ in owners),
        "crews": _distinct(crew for _, crew in owners),
        "records": manifest.records,
        "digest": f"{manifest.digest:064x}",
        "types": {each: _write_contents(manifest.types[each]) for each in manifest.types},
    }
    document[_SEAL] = _seal(document)
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _write_contents(contents: Contents) -> dict[str, Any]:
    return {
        "records": contents.records,
        "dimension": contents.dimension,
        "owners": [
            {"group_id": group, "crew_id": crew, "records": records}
            for (group, crew), records in contents.owners.items()
        ],
        "parts": [
            {"name": each.name, "records": each.records, "bytes": each.size, "sha256": each.sha256}
            for each in contents.parts
        ],
    }


def read_manifest(data: bytes) -> Manifest:
    """Return the manifest from JSON.

    Raises:
        UnsupportedSchema: when its format version is newer.
        DamagedStore: when it is no manifest, was changed, or contradicts itself.
    """
    with content_errors(MANIFEST):
        document = parse_json(data, decode=partial(json.loads, object_pairs_hook=_without_repeats))
        _check_format(document)
        if document.get(_SEAL) != _seal(document):
            raise ValueError(f"its own hash `{_SEAL}` does not match")
        return _read_document(document)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    repeated = [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]
    if repeated:
        raise ValueError(f"the key {repeated[0]!r} is there twice")
    return dict(pairs)


def _check_format(document: Any) -> None:
    """Check the version before the rest, which a newer version may write differently."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"it does not name the format `{FORMAT}`")
    version = _count(document.get("format_version"), "format_version")
    if version > FORMAT_VERSION:
        raise UnsupportedSchema(
            f"the archive has format version {version}, and this memctl reads {FORMAT_VERSION}",
            hint="upgrade memctl",
        )
    if version < 1:
        raise ValueError(f"there is no format version {version}")


def _seal(document: dict[str, Any]) -> str:
    rest = {key: value for key, value in document.items() if key != _SEAL}
    return sha256(canonical_json(rest).encode()).hexdigest()


def _read_document(document: dict[str, Any]) -> Manifest:
    created_at = _text_or_none(document["created_at"], "created_at")
    if not isinstance(document["types"], dict):
        raise TypeError("`types` is not an object")
    manifest = Manifest(
        finished=document["finished"] is True,
        types={
            MemoryType(name): _read_contents(MemoryType(name), contents)
            for name, contents in document["types"].items()
        },
        digest=int(_hash(document["digest"]), 16),
        source=_text_or_none(document["source"], "source"),
        metric=_text_or_none(document["metric"], "metric"),
        embedder=_text_or_none(document["embedder"], "embedder"),
        created_at=parse_time(created_at) if created_at else None,
        memctl_version=_text_or_none(document["memctl_version"], "memctl_version"),
    )
    if manifest.records != document["records"]:
        raise ValueError("its count of records is not the sum over its parts")
    return manifest


def _read_contents(memory_type: MemoryType, document: dict[str, Any]) -> Contents:
    dimension = document["dimension"]
    contents = Contents(
        dimension=None if dimension is None else _count(dimension, "dimension"),
        owners=dict(map(_read_owner, document["owners"])),
        parts=tuple(_read_part(memory_type, each) for each in document["parts"]),
    )
    numbers = [part.number for part in contents.parts]
    if numbers != sorted(set(numbers)):
        raise ValueError(f"the parts of `{memory_type}` are not in order, or one is there twice")
    if not contents.records == sum(contents.owners.values()) == document["records"]:
        raise ValueError(f"its counts of `{memory_type}` contradict each other")
    return contents


def _read_owner(document: dict[str, Any]) -> tuple[Owner, int]:
    group = _text_or_none(document["group_id"], "group_id")
    crew = _text_or_none(document["crew_id"], "crew_id")
    return (group, crew), _count(document["records"], "records")


def _read_part(memory_type: MemoryType, document: dict[str, Any]) -> Part:
    """Return a part; only its exact name is accepted, so no path can leave the directory."""
    place = parse_part_name(document["name"])
    if place is None or place[0] is not memory_type:
        raise ValueError(f"{document['name'][:80]!r} is not the name of a part of `{memory_type}`")
    return Part(
        type=memory_type,
        number=place[1],
        records=_count(document["records"], "records"),
        size=_count(document["bytes"], "bytes"),
        sha256=_hash(document["sha256"]),
    )


def _count(value: Any, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"`{key}` is not a whole number")
    return value


def _text_or_none(value: Any, key: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError(f"`{key}` is not a text")
    return value


def _hash(value: Any) -> str:
    if not isinstance(value, str) or not _SHA256.match(value):
        raise ValueError(f"{str(value)[:80]!r} is not a sha256")
    return value


def _distinct(names: Iterable[str | None]) -> list[str]:
    return sorted({name for name in names if name is not None})

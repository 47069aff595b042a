"""What a backup of files says of itself, and whether its files are what it says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import file_digest, sha256
from typing import TYPE_CHECKING, Any, Final

from ... import __version__
from ...backends.collection_clearing import KeptFiles
from ...formats.opening import read_regular
from ...model.bounded import parse_json
from ...model.canonical import canonical_json, format_time, parse_time
from ...model.errors import DamagedStore
from ...model.memory_type import MemoryType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ...model.backend.collection import Collection

LISTING: Final = "files.json"
FILES: Final = "files"
UNFINISHED: Final = ".partial"
"""Stands behind the name of a backup that is still being written."""
_FORMAT: Final = "memctl-files"
_WITHOUT_DIGEST: Final = 1
"""The version whose listings were all of clearings, and had no digest."""
_FORMAT_VERSION: Final = 2


class Kind(StrEnum):
    """Why files are kept, and so how they are put back."""

    CLEARING = "clearing"
    """They were changed by a clearing: `restore` puts them back where they were."""
    STORE = "store"
    """They are all that a store consists of."""


@dataclass(frozen=True, slots=True)
class FileKept:
    """One file of a backup.

    Attributes:
        path: within the store.
        size: in bytes.
        sha256: of its bytes, in hex.
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FileListing:
    """What a backup of files says of itself.

    Attributes:
        backend: the backend that the store is of.
        source: its location.
        name: of the directory that the files lie in.
        crew_id: whose memory was cleared; `None` for every crew's.
        counts: how many records of each type were cleared, or are kept.
        undo: what the backend noted of the clearing.
        files: every file.
        created_at: when it was finished.
        kind: why they are kept.
        settings: what the files are to be read with, beside their place.
        schema: the schema level of each part of the store.
        collections: every collection of the store: ``name``, ``type``, ``records``.
    """

    backend: str
    source: str
    name: str
    crew_id: str | None
    counts: Mapping[MemoryType, int]
    undo: Mapping[str, Any]
    files: tuple[FileKept, ...] = ()
    created_at: datetime | None = None
    kind: Kind = Kind.CLEARING
    settings: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, int] = field(default_factory=dict)
    collections: Sequence[Mapping[str, Any]] = ()

    @property
    def records(self) -> int:
        """How many records were cleared, or are kept."""
        return sum(self.counts.values())

    @property
    def hashes(self) -> dict[str, str]:
        """Path -> hash of each file."""
        return {each.path: each.sha256 for each in self.files}

    def kept(self, backup: Path) -> KeptFiles:
        """Return where its files lie."""
        return KeptFiles(backup / FILES / self.name, self.undo)


def read_listing(backup: Path) -> FileListing | None:
    """Read what a backup of files says of itself; `None` where it is none, or says nothing."""
    try:
        document = parse_json(read_regular(backup / LISTING))
        version = document["format_version"]
        if document["format"] != _FORMAT or version not in (_WITHOUT_DIGEST, _FORMAT_VERSION):
            return None
        if version != _WITHOUT_DIGEST and document.pop("digest") != _digest(document):
            return None
        return _read(document)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def write_listing(listing: FileListing) -> bytes:
    """Write down what a backup of files says of itself, as it is finished now."""
    document = {
        "format": _FORMAT,
        "format_version": _FORMAT_VERSION,
        "kind": listing.kind,
        "memctl_version": __version__,
        "created_at": format_time(datetime.now(UTC)),
        "backend": listing.backend,
        "source": listing.source,
        "name": listing.name,
        "crew_id": listing.crew_id,
        "counts": {str(each): number for each, number in listing.counts.items()},
        "collections": list(listing.collections),
        "schema": dict(listing.schema),
        "settings": dict(listing.settings),
        "undo": dict(listing.undo),
        "files": [{"path": e.path, "size": e.size, "sha256": e.sha256} for e in listing.files],
    }
    document["digest"] = _digest(document)
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def list_collections(collections: Mapping[Collection, int]) -> list[dict[str, Any]]:
    """Return the name and the size of each collection, as JSON."""
    return [
        {"name": each.name, "type": each.type, "records": records}
        for each, records in collections.items()
    ]


def is_whole(listing: FileListing, backup: Path) -> bool:
    """Return whether every file is there in its size."""
    root = listing.kept(backup).root
    return all(
        (root / each.path).is_file() and (root / each.path).stat().st_size == each.size
        for each in listing.files
    )


def check_files(listing: FileListing, backup: Path) -> None:
    """Read every file and compare its hash.

    Raises:
        DamagedStore: when one is missing or is not what was written.
    """
    root = listing.kept(backup).root
    for each in listing.files:
        try:
            is_same = hash_file(root / each.path) == each.sha256
        except OSError:
            is_same = False
        if not is_same:
            raise damaged(backup.name, f"`{each.path}` is missing or was changed")


def damaged(backup_id: str, what: str) -> DamagedStore:
    """Make the error for a backup that is not what was written."""
    return DamagedStore(
        f"backup `{backup_id}` is damaged: {what}",
        hint="nothing was written; copy the backup anew from wherever you keep copies of it",
    )


def hash_file(file: Path) -> str:
    """Hash a file's bytes."""
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def _digest(document: Mapping[str, Any]) -> str:
    return sha256(canonical_json(document).encode("utf-8", "surrogatepass")).hexdigest()


def _read(document: dict[str, Any]) -> FileListing:
    paths = [each["path"] for each in document["files"]]
    paths += [each["path"] for each in document["undo"].get("cuts", [])]
    if any(each.startswith("/") or ".." in each.split("/") for each in [*paths, document["name"]]):
        raise ValueError("a path that leads out of the store")
    return FileListing(
        backend=document["backend"],
        source=document["source"],
        name=document["name"],
        crew_id=document["crew_id"],
        counts={MemoryType(each): int(n) for each, n in document["counts"].items()},
        undo=document["undo"],
        files=tuple(FileKept(e["path"], e["size"], e["sha256"]) for e in document["files"]),
        created_at=parse_time(document["created_at"]),
        kind=Kind(document.get("kind", Kind.CLEARING)),
        settings=document.get("settings", {}),
        schema=document.get("schema", {}),
        collections=document.get("collections", []),
    )

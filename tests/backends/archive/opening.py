"""Opens, begins and fills archives for tests; no test of its own."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from memctl.backends.archive import ArchiveBackend
from memctl.backends.base import Access, SetupRequest
from memctl.model.canonical import canonical_json
from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_records
from memctl.testing.suite import SECRET

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from memctl.model.backend.check import Check
    from memctl.model.record import MemoryRecord

ALL_TYPES = tuple(MemoryType)


def open_archive(path, *, writable=False) -> ArchiveBackend:
    return ArchiveBackend(
        {"path": str(path)}, read_secret=lambda _: SECRET, access=Access(writable=writable)
    )


def begin(path, types: Sequence[MemoryType] = ALL_TYPES, **request) -> ArchiveBackend:
    """Open an archive to write, as the run of a command does: steps that find nothing are done."""
    backend = open_archive(path, writable=True)
    for step in backend.plan_setup(SetupRequest(tuple(types), **request)):
        if not step.find():
            step.do()
    return backend


def write(path, *batches: Sequence[MemoryRecord], **request) -> Path:
    """Write a finished archive, each batch one part."""
    with begin(path, types=(), **request) as backend:
        for batch in batches or (make_records(6)[:3], make_records(6)[3:]):
            assert backend.upsert(batch[0].type, batch).failed == {}
        backend.finish()
    return path


def read_all(backend: ArchiveBackend, **options) -> list[MemoryRecord]:
    return [
        record
        for memory_type in backend.describe().types
        for batch in backend.scan(memory_type, **options)
        for record in batch.records
    ]


def problems(path) -> list[Check]:
    return [check for check in open_archive(path).check() if check.status == "problem"]


def warnings(path) -> list[Check]:
    return [check for check in open_archive(path).check() if check.status == "warning"]


def read_json(path) -> dict:
    return json.loads((path / "manifest.json").read_text())


def seal(path, document: dict) -> None:
    """Write a manifest that was changed on purpose, so that its own hash does not tell."""
    rest = {key: value for key, value in document.items() if key != "manifest_sha256"}
    document["manifest_sha256"] = hashlib.sha256(canonical_json(rest).encode()).hexdigest()
    (path / "manifest.json").write_text(json.dumps(document))


def snapshot(path) -> dict[str, tuple[int, int, int]]:
    """Note what looking at a directory must leave alone."""
    found = [path, *path.rglob("*")]
    return {
        str(each): (each.lstat().st_mtime_ns, each.lstat().st_size, each.lstat().st_mode)
        for each in found
    }

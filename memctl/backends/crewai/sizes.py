"""Size and time of the last change of the parts of a store, by their files."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ...formats.chroma.catalog import UUID_TEXT
from ...formats.chroma.store import SQLITE_FILE
from ...formats.crewai import Kind
from ...formats.crewai.storage import TABLE_DIRECTORY
from ...formats.opening import with_journals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...formats.crewai import Part


def size_of(part: Part) -> int:
    """Return the size of a part's files, without files of other programs beside them."""
    return sum(each.st_size for each in _statuses(part))


def last_write(part: Part) -> datetime | None:
    """Return when a file of the part was last changed."""
    times = [each.st_mtime for each in _statuses(part)]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def _statuses(part: Part) -> Iterator[os.stat_result]:
    for path in _files(part):
        try:
            yield path.stat()
        except OSError:
            continue


def _files(part: Part) -> Iterator[Path]:
    match part.kind:
        case Kind.PER_TYPE | Kind.SHARED:
            yield from with_journals(part.path / SQLITE_FILE)
            for each in part.path.iterdir():
                if UUID_TEXT.fullmatch(each.name):
                    yield from _below(each)
        case Kind.UNIFIED:
            yield from _below(part.path / TABLE_DIRECTORY)
        case Kind.QDRANT_EDGE:
            yield from _below(part.path)
        case _:
            yield from with_journals(part.path)


def _below(directory: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(directory):
        yield from (Path(folder, name) for name in names)

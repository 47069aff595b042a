"""What a storage directory of CrewAI holds, by the names of its files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ...model.errors import NotPermitted
from .long_term import FILE as LONG_TERM_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMA_FILE: Final = "chroma.sqlite3"
TABLE_DIRECTORY: Final = "memories.lance"
UNIFIED_DIRECTORY: Final = "memory"
QDRANT_DIRECTORY: Final = "qdrant-edge"
KICKOFF_FILE: Final = "latest_kickoff_task_outputs.db"
FLOW_FILE: Final = "flow_states.db"
KASAL_PREFIXES: Final = ("kasal_default_", "kasal_databricks_")
"""Prefixes of Kasal's directories, before the id of a crew or a group."""

_PER_TYPE: Final = ("short_term", "entities", "knowledge")
_DEEPEST: Final = 5
_MOST_DIRECTORIES: Final = 20_000


class Kind(StrEnum):
    """The kind of a part of a store."""

    PER_TYPE = "per_type"
    """One Chroma database of CrewAI 0.74 to 0.186, for one memory type and crew."""
    SHARED = "shared"
    """The one Chroma database of CrewAI 0.193 to 1.9."""
    LONG_TERM = "long_term"
    """The SQLite file of long-term memory, up to CrewAI 1.9."""
    UNIFIED = "unified"
    """The Lance table of CrewAI 1.10 and newer."""
    QDRANT_EDGE = "qdrant_edge"
    """Shards of qdrant-edge, which CrewAI 1.12 and newer may be told to use."""
    KICKOFF = "kickoff"
    """What the tasks of the latest run returned: no memory."""
    FLOWS = "flows"
    """States of flows: no memory."""


MEMORY_KINDS: Final = frozenset(
    {Kind.PER_TYPE, Kind.SHARED, Kind.LONG_TERM, Kind.UNIFIED, Kind.QDRANT_EDGE}
)


@dataclass(frozen=True, slots=True)
class Part:
    """One database, table or file of a store.

    Attributes:
        kind: its kind.
        path: the directory that Chroma, Lance or qdrant-edge keeps, or the SQLite file.
        prefix: the prefix of its collections' names, which makes them unique.
        crew_id: the crew in the directory's name, if there is one.
    """

    kind: Kind
    path: Path
    prefix: str = ""
    crew_id: str | None = None


@dataclass(frozen=True, slots=True)
class Storage:
    """All parts in one directory.

    Attributes:
        path: the directory.
        parts: in the same order in every run.
        is_many: whether it is a directory that holds Kasal's directories.
    """

    path: Path
    parts: tuple[Part, ...]
    is_many: bool = False

    @property
    def has_memory(self) -> bool:
        """Whether any part is for memory, even if it is empty."""
        return any(part.kind in MEMORY_KINDS for part in self.parts)

    def of(self, *kinds: Kind) -> list[Part]:
        """List the parts of some kinds."""
        return [part for part in self.parts if part.kind in kinds]


def find_storage(directory: Path) -> Storage:
    """Return what a directory holds; it has no parts if it is not one of CrewAI.

    Args:
        directory: CrewAI's storage directory, the directory `memory` in it, or one that holds
            Kasal's directories; in a storage directory also one SQLite file, or the directory of
            one memory type, which is then the only part.

    Raises:
        NotPermitted: when the user may not look into it.
    """
    if directory.name == TABLE_DIRECTORY:
        directory = directory.parent
    crew = _kasal_id(directory.resolve().name)
    parts = tuple(_parts(directory, "", crew))
    if parts:
        return Storage(directory, parts)
    if part := tuple(_named(directory)):
        return Storage(directory.parent, part)
    many = tuple(
        part
        for name in sorted(_names(directory))
        if (each := _kasal_id(name)) is not None and (directory / name).is_dir()
        for part in _parts(directory / name, f"{name}/", each)
    )
    return Storage(directory, many, is_many=bool(many))


def find_storages(top: Path) -> Iterator[Storage]:
    """Search a directory and those below it, breadth first, without following links.

    Directories that may not be read, or lie deeper than five levels, are left out.
    """
    level, seen = [top], 0
    for _ in range(_DEEPEST + 1):
        below: list[Path] = []
        for directory in level:
            seen += 1
            if seen > _MOST_DIRECTORIES:
                return
            try:
                parts = tuple(_parts(directory, "", _kasal_id(directory.name)))
            except NotPermitted:
                continue
            if parts:
                yield Storage(directory, parts)
            else:
                below += _directories(directory)
        level = below


def _parts(directory: Path, prefix: str, crew: str | None) -> Iterator[Part]:
    names = _names(directory)
    for name in _PER_TYPE:
        if name in names:
            yield from _per_type(directory / name, prefix + name, crew)
    if CHROMA_FILE in names:
        yield Part(Kind.SHARED, directory, prefix, crew)
    if LONG_TERM_FILE in names:
        yield Part(Kind.LONG_TERM, directory / LONG_TERM_FILE, prefix, crew)
    if UNIFIED_DIRECTORY in names:
        yield from _unified(directory / UNIFIED_DIRECTORY, prefix)
    yield from _unified(directory, prefix)
    for name, kind in ((KICKOFF_FILE, Kind.KICKOFF), (FLOW_FILE, Kind.FLOWS)):
        if name in names:
            yield Part(kind, directory / name, prefix)


def _named(path: Path) -> Iterator[Part]:
    """Yield the parts that a path names alone, for memory up to CrewAI 1.9."""
    crew = _kasal_id(path.parent.resolve().name)
    if path.name == CHROMA_FILE and path.is_file():
        yield Part(Kind.SHARED, path.parent, "", crew)
    elif path.name == LONG_TERM_FILE and path.is_file():
        yield Part(Kind.LONG_TERM, path, "", crew)
    elif path.name in _PER_TYPE:
        yield from _per_type(path, path.name, crew)


def _per_type(directory: Path, prefix: str, crew: str | None) -> Iterator[Part]:
    """Yield the databases of one memory type: one per crew, by the roles of its agents."""
    names = _names(directory)
    if CHROMA_FILE in names:
        yield Part(Kind.PER_TYPE, directory, prefix, crew)
    for name in sorted(names):
        if CHROMA_FILE in _names(directory / name):
            yield Part(Kind.PER_TYPE, directory / name, f"{prefix}/{name}", crew or name)


def _unified(directory: Path, prefix: str) -> Iterator[Part]:
    if _names(directory / TABLE_DIRECTORY) & {"_versions", "data"}:
        yield Part(Kind.UNIFIED, directory, prefix)
    if _names(directory / QDRANT_DIRECTORY):
        yield Part(Kind.QDRANT_EDGE, directory / QDRANT_DIRECTORY, prefix)


def _kasal_id(name: str) -> str | None:
    for prefix in KASAL_PREFIXES:
        if name.startswith(prefix) and name != prefix:
            return name.removeprefix(prefix)
    return None


def _names(directory: Path) -> frozenset[str]:
    """Return the names in a directory; none if there is no directory."""
    try:
        return frozenset(os.listdir(directory))  # noqa: PTH208 - only names are wanted
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return frozenset()
    except OSError as exc:
        raise NotPermitted(
            f"you may not look into `{directory}`: {exc.strerror}",
            hint="run as its owner, or let your user read it",
        ) from exc


def _directories(directory: Path) -> list[Path]:
    try:
        with os.scandir(directory) as entries:
            return sorted(
                Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)
            )
    except OSError:
        return []

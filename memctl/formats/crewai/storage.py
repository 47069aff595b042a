"""What lies in a directory of CrewAI's, told by its files; none of them is opened."""

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
"""Begin the names of Kasal's directories; what follows is a crew's or a group's id."""

_PER_TYPE: Final = ("short_term", "entities", "knowledge")
_DEEPEST: Final = 5
_MOST_DIRECTORIES: Final = 20_000


class Kind(StrEnum):
    """What a part of a store is."""

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
        kind: what it is.
        path: the directory that Chroma, Lance or qdrant-edge keeps, or the SQLite file.
        prefix: what stands before the names of its collections, so that no two are the same.
        crew_id: the crew that directories name, if they name one.
    """

    kind: Kind
    path: Path
    prefix: str = ""
    crew_id: str | None = None


@dataclass(frozen=True, slots=True)
class Storage:
    """All that lies in one directory.

    Attributes:
        path: the directory.
        parts: in an order that does not change between runs.
        is_many: whether it is a directory of Kasal's directories.
    """

    path: Path
    parts: tuple[Part, ...]
    is_many: bool = False

    @property
    def has_memory(self) -> bool:
        """Whether anything in it holds memory, or did."""
        return any(part.kind in MEMORY_KINDS for part in self.parts)

    def of(self, *kinds: Kind) -> list[Part]:
        """List the parts of some kinds."""
        return [part for part in self.parts if part.kind in kinds]


def find_storage(directory: Path) -> Storage:
    """Say what lies in a directory; without parts it is none of CrewAI's.

    Args:
        directory: CrewAI's storage directory, the directory `memory` in it, or one that holds
            Kasal's directories; of a storage directory also one SQLite file, or the directory of
            one memory type, which is then all that is meant.

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
    """Search a directory and those below it, breadth first; links are not followed.

    What may not be looked into is left out, and so is what lies deeper than five levels.
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
    """Find what a path means that is one part of a storage directory, for memory up to 1.9."""
    crew = _kasal_id(path.parent.resolve().name)
    if path.name == CHROMA_FILE and path.is_file():
        yield Part(Kind.SHARED, path.parent, "", crew)
    elif path.name == LONG_TERM_FILE and path.is_file():
        yield Part(Kind.LONG_TERM, path, "", crew)
    elif path.name in _PER_TYPE:
        yield from _per_type(path, path.name, crew)


def _per_type(directory: Path, prefix: str, crew: str | None) -> Iterator[Part]:
    """Find the databases of one memory type: one for each crew, by the roles of its agents."""
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
    """Name what a directory holds; nothing where there is no directory."""
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

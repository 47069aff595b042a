"""The directories where CrewAI and Kasal keep memory on this machine."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .storage import KASAL_PREFIXES, UNIFIED_DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Iterator

STORAGE_VARIABLE: Final = "CREWAI_STORAGE_DIR"
KASAL_VARIABLE: Final = "KASAL_MEMORY_DIR"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A directory that may hold memory.

    Attributes:
        path: the directory.
        why: what puts memory there.
        is_searched: whether directories below it are stores too.
    """

    path: Path
    why: str
    is_searched: bool = False


def data_directory() -> Path:
    """Return the directory below which CrewAI makes one per project.

    CrewAI takes it from ``appdirs``, which adds the name ``CrewAI`` on Windows only.
    """
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or str(_home() / "AppData" / "Local")
        return Path(local) / "CrewAI"
    if sys.platform == "darwin":
        return _home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or _home() / ".local" / "share")


def own_directories() -> list[Path]:
    """List where this project's memory may lie, first the directory of unified memory.

    With a relative ``CREWAI_STORAGE_DIR`` LanceDB goes below the working directory, and SQLite and
    Chroma below the data directory; Chroma stays where it was if the variable was set too late.
    """
    given = os.environ.get(STORAGE_VARIABLE)
    project = data_directory() / Path.cwd().name
    if not given:
        return [project]
    return list(dict.fromkeys([Path.cwd() / given, data_directory() / given, project]))


def own_unified_directory() -> Path:
    """Return the directory in which CrewAI 1.10 and newer keeps this project's table."""
    return own_directories()[0] / UNIFIED_DIRECTORY


def candidate_directories() -> Iterator[Candidate]:
    """Yield every directory where memory may lie on this machine, the likeliest first."""
    given = os.environ.get(STORAGE_VARIABLE)
    if given:
        yield Candidate(Path.cwd() / given, f"{STORAGE_VARIABLE}, as LanceDB reads it")
        yield Candidate(
            data_directory() / given, f"{STORAGE_VARIABLE}, as Chroma and SQLite read it"
        )
    name = Path.cwd().name
    yield Candidate(data_directory() / name, "the project in the working directory")
    yield Candidate(data_directory() / "CrewAI" / name, "what CrewAI's documentation says")
    yield Candidate(Path.cwd() / ".crewai", "what `crewai memory --help` says")
    yield Candidate(Path.cwd(), "the working directory")
    yield from _children(data_directory(), "a project in the data directory")
    yield from _children(data_directory() / "CrewAI", "what CrewAI's documentation says")
    for root in _kasal_roots():
        yield from _children(root, "Kasal", KASAL_PREFIXES)


def _kasal_roots() -> Iterator[Path]:
    yield _home() / ".kasal" / "memory"
    if given := os.environ.get(KASAL_VARIABLE):
        yield Path(given)


def _children(parent: Path, why: str, prefixes: tuple[str, ...] = ("",)) -> Iterator[Candidate]:
    try:
        children = sorted(each for each in parent.iterdir() if each.is_dir())
    except OSError:
        return
    for child in children:
        if child.name.startswith(prefixes):
            kasal = child.name.startswith(KASAL_PREFIXES)
            yield Candidate(child, "Kasal" if kasal else why)


def _home() -> Path:
    """Return the user's home, or if there is none, a path without anything in it."""
    return Path(os.path.expanduser("~"))  # noqa: PTH111 - pathlib's raises where there is no home

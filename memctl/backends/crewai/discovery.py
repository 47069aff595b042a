"""Finds CrewAI's stores on this machine by their files, and describes them without any SDK."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ...formats.chroma import open_store
from ...formats.chroma.schema import METADATA_LISTS
from ...formats.crewai import Kind, find_storage, find_storages, read_name
from ...formats.crewai.directories import Candidate, candidate_directories
from ...formats.crewai.lance import read_table
from ...formats.crewai.long_term import open_long_term
from ...model.errors import MemctlError, NotAStore, NotPermitted
from ...model.memory_type import MemoryType
from ...model.results import DiscoverResult, PlaceSearched, StoreFound, TypeFound, UncountedFound
from .legacy.chroma import collection_name
from .sizes import last_write, size_of
from .store import LISTED, count_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from ...formats.crewai import Part, Storage

_GENERATIONS: Final = {
    "G1": (Kind.PER_TYPE,),
    "G2": (Kind.SHARED,),
    "G3": (Kind.UNIFIED, Kind.QDRANT_EDGE),
}
_READERS: Final = {
    "G1": "CrewAI 0.74 to 0.186",
    "G2": "CrewAI 0.193 to 1.9",
    "G3": "CrewAI 1.10 and newer",
}
_LONG_TERM_READERS: Final = "CrewAI 0.28 to 1.9"
_QDRANT_READERS: Final = "CrewAI 1.12 and newer, where it is told to use qdrant-edge"
_REWRITTEN: Final = "none: chromadb 1.5 has rewritten it, and CrewAI up to 1.9 needs an older one"
_FORMER_DEFAULT: Final = 1536
"""Dimensions of the model that CrewAI up to 1.14 takes by default; 1.15 takes one of 3072."""


@dataclass(slots=True)
class _Sum:
    """Totals over the parts of one generation."""

    formats: set[str] = field(default_factory=set)
    readers: set[str] = field(default_factory=set)
    crews: set[str] = field(default_factory=set)
    is_known: bool = True
    is_crewais: bool = False
    records: dict[MemoryType, int] = field(default_factory=dict)
    is_counted: bool = True
    dimensions: set[int] = field(default_factory=set)
    uncounted: list[UncountedFound] = field(default_factory=list)
    problem: str | None = None

    def types(self) -> list[TypeFound]:
        """Return how many records of each type there are."""
        return [TypeFound(each, self.records[each]) for each in MemoryType if each in self.records]

    def count(self, memory_type: MemoryType, records: int) -> None:
        """Add records of a type."""
        self.records[memory_type] = self.records.get(memory_type, 0) + records


def find_stores(tops: Sequence[Path]) -> DiscoverResult:
    """Search every directory where memory may lie, and below the given ones."""
    stores: dict[str, list[StoreFound]] = {}
    searched: dict[str, PlaceSearched] = {}
    places = [
        *(Candidate(top, "it was given", is_searched=True) for top in tops),
        *candidate_directories(),
    ]
    for place in places:
        key = os.path.realpath(place.path)
        if key in searched:
            continue
        found = False
        for storage in _storages(place):
            own = os.path.realpath(storage.path)
            if own not in stores:
                stores[own] = list(_describe(storage))
            found = found or bool(stores[own])
        searched[key] = PlaceSearched(str(place.path), place.why, found)
    return DiscoverResult(
        [each for found in stores.values() for each in found], list(searched.values())
    )


def _storages(place: Candidate) -> Iterator[Storage]:
    if place.is_searched:
        yield from find_storages(place.path)
        return
    try:
        storage = find_storage(place.path)
    except NotPermitted:
        return
    if storage.parts and not storage.is_many:
        yield storage


def _describe(storage: Storage) -> Iterator[StoreFound]:
    """Yield each generation in a directory; the long-term file counts to the newest legacy one."""
    present = [name for name, kinds in _GENERATIONS.items() if storage.of(*kinds)]
    legacy = [name for name in present if name != "G3"]
    has_long_term = bool(storage.of(Kind.LONG_TERM))
    if has_long_term and not legacy:
        legacy = ["G2"]
        present = sorted({*present, "G2"})
    owner = legacy[-1] if has_long_term else None
    beside = present[-1] if present else None
    for name in present:
        parts = storage.of(*_GENERATIONS[name], *([Kind.LONG_TERM] if name == owner else []))
        parts += storage.of(*LISTED) if name == beside else []
        total = _Sum()
        for part in parts:
            _add(part, total)
        if total.is_crewais:
            yield _store(storage, name, parts, total)


def _add(part: Part, total: _Sum) -> None:
    adding = {
        Kind.PER_TYPE: _add_chroma,
        Kind.SHARED: _add_chroma,
        Kind.LONG_TERM: _add_long_term,
        Kind.UNIFIED: _add_unified,
        Kind.QDRANT_EDGE: _add_qdrant,
    }.get(part.kind, _add_listed)
    try:
        adding(part, total)
    except NotAStore:
        return  # another program's file under a name that CrewAI uses too
    except MemctlError as exc:
        total.is_crewais, total.is_counted, total.problem = True, False, exc.message


def _add_chroma(part: Part, total: _Sum) -> None:
    with open_store(part.path) as store:
        total.formats.add(store.vintage.partition(";")[0])
        if store.schema["metadb"] >= METADATA_LISTS:
            total.readers.add(_REWRITTEN)
        for stored in store.collections():
            named = read_name(stored.name)
            total.is_crewais = total.is_crewais or named.is_crewais
            if named.type is None:
                name = collection_name(part, stored)
                total.uncounted.append(UncountedFound(name, store.count(stored)))
                continue
            total.count(named.type, store.count(stored))
            total.crews.update(filter(None, [part.crew_id or named.crew]))
            total.dimensions.update(filter(None, [stored.dimension]))


def _add_long_term(part: Part, total: _Sum) -> None:
    with open_long_term(part.path) as file:
        total.is_crewais = True
        total.formats.add("SQLite")
        total.count(MemoryType.LONG_TERM, file.count())
        total.crews.update(filter(None, [part.crew_id]))


def _add_unified(part: Part, total: _Sum) -> None:
    facts = read_table(part.path)
    total.is_crewais, total.is_known = True, False
    total.formats.add(f"LanceDB, version {facts.version}")
    total.count(MemoryType.UNIFIED, facts.records)
    total.dimensions.update(filter(None, [facts.dimension]))


def _add_qdrant(part: Part, total: _Sum) -> None:  # noqa: ARG001 - its files say nothing
    total.is_crewais, total.is_known, total.is_counted = True, False, False
    total.formats.add("qdrant-edge")
    total.readers.add(_QDRANT_READERS)


def _add_listed(part: Part, total: _Sum) -> None:
    for table in LISTED[part.kind]:
        rows = count_rows(part, table)
        if rows is not None:
            total.uncounted.append(UncountedFound(f"{part.prefix}{table}", rows))


def _store(storage: Storage, generation: str, parts: Sequence[Part], total: _Sum) -> StoreFound:
    own = parts[0].path if generation == "G3" else storage.path
    times: list[datetime] = [moment for part in parts if (moment := last_write(part)) is not None]
    location = f"crewai:{storage.path}"
    records = sum(total.records.values()) if total.is_counted else None
    is_only_long_term = generation != "G3" and not storage.of(*_GENERATIONS[generation])
    usual = _LONG_TERM_READERS if is_only_long_term else _READERS[generation]
    return StoreFound(
        location=location,
        backend="crewai",
        path=str(own.parent if own.is_file() else own),
        generation=generation,
        format=", ".join(sorted(total.formats)),
        readers="; ".join(sorted(total.readers)) or usual,
        crews=sorted(total.crews) if total.is_known else None,
        types=total.types(),
        records=records,
        dimensions=sorted(total.dimensions),
        uncounted=total.uncounted,
        size_bytes=sum(size_of(part) for part in parts),
        last_write=max(times, default=None),
        problem=total.problem,
        hint=_hint(generation, location, records, total.dimensions),
    )


def _hint(generation: str, location: str, records: int | None, dimensions: set[int]) -> str | None:
    if generation != "G3" and records:
        return (
            f"CrewAI 1.10 and newer no longer reads these {records:,} memories: "
            f"`memctl migrate {location} {location} --scope /crew/NAME`"
        )
    if generation == "G3" and dimensions == {_FORMER_DEFAULT}:
        return (
            "CrewAI 1.15 and newer reads these vectors only where the crew's embedder is set to "
            "`text-embedding-3-small`, which was the default before"
        )
    return None

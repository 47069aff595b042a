"""The checks of a Chroma directory, from what `formats.chroma` finds in its files."""

from __future__ import annotations

import stat
from dataclasses import replace
from typing import TYPE_CHECKING

from ....model.backend.check import Check, none_expected
from ....model.errors import MemctlError
from ..checks import OK, PROBLEM, WARNING, check_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ....formats.chroma import StoredCollection, StoreFacts
    from .place import DirectoryPlace

_USUAL_BACKLOG = 1000
"""chromadb moves vectors from the queue to the index after so many operations by default."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_store(place: DirectoryPlace) -> list[Check]:
    """Return the checks of the store as a whole, then those of each collection.

    Raises:
        MemctlError: when the store can't be opened at all.
    """
    store = place.files
    facts = store.inspect()
    checks = [
        Check("reachable", OK, f"{len(store.collections())} collections", "a Chroma store"),
        Check("schema level", OK, facts.vintage, "chromadb 0.5 to 1.5"),
        *_check_files(place, facts),
    ]
    for stored in store.collections():
        checks += _check_collection(place, stored)
    return checks


def _check_files(place: DirectoryPlace, facts: StoreFacts) -> Iterator[Check]:
    yield none_expected(
        "missing segment directories",
        len(facts.missing_directories),
        PROBLEM,
        "their vectors are lost: restore the directory from a copy",
    )
    yield none_expected(
        "orphan segment directories",
        len(facts.orphan_directories),
        WARNING,
        "left behind by deleted collections; the program that made them may remove them",
    )
    yield none_expected("orphan rows", facts.orphan_rows, WARNING, "no collection names them")
    directory = place.path.stat().st_mode
    is_open = bool(facts.mode & _OTHERS) and bool(directory & _OTHERS)
    yield Check(
        "file permissions",
        WARNING if is_open else OK,
        f"directory {stat.filemode(directory)}, file {stat.filemode(stat.S_IFREG | facts.mode)}",
        "no other user can reach the file",
        f"run `chmod 700 {place.path}`" if is_open else None,
    )


def _check_collection(place: DirectoryPlace, stored: StoredCollection) -> list[Check]:
    checks = check_settings(stored, place.names, place.settings)
    name = place.names.full(stored)
    try:
        facts = place.files.inspect_collection(stored)
    except MemctlError as exc:
        unreadable = Check("readable", PROBLEM, exc.message, "every row and vector", exc.hint, name)
        return [*checks, unreadable]
    counts = Check(
        "count in index and table",
        PROBLEM if facts.unnamed or facts.in_table + facts.pending_rows < facts.visible else OK,
        f"{facts.visible} rows, {facts.indexed} vectors in the index, {facts.unnamed} of no row",
        "a row for every vector",
        None if not facts.unnamed else "let the program that made the store rebuild its index",
        name,
    )
    is_behind = facts.pending_rows > 0 or facts.pending_vectors > _USUAL_BACKLOG
    gap = Check(
        "queue gap",
        WARNING if is_behind else OK,
        f"{facts.pending_rows} rows and {facts.pending_vectors} vectors wait in the queue",
        f"no rows, at most {_USUAL_BACKLOG} vectors",
        "the program that writes was interrupted: let it open the store" if is_behind else None,
        name,
    )
    rows = [
        none_expected("rows without vectors", facts.without_vector, PROBLEM, "embed them again"),
        none_expected("zero vectors", facts.zero_vectors, WARNING, "no search finds them"),
        none_expected("vectors with NaN", facts.not_finite, PROBLEM, "embed them again"),
        none_expected("duplicate ids", facts.duplicate_ids, PROBLEM, "only one of them is found"),
        none_expected("empty texts", facts.empty_documents + facts.without_document, WARNING),
    ]
    return [*checks, counts, gap, *(replace(each, collection=name) for each in rows)]

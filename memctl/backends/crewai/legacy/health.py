"""Checks a Chroma database of CrewAI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ....formats.crewai import read_name
from ....model.backend.check import Check, CheckStatus, dimension_expected, none_expected
from ....model.errors import MemctlError
from .chroma import collection_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ....formats.chroma import ChromaStore, CollectionFacts, StoredCollection
    from ....formats.crewai import Part

OK, WARNING, PROBLEM = CheckStatus.OK, CheckStatus.WARNING, CheckStatus.PROBLEM

_OTHER_DIMENSION: Final = "CrewAI refuses every search with an embedder of another dimension"
_USUAL_BACKLOG: Final = 1000
"""chromadb moves vectors from the queue to the index after so many operations by default."""


def check_chroma(part: Part, store: ChromaStore, dimension: int | None) -> Iterator[Check]:
    """Yield the checks of a database, then those of each collection that holds memory."""
    facts = store.inspect()
    place = part.prefix or None
    yield Check("schema level", OK, facts.vintage, "chromadb 0.4 to 1.5", collection=place)
    yield none_expected(
        "missing segment directories",
        len(facts.missing_directories),
        PROBLEM,
        "their vectors are lost: restore the directory from a copy",
        place,
    )
    yield none_expected(
        "orphan segment directories",
        len(facts.orphan_directories),
        WARNING,
        "left behind by deleted collections",
        place,
    )
    for stored in store.collections():
        if read_name(stored.name).type is not None:
            yield from _check_collection(part, store, stored, dimension)


def _check_collection(
    part: Part, store: ChromaStore, stored: StoredCollection, dimension: int | None
) -> Iterator[Check]:
    name = collection_name(part, stored)
    yield dimension_expected(stored.dimension, dimension, _OTHER_DIMENSION, name)
    try:
        facts = store.inspect_collection(stored)
    except MemctlError as exc:
        expected = "every row and vector"
        yield Check("readable", PROBLEM, exc.message, expected, exc.hint, name)
        return
    yield _check_queue(facts, name)
    yield none_expected("duplicate ids", facts.duplicate_ids, PROBLEM, "one is found", name)
    yield none_expected(
        "rows without vectors", facts.without_vector, PROBLEM, "embed them again", name
    )
    yield none_expected("zero vectors", facts.zero_vectors, WARNING, "no search finds them", name)
    yield none_expected("vectors with NaN", facts.not_finite, PROBLEM, "embed them again", name)


def _check_queue(facts: CollectionFacts, name: str) -> Check:
    """Return the check of queue, table and index, which differ after an interrupted write."""
    is_lost = facts.in_table + facts.pending_rows < facts.visible or facts.unnamed > 0
    is_behind = facts.pending_rows > 0 or facts.pending_vectors > _USUAL_BACKLOG
    hint = "its writer was interrupted; all of it is read nevertheless" if is_behind else None
    return Check(
        "queue against segments",
        PROBLEM if is_lost else WARNING if is_behind else OK,
        f"{facts.visible} rows, {facts.indexed} vectors in the index, {facts.unnamed} of no row, "
        f"{facts.pending_rows} rows and {facts.pending_vectors} vectors in the queue",
        "a row for every vector, and no row in the queue",
        "restore the store from a copy" if is_lost else hint,
        name,
    )

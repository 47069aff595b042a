"""Judges what is known of a Chroma store; finding it out is done by `formats.chroma`."""

from __future__ import annotations

import stat
from dataclasses import replace
from typing import TYPE_CHECKING

from ...model.check import Check, CheckStatus
from ...model.errors import MemctlError
from .names import full_name, read_name
from .rows import is_own_layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...formats.chroma import StoredCollection, StoreFacts
    from .backend import ChromaBackend

OK, WARNING, PROBLEM = CheckStatus.OK, CheckStatus.WARNING, CheckStatus.PROBLEM

_USUAL_BACKLOG = 1000
"""chromadb moves vectors from the queue to the index after so many operations by default."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_store(backend: ChromaBackend) -> list[Check]:
    """Check the store as a whole, then each collection, then whose rows they are.

    Raises:
        MemctlError: when the store can't be opened at all.
    """
    store = backend.store
    facts = store.inspect()
    checks = [
        Check("reachable", OK, f"{len(store.collections())} collections", "a Chroma store"),
        Check("schema level", OK, facts.vintage, "chromadb 0.5 to 1.5"),
        *_check_files(backend, facts),
    ]
    for stored in store.collections():
        checks += _check_collection(backend, stored)
    return checks + _check_owners(backend)


def _check_files(backend: ChromaBackend, facts: StoreFacts) -> Iterator[Check]:
    yield _none_expected(
        "missing segment directories",
        len(facts.missing_directories),
        PROBLEM,
        "their vectors are lost: restore the directory from a copy",
    )
    yield _none_expected(
        "orphan segment directories",
        len(facts.orphan_directories),
        WARNING,
        "left behind by deleted collections; the program that made them may remove them",
    )
    yield _none_expected("orphan rows", facts.orphan_rows, WARNING, "no collection names them")
    directory = backend.path.stat().st_mode
    is_open = bool(facts.mode & _OTHERS) and bool(directory & _OTHERS)
    yield Check(
        "file permissions",
        WARNING if is_open else OK,
        f"directory {stat.filemode(directory)}, file {stat.filemode(stat.S_IFREG | facts.mode)}",
        "no other user can reach the file",
        f"run `chmod 700 {backend.path}`" if is_open else None,
    )


def _check_collection(backend: ChromaBackend, stored: StoredCollection) -> list[Check]:
    checks = [_check_dimension(backend, stored), _check_metric(backend, stored)]
    try:
        facts = backend.store.inspect_collection(stored)
    except MemctlError as exc:
        unreadable = Check(
            "readable", PROBLEM, exc.message, "every row and vector", exc.hint, full_name(stored)
        )
        return [*filter(None, checks), unreadable]
    counts = Check(
        "count in index and table",
        PROBLEM if facts.unnamed or facts.in_table + facts.pending_rows < facts.visible else OK,
        f"{facts.visible} rows, {facts.indexed} vectors in the index, {facts.unnamed} of no row",
        "a row for every vector",
        None if not facts.unnamed else "let the program that made the store rebuild its index",
        full_name(stored),
    )
    is_behind = facts.pending_rows > 0 or facts.pending_vectors > _USUAL_BACKLOG
    gap = Check(
        "queue gap",
        WARNING if is_behind else OK,
        f"{facts.pending_rows} rows and {facts.pending_vectors} vectors wait in the queue",
        f"no rows, at most {_USUAL_BACKLOG} vectors",
        "the program that writes was interrupted: let it open the store" if is_behind else None,
        full_name(stored),
    )
    rows = [
        _none_expected("rows without vectors", facts.without_vector, PROBLEM, "embed them again"),
        _none_expected("zero vectors", facts.zero_vectors, WARNING, "no search finds them"),
        _none_expected("vectors with NaN", facts.not_finite, PROBLEM, "embed them again"),
        _none_expected("duplicate ids", facts.duplicate_ids, PROBLEM, "only one of them is found"),
        _none_expected("empty texts", facts.empty_documents + facts.without_document, WARNING),
    ]
    return [*filter(None, checks), counts, gap, *(_of(each, stored) for each in rows)]


def _check_dimension(backend: ChromaBackend, stored: StoredCollection) -> Check | None:
    """Compare with the dimension that the profile asks for, where it asks and the type counts."""
    expected = backend.settings["dimension"]
    if read_name(stored.name, backend.settings["map"])[0] is None:
        return None
    is_wrong = expected is not None and stored.dimension not in {None, expected}
    return Check(
        "dimension",
        PROBLEM if is_wrong else OK,
        str(stored.dimension or "none yet"),
        str(expected or "any"),
        "the vectors were made by another model than the profile says" if is_wrong else None,
        full_name(stored),
    )


def _check_metric(backend: ChromaBackend, stored: StoredCollection) -> Check | None:
    """Compare memctl's own collections with the profile; others choose for themselves."""
    if not is_own_layout(stored):
        return None
    expected = backend.settings["metric"]
    is_other = stored.metric != expected
    return Check(
        "metric",
        WARNING if is_other else OK,
        stored.metric,
        expected,
        "searches rank by the collection's own metric" if is_other else None,
        full_name(stored),
    )


def _check_owners(backend: ChromaBackend) -> list[Check]:
    rows = backend.tally()
    without_group = sum(row.records for row in rows if row.group_id is None)
    without_crew = sum(row.records for row in rows if row.crew_id is None)
    return [
        _none_expected(
            "rows without a group",
            without_group,
            WARNING,
            "through a profile they are read with `--include-unscoped` only",
        ),
        _none_expected(
            "rows without a crew", without_crew, WARNING, "no crew's selector means them"
        ),
    ]


def _none_expected(name: str, found: int, otherwise: CheckStatus, hint: str | None = None) -> Check:
    return Check(
        name, otherwise if found else OK, str(found or "none"), "none", hint if found else None
    )


def _of(check: Check, stored: StoredCollection) -> Check:
    return replace(check, collection=full_name(stored))

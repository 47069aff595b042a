"""Judges CrewAI's memory as a whole; what Chroma or Lance keeps is judged in a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...formats.crewai import Kind, read_name
from ...model.check import Check, CheckStatus
from .expectations import none_expected
from .legacy.health import check_chroma
from .unified.health import check_unified

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .backend import CrewaiBackend

OK, WARNING = CheckStatus.OK, CheckStatus.WARNING


def check_store(backend: CrewaiBackend) -> list[Check]:
    """Check the store, then each of its parts.

    Raises:
        MemctlError: when a part can't be opened at all.
    """
    store, expected = backend.store, backend.settings["dimension"]
    found = f"{len(backend.collections())} collections in {len(store.parts)} parts"
    checks = [Check("reachable", OK, found, "CrewAI's memory"), *_check_whole(backend)]
    for part, chroma in store.chroma:
        checks += check_chroma(part, chroma, expected)
    for memory in store.unified:
        checks += check_unified(memory, expected)
    return checks


def _check_whole(backend: CrewaiBackend) -> Iterator[Check]:
    names = [stored.name for _, chroma in backend.store.chroma for stored in chroma.collections()]
    yield none_expected(
        "truncated collection names",
        sum(read_name(name).is_cut for name in names),
        WARNING,
        "CrewAI cut the roles in them to 63 characters: crews whose roles begin alike share one, "
        "and nothing tells their memories apart",
    )
    shared = [each for each in backend.place.storage.of(Kind.LONG_TERM) if each.crew_id is None]
    if shared and len(_crews(backend)) > 1:
        yield Check(
            "long-term rows of several crews",
            WARNING,
            f"one file for {len(_crews(backend))} crews",
            "one crew",
            "CrewAI notes no crew in it; migrate them with `--type long_term` to the crew's scope",
        )
    yield none_expected(
        "memory in qdrant-edge",
        len(backend.place.storage.of(Kind.QDRANT_EDGE)),
        WARNING,
        "memctl can't read it; CrewAI itself can, where it is told to use qdrant-edge",
    )
    if backend.place.storage.of(Kind.UNIFIED):
        yield none_expected(
            "memory that CrewAI no longer reads",
            sum(section.describe().records for section in backend.store.legacy()),
            WARNING,
            f"run `memctl migrate {backend.location} {backend.location} --scope /crew/NAME`",
        )


def _crews(backend: CrewaiBackend) -> set[str]:
    crews = (each.crew_id for each in backend.collections() if each.type is not None)
    return {crew for crew in crews if crew is not None}

"""Checks CrewAI's memory as a whole, and collects the checks of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...formats.crewai import Kind, read_name
from ...model.backend.check import Check, CheckStatus, none_expected
from .legacy.health import check_chroma
from .unified.health import check_unified

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .store import OpenStore

OK, WARNING = CheckStatus.OK, CheckStatus.WARNING


def check_store(store: OpenStore, location: str, dimension: int | None) -> list[Check]:
    """Return the checks of the store, then those of each part; any dimension will do for `None`.

    Raises:
        MemctlError: when a part can't be opened at all.
    """
    found = f"{len(store.collections())} collections in {len(store.parts)} parts"
    checks = [Check("reachable", OK, found, "CrewAI's memory"), *_check_whole(store, location)]
    for part, chroma in store.chroma:
        checks += check_chroma(part, chroma, dimension)
    for memory in store.unified:
        checks += check_unified(memory, dimension)
    return checks


def _check_whole(store: OpenStore, location: str) -> Iterator[Check]:
    names = [stored.name for _, chroma in store.chroma for stored in chroma.collections()]
    yield none_expected(
        "truncated collection names",
        sum(read_name(name).is_cut for name in names),
        WARNING,
        "CrewAI cut the roles in them to 63 characters: crews whose roles begin alike share one, "
        "and nothing tells their memories apart",
    )
    kinds = [each.kind for each in store.parts]
    shared = [each for each in store.parts if each.kind is Kind.LONG_TERM and each.crew_id is None]
    crews = {each.crew_id for each in store.collections() if each.type is not None} - {None}
    if shared and len(crews) > 1:
        yield Check(
            "long-term rows of several crews",
            WARNING,
            f"one file for {len(crews)} crews",
            "one crew",
            "CrewAI notes no crew in it; migrate them with `--type long_term` to the crew's scope",
        )
    yield none_expected(
        "memory in qdrant-edge",
        kinds.count(Kind.QDRANT_EDGE),
        WARNING,
        "memctl can't read it; CrewAI itself can, where it is told to use qdrant-edge",
    )
    if Kind.UNIFIED in kinds:
        yield none_expected(
            "memory that CrewAI no longer reads",
            sum(section.count() for section in store.legacy()),
            WARNING,
            f"run `memctl migrate {location} {location} --scope /crew/NAME`",
        )

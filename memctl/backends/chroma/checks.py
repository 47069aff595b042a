"""The checks that any place of Chroma collections passes; what only one kind has, it checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.check import Check, CheckStatus
from .names import read_name
from .rows import is_own_layout

if TYPE_CHECKING:
    from ...formats.chroma import StoredCollection
    from .base import ChromaBase

OK, WARNING, PROBLEM = CheckStatus.OK, CheckStatus.WARNING, CheckStatus.PROBLEM


def check_dimension(backend: ChromaBase, stored: StoredCollection) -> Check | None:
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
        backend.full_name(stored),
    )


def check_metric(backend: ChromaBase, stored: StoredCollection) -> Check | None:
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
        backend.full_name(stored),
    )


def check_owners(backend: ChromaBase) -> list[Check]:
    """Count the rows that no group's or no crew's selector means."""
    rows = backend.tally()
    without_group = sum(row.records for row in rows if row.group_id is None)
    without_crew = sum(row.records for row in rows if row.crew_id is None)
    return [
        none_expected(
            "rows without a group",
            without_group,
            WARNING,
            "through a profile they are read with `--include-unscoped` only",
        ),
        none_expected(
            "rows without a crew", without_crew, WARNING, "no crew's selector means them"
        ),
    ]


def none_expected(name: str, found: int, otherwise: CheckStatus, hint: str | None = None) -> Check:
    """Expect nothing to be counted, and judge by what is."""
    return Check(
        name, otherwise if found else OK, str(found or "none"), "none", hint if found else None
    )

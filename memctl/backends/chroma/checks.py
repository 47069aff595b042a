"""The checks that Chroma collections pass in a directory and on a server alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...model.backend.check import Check, CheckStatus, dimension_expected, none_expected
from .rows import is_own_layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...formats.chroma import StoredCollection
    from ...model.backend.collection import TallyRow
    from .names import Names

OK, WARNING, PROBLEM = CheckStatus.OK, CheckStatus.WARNING, CheckStatus.PROBLEM


def check_settings(
    stored: StoredCollection, names: Names, settings: Mapping[str, Any]
) -> list[Check]:
    """Return the checks of a collection's dimension and metric against the profile's.

    The dimension counts where the collection's name gives a memory type, the metric in memctl's
    own collections: other programs choose theirs for themselves.
    """
    checks, name = [], names.full(stored)
    if names.read(stored)[0] is not None:
        hint = "the vectors were made by another model than the profile says"
        checks.append(dimension_expected(stored.dimension, settings["dimension"], hint, name))
    if is_own_layout(stored):
        is_other = stored.metric != settings["metric"]
        checks.append(
            Check(
                "metric",
                WARNING if is_other else OK,
                stored.metric,
                settings["metric"],
                "searches rank by the collection's own metric" if is_other else None,
                name,
            )
        )
    return checks


def check_owners(rows: Sequence[TallyRow]) -> list[Check]:
    """Return the checks for rows that no group's or no crew's selector means."""
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

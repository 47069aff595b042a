"""The screen of `memctl search`: the nearest records, their scores named by their metric."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from ..layout import ACCENT, Column, styled
from ..text import counted, or_nothing
from .records import CONTENT, CREW, ID, TYPE
from .shared.store import command_at, store_facts

if TYPE_CHECKING:
    from ...model.results import SearchResult
    from ..screen import Screen

SCORES: Final = {
    "cosine": "cosine similarity",
    "ip": "inner product",
    "l2": "l2 distance",
}
"""What a score is, by the metric that gave it; distances are better the lower they are."""


def show_hits(result: SearchResult, screen: Screen) -> None:
    """Show a line for each hit, those of one metric in a table of their own."""
    if not result.hits:
        what = f"a vector of {result.dimension} dimensions"
        screen.note(f"no record with {what} among those that are meant in `{result.location}`")
        screen.next(command_at(result, "stats", group=result.group_id))
        return
    screen.facts(
        [
            *store_facts(result),
            ("group", result.group_id),
            ("crew", result.crew_id),
            ("like", result.like),
            ("text", result.text),
            ("embedder", result.embedder),
            ("vector", counted(result.dimension, "dimension")),
            ("types", ", ".join(each.value for each in result.types)),
        ]
    )
    for metric, hits in groupby(result.hits, key=lambda hit: hit.metric):
        screen.rows(
            hits,
            (Column(SCORES.get(metric, metric), is_number=True), lambda each: f"{each.score:.6f}"),
            (ID, lambda each: styled(each.record.id, ACCENT)),
            (TYPE, lambda each: each.record.type.value),
            (CREW, lambda each: or_nothing(each.record.crew_id)),
            (CONTENT, lambda each: each.record.content),
        )
    screen.next(command_at(result, "records", "show", "ID", group=result.group_id))

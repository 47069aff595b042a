"""The screen of `memctl diff`: how both sides stand, and which records are not the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ....model.results import DifferenceState
from ...layout import FAINT, FINE, STRONG, WRONG, Column, Fit, Row, styled
from ..store import side_facts
from .left_out import is_nothing, note_left_out

if TYPE_CHECKING:
    from ....model.results import Difference, DiffResult, TypeDiff
    from ...layout import Cell
    from ...screen import Screen

ALWAYS: Final = ("same", "only_in_source", "only_in_target", "different")
SIGNS: Final = {
    DifferenceState.ONLY_IN_SOURCE: "-",
    DifferenceState.ONLY_IN_TARGET: "+",
    DifferenceState.DIFFERENT: "≠",
}


def show_diff(result: DiffResult, screen: Screen) -> None:
    """Show the counts by type, and the differences that were kept."""
    screen.facts([*side_facts("source", result.source), *side_facts("target", result.target)])
    if not result.types or is_nothing(result):
        screen.block([styled("no record to compare")])
        return
    _show_counts(result.types, screen)
    _show_differences(result, screen)
    if not result.errors:
        screen.block([screen.mark("✓", "both sides are the same", FINE)])
    if result.changed and not result.errors:
        screen.note(f"`{result.changed[0]}` was written to while it was read")
    note_left_out(result, screen, "compare")
    if result.target_left_out_by.total and not is_nothing(result):
        screen.note(f"left out in the target: {result.target_left_out_by.reasons}")


def _show_counts(types: list[TypeDiff], screen: Screen) -> None:
    names = [*ALWAYS, *(["unreadable"] if any(each.unreadable for each in types) else [])]
    columns = [Column("type")]
    columns += [Column(name.replace("_", " "), is_number=True) for name in names]
    rows = [Row([each.type.value, *_figures(each, names, screen)]) for each in types]
    sums = [sum(getattr(each, name) for each in types) for name in names]
    totals = [styled(screen.count(each), STRONG) for each in sums]
    screen.table(columns, [*rows, Row([styled("total", STRONG), *totals], is_total=True)])


def _figures(diff: TypeDiff, names: list[str], screen: Screen) -> list[Cell]:
    figures = [(name, getattr(diff, name)) for name in names]
    return [
        styled(screen.count(figure), (WRONG if name != "same" else "") if figure else FAINT)
        for name, figure in figures
    ]


def _show_differences(result: DiffResult, screen: Screen) -> None:
    if not result.differences:
        return
    columns = [Column("difference"), Column("type"), Column("id", fit=Fit.WRAP), Column("fields")]
    screen.table(columns, [Row(_cells(each, screen)) for each in result.differences])
    left = sum(each.apart for each in result.types) - len(result.differences)
    if left > 0:
        screen.block([styled(f"and {screen.count(left)} more", FAINT)])


def _cells(difference: Difference, screen: Screen) -> list[Cell]:
    words = difference.state.value.replace("_", " ")
    return [
        screen.mark(SIGNS[difference.state], words, WRONG),
        difference.type.value,
        difference.id,
        ", ".join(difference.fields),
    ]

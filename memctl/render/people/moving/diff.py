"""The screen of `memctl diff`: how both sides stand, and which records are not the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ....model.results import DifferenceState
from ...layout import FAINT, WRONG, Column, Fit, styled
from ..shared.left_out import is_nothing, note_left_out
from ..shared.store import side_facts
from .migrate import show_figures

if TYPE_CHECKING:
    from rich.text import Text

    from ....model.results import DiffResult, TypeDiff
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
        screen.block([screen.done("both sides are the same")])
    if result.changed and not result.errors:
        screen.note(f"`{result.changed[0]}` was written to while it was read")
    note_left_out(result, screen, "compare")
    if result.target_left_out_by.total and not is_nothing(result):
        screen.note(f"left out in the target: {result.target_left_out_by.reasons}")


def _show_counts(types: list[TypeDiff], screen: Screen) -> None:
    names = [*ALWAYS, *(["unreadable"] if any(each.unreadable for each in types) else [])]
    titles = {name: name.replace("_", " ") for name in names}
    show_figures(types, titles, screen, WRONG)


def _show_differences(result: DiffResult, screen: Screen) -> None:
    if not result.differences:
        return
    screen.rows(
        result.differences,
        (Column("difference"), lambda each: _state(each.state, screen)),
        (Column("type"), lambda each: each.type.value),
        (Column("id", fit=Fit.WRAP), lambda each: each.id),
        (Column("fields"), lambda each: ", ".join(each.fields)),
    )
    left = sum(each.apart for each in result.types) - len(result.differences)
    if left > 0:
        screen.block([styled(f"and {screen.count(left)} more", FAINT)])


def _state(state: DifferenceState, screen: Screen) -> Text:
    return screen.mark(SIGNS[state], state.value.replace("_", " "), WRONG)

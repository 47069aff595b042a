"""How the steps of a command are shown: what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...layout import DOUBTFUL, FAINT, FINE, WRONG, Column, Fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from ....model.results import StepTaken
    from ...screen import Screen

SIGNS: Final = {
    "started": ("…", DOUBTFUL),
    "done": ("✓", FINE),
    "found": ("✓", FAINT),
    "planned": ("+", DOUBTFUL),
    "failed": ("✗", WRONG),
    "undone": ("↶", DOUBTFUL),
}
MEANINGS: Final = {
    "found": "found, left as it is",
    "planned": "to be done",
    "undone": "taken back",
}


def show_steps(steps: Sequence[StepTaken], screen: Screen) -> None:
    """Show what became of each step."""
    screen.rows(
        steps,
        (Column("outcome"), lambda each: outcome(each.outcome, screen, MEANINGS.get(each.outcome))),
        (Column("step", fit=Fit.WRAP), lambda each: each.name),
    )


def outcome(word: str, screen: Screen, meaning: str | None = None) -> Text:
    """Write what became of a step, by its word or by what that means."""
    sign, style = SIGNS.get(word, ("-", ""))
    return screen.mark(sign, meaning or word, style)

"""The screen of `memctl setup`: the steps that made a store ready, and what it consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..layout import DOUBTFUL, FAINT, FINE, WRONG, Column, Fit, Row
from ..text import NOTHING
from .shared.store import command, located

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from ...model.results import SetupResult, StepTaken
    from ..screen import Screen

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


def show_setup(result: SetupResult, screen: Screen) -> None:
    """Show the steps and the profile."""
    profile = result.profile
    if result.dry_run and not screen.is_preview:
        screen.dry_run("nothing was made")
    state = ", the default of its group" if profile.is_default else ""
    screen.facts(
        [
            ("store", located(result.backend, result.location)),
            *result.identity.items(),
            ("profile", f"{profile.name}{state}"),
            ("group", profile.group_id),
            ("operation", result.operation_id),
        ]
    )
    show_steps(result.steps, screen)
    if not (result.dry_run or result.rolled_back):
        _show_resources(result, screen)
    if result.dry_run:
        screen.notes(result.notes)
    _say_next(result, screen)


def _show_resources(result: SetupResult, screen: Screen) -> None:
    """Show what there is by now, with its state."""
    kinds = (("endpoint", result.endpoints), ("index", result.indexes))
    rows = [
        Row([kind, role, each.get("name") or NOTHING, each.get("status") or NOTHING])
        for kind, resources in kinds
        for role, each in resources.items()
    ]
    if rows:
        columns = [Column("resource"), Column("for"), Column("name", fit=Fit.WRAP), Column("state")]
        screen.table(columns, rows)


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


def _say_next(result: SetupResult, screen: Screen) -> None:
    profile = result.profile
    if result.dry_run:
        screen.next_for_real()
    elif result.rolled_back or not result.success:
        screen.next(command("history", "--steps"))
    else:
        if all(each.outcome == "found" for each in result.steps):
            screen.note("all of it was there already; nothing was changed")
        named = None if profile.is_default else profile.name
        screen.next(
            command("migrate", "SOURCE", profile.name, group=profile.group_id),
            command("stats", profile=named, group=profile.group_id),
        )

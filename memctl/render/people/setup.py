"""The screen of `memctl setup`: the steps that made a store ready, and where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..layout import DOUBTFUL, FAINT, FINE, Column, Fit, Row, joined, styled
from .store import command, located

if TYPE_CHECKING:
    from rich.text import Text

    from ...model.results import SetupResult
    from ..screen import Screen

SIGNS: Final = {"done": ("✓", FINE), "found": ("✓", FAINT), "planned": ("+", DOUBTFUL)}
MEANINGS: Final = {"found": "found, left as it is", "planned": "to be done"}


def show_setup(result: SetupResult, screen: Screen) -> None:
    """Show the steps and the profile."""
    profile = result.profile
    if result.dry_run:
        screen.say(joined(styled("dry run:", DOUBTFUL), styled("nothing was made")))
    state = ", the default of its group" if profile.is_default else ""
    screen.facts(
        [
            ("store", located(result.backend, result.location)),
            ("profile", f"{profile.name}{state}"),
            ("group", profile.group_id),
            ("operation", result.operation_id),
        ]
    )
    rows = [Row([_outcome(each.outcome, screen), each.name]) for each in result.steps]
    screen.table([Column("outcome"), Column("step", fit=Fit.WRAP)], rows)
    _say_next(result, screen)


def _outcome(word: str, screen: Screen) -> Text:
    """Write what became of a step."""
    sign, style = SIGNS.get(word, ("-", ""))
    return screen.mark(sign, MEANINGS.get(word, word), style)


def _say_next(result: SetupResult, screen: Screen) -> None:
    profile = result.profile
    if result.dry_run:
        screen.next("the same command without `--dry-run`")
        return
    if all(each.outcome == "found" for each in result.steps):
        screen.note("all of it was there already; nothing was changed")
    named = None if profile.is_default else profile.name
    screen.next(
        command("migrate", "SOURCE", profile.name, group=profile.group_id),
        command("stats", profile=named, group=profile.group_id),
    )

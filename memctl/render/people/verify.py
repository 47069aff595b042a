"""The screen of `memctl verify`: what was looked at, what was found, and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ...model.backend.check import CheckStatus
from ..layout import DOUBTFUL, FINE, STRONG, WRONG, Column, Fit, Row, hanging, joined, styled
from ..text import counted
from .shared.store import store_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from ...model.backend.check import Check
    from ...model.results import VerifiedStore, VerifyResult
    from ..layout import Cell
    from ..screen import Screen

SIGNS: Final = {
    CheckStatus.OK: ("✓", FINE),
    CheckStatus.WARNING: ("!", DOUBTFUL),
    CheckStatus.PROBLEM: ("✗", WRONG),
}


def show_verification(result: VerifyResult, screen: Screen, *, is_whole: bool = False) -> None:
    """Show the checks of each store, and the sum of all.

    Args:
        result: what was looked at.
        screen: where it is shown.
        is_whole: show a row for what is fine too, not just its name.
    """
    for store in result.stores:
        _show_store(store, screen, is_whole=is_whole)
    if not result.stores:
        screen.note("no active profile to check")
        return
    screen.block([_summary(result, screen)])


def _show_store(store: VerifiedStore, screen: Screen, *, is_whole: bool) -> None:
    screen.facts(store_facts(store))
    if is_whole:
        _show_checks(store.checks, store.checks, screen)
    else:
        fine = [each.name for each in store.checks if each.status is CheckStatus.OK]
        told = [each for each in store.checks if each.status is not CheckStatus.OK]
        _show_checks(told, store.checks, screen)
        if fine:
            names = styled(", ".join(dict.fromkeys(fine)))
            screen.block(hanging(screen.mark("✓", "fine  ", FINE), names, screen.frame))
    screen.block(_hints(store.checks, screen))


def _show_checks(checks: Sequence[Check], every: Sequence[Check], screen: Screen) -> None:
    """Show a row for each check; ``every`` says which collections there are."""
    if not checks:
        return
    named = {each.collection for each in every} - {None}
    columns = [Column("check", fit=Fit.WRAP), Column("status")]
    columns += [Column("found", fit=Fit.WRAP), Column("expected", fit=Fit.WRAP)]
    is_of_collections = any(each.collection for each in checks)
    if is_of_collections:
        columns.insert(1, Column("collection", fit=Fit.WRAP))
    rows = []
    for check, collections in _merged(checks):
        cells: list[Cell] = [check.name, _status(check, screen), check.found, check.expected]
        if is_of_collections:
            is_every = len(collections) == len(named) > 1
            cells.insert(1, f"all {len(named)}" if is_every else ", ".join(collections))
        rows.append(Row(cells))
    screen.table(columns, rows)


def _merged(checks: Sequence[Check]) -> list[tuple[Check, list[str]]]:
    """Join the checks that say the same of several collections, in the order of the first."""
    merged: dict[Check, list[str]] = {}
    for check in checks:
        collections = merged.setdefault(replace(check, collection=None), [])
        if check.collection is not None and check.collection not in collections:
            collections.append(check.collection)
    return list(merged.items())


def _status(check: Check, screen: Screen) -> Text:
    sign, style = SIGNS[check.status]
    return screen.mark(sign, check.status.value, style)


def _hints(checks: Sequence[Check], screen: Screen) -> list[Text]:
    """Return what to do about each check that is not fine; the same advice once."""
    advice: dict[str, list[str]] = {}
    for check in checks:
        if check.hint is not None and check.status is not CheckStatus.OK:
            advice.setdefault(check.hint, []).append(check.name)
    lines: list[Text] = []
    for hint, names in advice.items():
        said = styled(f"{', '.join(dict.fromkeys(names))}: {hint}")
        lines += hanging(styled("hint: ", STRONG), said, screen.frame)
    return lines


def _summary(result: VerifyResult, screen: Screen) -> Text:
    parts = [counted(len(result.checks), "check")]
    if len(result.stores) > 1:
        parts.insert(0, counted(len(result.stores), "store"))
    outcome = []
    for status, (sign, style) in SIGNS.items():
        number = sum(each.status is status for each in result.checks)
        if number or status is CheckStatus.OK:
            outcome.append(screen.mark(sign, f"{number} {_word(status, number)}", style))
    return joined(styled(", ".join(parts) + ":"), joined(*outcome, gap=", "))


def _word(status: CheckStatus, number: int) -> str:
    return status.value if status is CheckStatus.OK or number == 1 else f"{status.value}s"

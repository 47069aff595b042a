"""The notes on what a copy or a comparison left out of its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....model.errors import AllLeftOut
from ...text import counted

if TYPE_CHECKING:
    from ....model.results import BackupResult, DiffResult, MigrateResult
    from ...screen import Screen


def is_nothing(result: BackupResult | DiffResult | MigrateResult) -> bool:
    """Return whether all was left out, which an error says in full."""
    return any(isinstance(each, AllLeftOut) for each in result.errors)


def note_left_out(
    result: BackupResult | DiffResult | MigrateResult, screen: Screen, act: str
) -> None:
    """Print how many rows were left out and why, where others were not.

    Args:
        result: what was done.
        screen: where it is said.
        act: what was done with the others, as a verb.
    """
    if is_nothing(result):
        return
    if result.left_out:
        screen.note(
            f"left out: {counted(result.left_out, 'row')} without a group; "
            f"add `--include-unscoped` to {act} them"
        )
    if others := result.left_out_by.other_group:
        screen.note(f"left out: {counted(others, 'row')} of other groups")
    if untyped := result.left_out_by.no_type:
        screen.note(
            f"left out: {counted(untyped, 'row')} in collections without a memory type; "
            "`memctl stats` names them"
        )

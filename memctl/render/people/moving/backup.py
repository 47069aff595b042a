"""The screens of `memctl backup`: one that was made, those that there are, those that went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ....model.results import BackupState
from ...layout import ACCENT, DOUBTFUL, FINE, WRONG, Column, Fit, styled
from ...text import NOTHING, counted, moment, or_nothing, size
from ..shared.left_out import note_left_out
from ..shared.store import command, side_facts
from .migrate import show_copies, show_outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from ....model.results import (
        BackupDeleteResult,
        BackupListed,
        BackupListResult,
        BackupResult,
    )
    from ...screen import Screen

SIGNS: Final = {
    BackupState.COMPLETE: ("✓", FINE),
    BackupState.UNFINISHED: ("…", DOUBTFUL),
    BackupState.DAMAGED: ("✗", WRONG),
}


def show_backup(result: BackupResult, screen: Screen) -> None:
    """Show what was copied into a backup, and what the comparison found."""
    if result.dry_run:
        screen.dry_run("nothing was written")
    screen.facts(
        [
            *side_facts("source", result.source),
            ("backup", styled(result.id, ACCENT) if result.id else None),
            ("place", result.location),
            ("size", None if result.size_bytes is None else size(result.size_bytes)),
        ]
    )
    show_copies(result.types, screen, dry_run=result.dry_run, left_out=result.left_out_by)
    show_outcome(result.comparison, screen)
    note_left_out(result, screen, "copy")
    if result.errors:
        return
    if result.id is None:
        screen.next_for_real()
    else:
        screen.next(command("restore", result.id, "TARGET"), command("backup", "list"))


def show_backups(result: BackupListResult, screen: Screen) -> None:
    """Show a line for each backup."""
    if not result.backups:
        screen.note(f"no backup in `{result.location}`")
        screen.next(command("backup", "SOURCE"))
        return
    _show_table(result.backups, screen)
    unfinished = sum(each.state is BackupState.UNFINISHED for each in result.backups)
    if unfinished:
        screen.note(
            f"{counted(unfinished, 'backup')} will never be finished: the command that was making "
            "it broke off; `memctl backup delete ID` removes it"
        )
    screen.next(command("restore", "ID"))


def show_backup_deletion(result: BackupDeleteResult, screen: Screen) -> None:
    """Show what was deleted, or as a preview or dry run what would be."""
    if result.dry_run:
        screen.dry_run("nothing was deleted")
    if not result.backups:
        screen.say(f"no backup to delete in {result.location}")
        return
    screen.facts([("place", result.location), ("operation", result.operation_id)])
    _show_table(result.backups, screen)
    backups, freed = counted(len(result.deleted), "backup"), size(result.size_bytes)
    if result.operation_id is not None and result.failure is None:
        screen.block([screen.done(f"deleted {backups}, {freed}")])
    if result.dry_run:
        screen.next_for_real()
    else:
        screen.next(command("backup", "list"))


def _show_table(backups: Sequence[BackupListed], screen: Screen) -> None:
    # Commands take the beginning of an id too, so it may be cut where room is scarce.
    screen.rows(
        backups,
        (Column("id", fit=Fit.CUT), lambda each: styled(each.id, ACCENT)),
        (Column("created (UTC)"), lambda each: moment(each.created_at)),
        (Column("made by"), lambda each: or_nothing(each.made_by)),
        (Column("records", is_number=True), lambda each: _records(each, screen)),
        (Column("size", is_number=True), lambda each: size(each.size_bytes)),
        (Column("state"), lambda each: _state(each.state, screen)),
        (Column("source", fit=Fit.WRAP, moves_below=True), lambda each: or_nothing(each.source)),
    )


def _records(backup: BackupListed, screen: Screen) -> str:
    return NOTHING if backup.records is None else screen.count(backup.records)


def _state(state: BackupState, screen: Screen) -> Text:
    sign, style = SIGNS[state]
    return screen.mark(sign, state.value, style)

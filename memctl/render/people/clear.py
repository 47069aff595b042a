"""The screen of `memctl clear`: what is meant, what was deleted, and how to get it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..layout import Column, Fit, styled, total_row
from ..text import NOTHING, counted, moment, or_nothing
from .shared.store import command, command_at, meant_group, store_facts

if TYPE_CHECKING:
    from ...model.results import ClearResult
    from ..layout import Cell
    from ..screen import Screen


def show_clearing(result: ClearResult, screen: Screen) -> None:
    """Show what was deleted, or as a preview or dry run what would be."""
    if result.dry_run:
        screen.dry_run("nothing was deleted")
    screen.facts([*store_facts(result), *_facts(result)])
    if not result.total:
        screen.block([styled("no record to delete")])
    elif result.operation_id is None:
        _show_rows(result, screen)
    else:
        _show_types(result, screen)
    _note(result, screen)
    _say_next(result, screen)


def _facts(result: ClearResult) -> list[tuple[str, Cell | None]]:
    before = result.created_before
    return [
        ("group", meant_group(result.group_id)),
        ("crew", "all" if result.crew_id is None else result.crew_id),
        ("created", f"before {moment(before)} UTC" if before else None),
        ("operation", result.operation_id),
        ("backup", result.backup),
        ("purged", _purged(result)),
    ]


def _purged(result: ClearResult) -> str | None:
    if result.purged_versions is None:
        return None
    return f"{counted(result.purged_versions, 'earlier version')} of the store"


def _show_rows(result: ClearResult, screen: Screen) -> None:
    """Show where the records lie, and whose they are."""
    screen.rows(
        result.collections,
        (Column("type"), lambda each: each.type.value),
        (Column("collection", fit=Fit.CUT), lambda each: each.collection),
        (Column("group", fit=Fit.CUT), lambda each: or_nothing(each.group_id)),
        (Column("records", is_number=True), lambda each: screen.figure(each.records)),
        total=total_row("", "", screen.figure(result.total)),
    )


def _show_types(result: ClearResult, screen: Screen) -> None:
    screen.rows(
        result.types,
        (Column("type"), lambda each: each.type.value),
        (Column("deleted", is_number=True), lambda each: screen.figure(each.deleted)),
        (Column("left", is_number=True), lambda each: screen.figure(each.left)),
        total=total_row(screen.figure(result.deleted), screen.figure(result.left)),
    )


def _note(result: ClearResult, screen: Screen) -> None:
    """Print what the figures do not."""
    groups = {each.group_id for each in result.collections}
    if result.group_id is None and len(groups) > 1:
        named = ", ".join(f"`{each}`" for each in sorted(filter(None, groups)))
        unscoped = " and rows without a group" if None in groups else ""
        screen.note(f"these are rows of {named or NOTHING}{unscoped}; `--group` means one group")
    if result.purged_versions is not None and result.backup is not None:
        screen.note("the backup still holds what was deleted; `memctl backup delete` removes it")
    screen.notes(result.notes)
    if result.unscoped:
        screen.note(
            f"not meant: {counted(result.unscoped, 'row')} without a group; "
            "add `--include-unscoped` to delete them too"
        )


def _say_next(result: ClearResult, screen: Screen) -> None:
    if result.dry_run:
        screen.next_for_real()
    elif result.operation_id is not None:
        undo = [command("restore", result.backup)] if result.backup else []
        screen.next(command_at(result, "stats", group=result.group_id), *undo)

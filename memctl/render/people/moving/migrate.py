"""The screen of `memctl migrate`: what was copied, and whether both sides are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...layout import FAINT, FINE, STRONG, WRONG, Column, Row, hanging, styled, total_row
from ...text import counted
from ..shared.left_out import note_left_out
from ..shared.store import command_at, side_facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.text import Text

    from ....model.results import (
        Comparison,
        LeftOut,
        MigrateResult,
        Reembedded,
        TypeCopy,
        TypeDiff,
    )
    from ...screen import Screen

ALWAYS: Final = ("read", "written", "present")
SOMETIMES: Final = ("skipped", "renamed", "stamped")
"""Shown where any memory type has one."""


def show_migration(result: MigrateResult, screen: Screen) -> None:
    """Show what was copied and what the comparison found."""
    if result.dry_run:
        screen.dry_run("nothing was written")
    screen.facts(
        [
            *side_facts("source", result.source),
            *side_facts("target", result.target),
            ("group", result.group_id),
            ("operation", result.operation_id),
            ("backup", result.backup),
        ]
    )
    show_copies(result.types, screen, dry_run=result.dry_run, left_out=result.left_out_by)
    show_outcome(result.comparison, screen)
    if result.reembedded is not None and result.reembedded.records:
        done = "was" if result.reembedded.records == 1 else "were"
        verb = "would be" if result.dry_run else done
        screen.note(f"{name_texts(result.reembedded)} {verb} embedded")
    _note(result, screen)
    _say_next(result, screen)


def name_texts(embedded: Reembedded) -> str:
    """Return how much text is embedded, by which model and where."""
    texts, characters = counted(embedded.records, "text"), counted(embedded.characters, "character")
    return f"{texts} of {characters} by `{embedded.embedder}` ({embedded.place})"


def show_copies(
    copies: Sequence[TypeCopy], screen: Screen, *, dry_run: bool, left_out: LeftOut
) -> None:
    """Show what was copied of each type, or that nothing was."""
    if not copies:
        said = "no record to copy"
        if left_out.total:
            said += f": all {screen.count(left_out.total)} are left out, {left_out.reasons}"
        screen.block(hanging(styled(""), styled(said), screen.frame))
        return
    names = [*ALWAYS, *(name for name in SOMETIMES if _sum(copies, name))]
    titles = {name: name for name in names} | ({"written": "to write"} if dry_run else {})
    show_figures(copies, titles, screen)


def show_figures(
    types: Sequence[TypeCopy] | Sequence[TypeDiff],
    titles: Mapping[str, str],
    screen: Screen,
    style: str = "",
) -> None:
    """Show figures of each type and their sums; all but `same` have a style where there are any."""
    columns = [Column("type"), *(Column(each, is_number=True) for each in titles.values())]
    styles = dict.fromkeys(titles, style) | {"same": ""}
    rows = [
        [each.type.value, *(screen.figure(getattr(each, name), styles[name]) for name in titles)]
        for each in types
    ]
    sums = [screen.count(sum(getattr(each, name) for each in types)) for name in titles]
    total = total_row(*(styled(each, STRONG) for each in sums))
    screen.table(columns, [*map(Row, rows), total])


def _sum(copies: Sequence[TypeCopy], name: str) -> int:
    return sum(getattr(each, name) for each in copies)


def show_outcome(comparison: Comparison | None, screen: Screen) -> None:
    """Show what the comparison found, where there was one."""
    if comparison is not None:
        screen.block(_outcome(comparison, screen))


def _outcome(comparison: Comparison, screen: Screen) -> list[Text]:
    """Return whether the target holds all that it should, with examples of what it does not."""
    same, source = screen.count(comparison.same), screen.count(comparison.source)
    said = f"compared: {same} of {source} records are the same on both sides"
    if comparison.is_same:
        return hanging(styled(""), screen.mark("✓", said, FINE), screen.frame)
    missing, different = screen.count(comparison.missing), screen.count(comparison.different)
    said += f", {missing} missing, {different} different"
    lines = hanging(styled(""), screen.mark("✗", said, WRONG), screen.frame)
    for example in comparison.examples:
        lines += hanging(styled("  "), styled(example), screen.frame)
    left = comparison.missing + comparison.different - len(comparison.examples)
    if comparison.examples and left > 0:
        lines.append(styled(f"  and {screen.count(left)} more", FAINT))
    return lines


def _note(result: MigrateResult, screen: Screen) -> None:
    """Print what the figures do not."""
    verb = "would get" if result.dry_run else "got"
    if result.resumed:
        screen.note("an earlier run had copied a part; this one went on from there")
    if stamped := _sum(result.types, "stamped"):
        screen.note(f"{counted(stamped, 'row')} without a group {verb} group `{result.group_id}`")
    note_left_out(result, screen, "copy")
    _note_types(result, screen)
    if result.other_groups:
        groups = ", ".join(f"`{each}`" for each in result.other_groups)
        screen.note(f"rows of other groups keep theirs: {groups}")
    if renamed := _sum(result.types, "renamed"):
        screen.note(
            f"{counted(renamed, 'record')} {verb} a new id, as another owner holds theirs; "
            "the old id is kept in the metadata"
        )
    for loss in result.losses:
        screen.note(
            f"left behind by `{loss.allowed_by}`: {loss.records:,} of {loss.type}, {loss.what}"
        )
    _note_metrics(result, screen)
    if result.default_profile is not None:
        screen.note(f"profile `{result.default_profile}` is now the default of its group")


def _note_types(result: MigrateResult, screen: Screen) -> None:
    """Print which records are of another type than the store has that they come from."""
    done, got = ("would become", "would get") if result.dry_run else ("became", "got")
    for each, kind in result.written_as.items():
        screen.note(f"{each} records {done} {kind} ones; their own type is kept in the metadata")
    for each, number in result.given_back.items():
        screen.note(f"{counted(number, 'record')}, kept as another type, {got} {each} back")


def _note_metrics(result: MigrateResult, screen: Screen) -> None:
    """Print which vectors are ranked otherwise than before; unit vectors are not."""
    for each in [] if result.normalized else result.metrics:
        screen.note(
            f"{each.type}: ranked by {each.source} in the source and by {each.target} in the "
            "target; `--normalize` makes unit vectors, which cosine and l2 rank alike"
        )


def _say_next(result: MigrateResult, screen: Screen) -> None:
    if result.errors:
        return
    if result.dry_run:
        screen.next_for_real()
    elif result.comparison is not None and result.comparison.holds:
        target, group = result.target, result.group_id
        screen.next(
            command_at(target, "verify", group=group), command_at(target, "stats", group=group)
        )

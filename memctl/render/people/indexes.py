"""The screens of `memctl index`: what indexes there are, and what became of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..layout import DOUBTFUL, FAINT, FINE, WRONG, Column, Fit, Row, styled
from ..text import NOTHING, counted, or_nothing
from .setup import show_steps
from .shared.store import command, meant_group, store_facts

if TYPE_CHECKING:
    from rich.text import Text

    from ...model.backend.index import IndexFacts
    from ...model.results import IndexChangeResult, IndexListResult, IndexResult
    from ...model.results.clear import RowsMeant
    from ..layout import Cell
    from ..screen import Screen

STATES: Final = {"ready": FINE, "degraded": DOUBTFUL, "provisioning": DOUBTFUL}
DONE: Final = {
    "created": "made",
    "emptied": "emptied",
    "recreated": "made anew",
    "deleted": "deleted",
}


def show_indexes(result: IndexListResult, screen: Screen) -> None:
    """Show a row for each index."""
    screen.facts(store_facts(result))
    screen.rows(
        result.indexes,
        (Column("for"), lambda each: each.type.value if each.type else styled(NOTHING, FAINT)),
        (Column("index", fit=Fit.WRAP), lambda each: each.name),
        (Column("state"), _state),
        (Column("rows", is_number=True), lambda each: _number(each.records, screen)),
        (Column("dimension", is_number=True), lambda each: _number(each.dimension, screen)),
        (Column("endpoint", fit=Fit.CUT), lambda each: or_nothing(each.endpoint)),
    )


def show_index(result: IndexResult, screen: Screen) -> None:
    """Show one index and its columns."""
    index = result.index
    counted_rows = None if index.records is None else screen.count(index.records)
    screen.facts(
        [
            *store_facts(result),
            ("index", index.name),
            ("for", index.type.value if index.type else None),
            ("state", _state(index)),
            ("endpoint", index.endpoint),
            ("rows", counted_rows and f"{counted_rows}, counted by the index"),
            ("dimension", None if index.dimension is None else str(index.dimension)),
            ("primary key", index.primary_key),
            ("owner", index.owner),
        ]
    )
    screen.table([Column("column"), Column("type")], [*map(Row, index.columns.items())])
    _show_rows(result.rows, screen)


def show_index_change(result: IndexChangeResult, screen: Screen) -> None:
    """Show what was done to indexes, or as a preview or dry run what would be."""
    if result.dry_run and not screen.is_preview:
        screen.dry_run("nothing was changed")
    is_done = result.operation_id is not None and result.failure is None
    screen.facts(
        [
            *store_facts(result),
            ("index" if len(result.indexes) == 1 else "indexes", ", ".join(result.indexes)),
            ("endpoint", ", ".join(result.endpoints) or None),
            ("group", None if result.change == "created" else meant_group(result.group_id)),
            ("operation", result.operation_id),
            ("outcome", styled(DONE[result.change], FINE) if is_done else None),
            ("deleted", counted(result.deleted, "row") if result.deleted else None),
            ("left", counted(result.left, "row") if result.left and result.operation_id else None),
        ]
    )
    if result.operation_id is None:
        _show_rows(result.rows, screen)
    if result.steps:
        show_steps(result.steps, screen)
    _say_next(result, screen)


def _show_rows(rows: list[RowsMeant], screen: Screen) -> None:
    """Show whose rows lie in an index."""
    if not rows:
        return
    total = screen.count(sum(each.records for each in rows))
    screen.rows(
        rows,
        (Column("index", fit=Fit.WRAP), lambda each: each.collection),
        (Column("group", fit=Fit.CUT), lambda each: or_nothing(each.group_id)),
        (Column("rows", is_number=True), lambda each: screen.count(each.records)),
        total=Row(["total", "", total], is_total=True),
    )


def _say_next(result: IndexChangeResult, screen: Screen) -> None:
    if result.dry_run:
        screen.next_for_real()
    elif result.operation_id is None and not screen.is_preview:
        screen.note("there was nothing to do")
    elif result.failure is None:
        screen.next(command("index", "list", profile=result.profile, group=result.group_id))


def _state(index: IndexFacts) -> Text:
    return styled(index.state, STATES.get(index.state, WRONG))


def _number(number: int | None, screen: Screen) -> Cell:
    return styled(NOTHING, FAINT) if number is None else screen.count(number)

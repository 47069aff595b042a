"""The screens of `memctl index`: what indexes there are, and what became of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..layout import DOUBTFUL, FAINT, FINE, WRONG, Column, Fit, Row, joined, styled
from ..text import NOTHING, counted, or_nothing
from .setup import outcome_cell
from .store import command, store_facts

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
    columns = [
        Column("for"),
        Column("index", fit=Fit.WRAP),
        Column("state"),
        Column("rows", is_number=True),
        Column("dimension", is_number=True),
        Column("endpoint", fit=Fit.CUT),
    ]
    rows = [
        Row(
            [
                each.type.value if each.type else styled(NOTHING, FAINT),
                each.name,
                _state(each),
                _number(each.records, screen),
                _number(each.dimension, screen),
                or_nothing(each.endpoint),
            ]
        )
        for each in result.indexes
    ]
    screen.table(columns, rows)


def show_index(result: IndexResult, screen: Screen) -> None:
    """Show one index and its columns."""
    index = result.index
    screen.facts(
        [
            *store_facts(result),
            ("index", index.name),
            ("for", index.type.value if index.type else None),
            ("state", _state(index)),
            ("endpoint", index.endpoint),
            (
                "rows",
                None
                if index.records is None
                else f"{screen.count(index.records)}, counted by the index",
            ),
            ("dimension", None if index.dimension is None else str(index.dimension)),
            ("primary key", index.primary_key),
            ("owner", index.owner),
        ]
    )
    columns = [Row([name, kind]) for name, kind in index.columns.items()]
    screen.table([Column("column"), Column("type")], columns)
    _show_rows(result.rows, screen)


def show_index_change(result: IndexChangeResult, screen: Screen) -> None:
    """Show what was done to indexes, or as a preview or dry run what would be."""
    if result.dry_run and not screen.is_preview:
        screen.say(joined(styled("dry run:", DOUBTFUL), styled("nothing was changed")))
    group: Cell | None = "all, and rows without one" if result.group_id is None else result.group_id
    is_done = result.operation_id is not None and result.failure is None
    screen.facts(
        [
            *store_facts(result),
            ("index" if len(result.indexes) == 1 else "indexes", ", ".join(result.indexes)),
            ("endpoint", ", ".join(result.endpoints) or None),
            ("group", None if result.change == "created" else group),
            ("operation", result.operation_id),
            ("outcome", styled(DONE[result.change], FINE) if is_done else None),
            ("deleted", counted(result.deleted, "row") if result.deleted else None),
            ("left", counted(result.left, "row") if result.left and result.operation_id else None),
        ]
    )
    if result.operation_id is None:
        _show_rows(result.rows, screen)
    rows = [Row([outcome_cell(each.outcome, screen), each.name]) for each in result.steps]
    if rows:
        screen.table([Column("outcome"), Column("step", fit=Fit.WRAP)], rows)
    _say_next(result, screen)


def _show_rows(rows: list[RowsMeant], screen: Screen) -> None:
    """Show whose rows lie in an index."""
    if not rows:
        return
    columns = [Column("index", fit=Fit.WRAP), Column("group", fit=Fit.CUT)]
    columns.append(Column("rows", is_number=True))
    cells = [
        Row([each.collection, or_nothing(each.group_id), screen.count(each.records)])
        for each in rows
    ]
    total = screen.count(sum(each.records for each in rows))
    screen.table(columns, [*cells, Row(["total", "", total], is_total=True)])


def _say_next(result: IndexChangeResult, screen: Screen) -> None:
    if result.dry_run:
        screen.next("the same command without `--dry-run`")
    elif result.operation_id is None and not screen.is_preview:
        screen.note("there was nothing to do")
    elif result.failure is None:
        screen.next(command("index", "list", profile=result.profile, group=result.group_id))


def _state(index: IndexFacts) -> Text:
    return styled(index.state, STATES.get(index.state, WRONG))


def _number(number: int | None, screen: Screen) -> Cell:
    return styled(NOTHING, FAINT) if number is None else screen.count(number)

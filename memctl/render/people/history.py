"""The screen of `memctl history`: what memctl changed, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..layout import FAINT, WRONG, Column, Fit, Row, joined, styled
from ..text import NOTHING, duration, moment, or_nothing
from .setup import outcome

if TYPE_CHECKING:
    from datetime import datetime

    from rich.text import Text

    from ...model.journal import Operation, StepEntry
    from ...model.results import HistoryResult
    from ..layout import Cell
    from ..screen import Screen

COLUMNS: Final = (
    Column("started (UTC)"),
    Column("command"),
    Column("group", fit=Fit.CUT),
    Column("outcome"),
    Column("took", is_number=True),
    Column("subject", fit=Fit.WRAP, moves_below=True),
)
DETAIL: Final = Column("detail", fit=Fit.WRAP, moves_below=True)


def show_history(result: HistoryResult, screen: Screen, *, steps: bool = False) -> None:
    """Show the operations, with ``steps`` also what each consisted of."""
    if not result.operations:
        screen.note("nothing in the journal: memctl has changed nothing yet")
        return
    with_detail = any(each.detail for each in result.operations)
    columns = (*COLUMNS, DETAIL) if with_detail else COLUMNS
    rows = []
    for operation in result.operations:
        details = [_step(each, screen) for each in operation.steps] if steps else []
        rows.append(Row(_cells(operation, screen)[: len(columns)], details))
    screen.table(columns, rows)


def _cells(operation: Operation, screen: Screen) -> list[Cell]:
    return [
        moment(operation.started_at),
        operation.command,
        or_nothing(operation.group_id),
        outcome(operation.outcome, screen),
        _took(operation.started_at, operation.finished_at),
        operation.subject,
        styled(operation.detail or "", WRONG),
    ]


def _step(step: StepEntry, screen: Screen) -> Text:
    name = step.name if step.detail is None else f"{step.name}: {step.detail}"
    took = _took(step.started_at, step.finished_at)
    return joined(
        styled(f"{step.position}."),
        outcome(step.outcome, screen),
        styled(name),
        styled(f"({took})", FAINT),
    )


def _took(started: datetime, finished: datetime | None) -> str:
    return NOTHING if finished is None else duration((finished - started).total_seconds())

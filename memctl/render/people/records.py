"""The screens of `memctl records`: many records with a line each, or one in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..layout import ACCENT, STRONG, Column, Fit, Row, hanging, styled
from ..text import NOTHING, counted, moment, or_nothing, visible_json, visible_lines
from .store import command_at, store_facts

if TYPE_CHECKING:
    from rich.text import Text

    from ...model.record import MemoryRecord
    from ...model.results import RecordResult, RecordsResult
    from ..layout import Cell
    from ..screen import Screen

UUID_LENGTH: Final = 36
FIRST_VALUES: Final = 4
INDENT: Final = "  "


def show_records(result: RecordsResult, screen: Screen) -> None:
    """Show a line for each record."""
    if not result.records:
        screen.note(f"no such record in `{result.location}`")
        screen.next(command_at(result, "stats"))
        return
    # The day is enough where room is scarce; `memctl records show` has the second.
    has_room = screen.frame.width is None
    columns = [
        Column("id", fit=Fit.CUT, least=UUID_LENGTH),
        Column("type"),
        Column("crew", fit=Fit.CUT),
        Column("agent", fit=Fit.CUT),
        Column("created (UTC)" if has_room else "created"),
        Column("content", fit=Fit.CUT, moves_below=True),
    ]
    screen.table(columns, [_row(each, with_time=has_room) for each in result.records])
    shown = len(result.records)
    if shown < result.total:
        screen.note(
            f"{shown:,} of {counted(result.total, 'record')} shown; "
            "`--limit N` shows more, `--jsonl` prints all"
        )


def _row(record: MemoryRecord, *, with_time: bool) -> Row:
    created = moment(record.created_at)
    return Row(
        [
            styled(record.id, ACCENT),
            record.type.value,
            or_nothing(record.crew_id),
            or_nothing(record.agent_id),
            created if with_time else created.partition(" ")[0],
            record.content,
        ]
    )


def show_record(result: RecordResult, screen: Screen) -> None:
    """Show one record with all that it holds."""
    record = result.record
    screen.facts(store_facts(result))
    screen.facts(_record_facts(result))
    content = visible_lines(record.content) if record.content else ["(empty)"]
    screen.block([styled("content", STRONG), *_indented(content, screen)])
    metadata = visible_json(record.metadata, indent=2).split("\n")
    screen.block([styled("metadata", STRONG), *_indented(metadata, screen)])


def _record_facts(result: RecordResult) -> list[tuple[str, Cell | None]]:
    record = result.record
    return [
        ("id", styled(record.id, ACCENT)),
        ("type", record.type.value),
        ("collection", result.collection),
        ("group", or_nothing(record.group_id)),
        ("crew", or_nothing(record.crew_id)),
        ("agent", or_nothing(record.agent_id)),
        ("session", or_nothing(record.session_id)),
        ("scope", or_nothing(record.scope)),
        ("importance", NOTHING if record.importance is None else str(record.importance)),
        ("created", f"{moment(record.created_at)} UTC" if record.created_at else NOTHING),
        ("embedding", _embedding(record)),
    ]


def _embedding(record: MemoryRecord) -> str:
    """Sum up a vector: its dimension and its first values."""
    if record.embedding is None:
        return NOTHING
    first = [f"{value:.4g}" for value in record.embedding[:FIRST_VALUES].tolist()]
    more = ", ..." if len(record.embedding) > FIRST_VALUES else ""
    return f"{counted(len(record.embedding), 'value')}: {', '.join(first)}{more}"


def _indented(lines: list[str], screen: Screen) -> list[Text]:
    """Indent lines, so that none can pass for a field."""
    return [part for line in lines for part in hanging(styled(INDENT), styled(line), screen.frame)]

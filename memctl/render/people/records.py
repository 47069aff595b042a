"""The screens of `memctl records`: many records with a line each, or one in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..layout import ACCENT, STRONG, Column, Fit, hanging, styled
from ..text import NOTHING, counted, moment, or_nothing, visible_json, visible_lines
from .shared.store import command_at, store_facts

if TYPE_CHECKING:
    from rich.text import Text

    from ...model.record import MemoryRecord
    from ...model.results import RecordResult, RecordsResult
    from ..layout import Cell
    from ..screen import Screen

UUID_LENGTH: Final = 36
DAY_LENGTH: Final = 10
ID: Final = Column("id", fit=Fit.CUT, least=UUID_LENGTH)
TYPE: Final = Column("type")
CREW: Final = Column("crew", fit=Fit.CUT)
CONTENT: Final = Column("content", fit=Fit.CUT, moves_below=True)
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
    title, length = ("created (UTC)", None) if has_room else ("created", DAY_LENGTH)
    screen.rows(
        result.records,
        (ID, lambda each: styled(each.id, ACCENT)),
        (TYPE, lambda each: each.type.value),
        (CREW, lambda each: or_nothing(each.crew_id)),
        (Column("agent", fit=Fit.CUT), lambda each: or_nothing(each.agent_id)),
        (Column(title), lambda each: moment(each.created_at)[:length]),
        (CONTENT, lambda each: each.content),
    )
    shown = len(result.records)
    if shown < result.total:
        screen.note(
            f"{shown:,} of {counted(result.total, 'record')} shown; "
            "`--limit N` shows more, `--jsonl` prints all"
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

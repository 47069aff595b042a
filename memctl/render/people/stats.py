"""The screen of `memctl stats`: how much there is, of what, whose and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..layout import ACCENT, FAINT, STRONG, Column, Fit, Row, joined, styled
from ..text import NOTHING, counted, moment, size
from .store import command, command_at, store_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from ...model.results import StatsResult, TypeStats
    from ..layout import Cell
    from ..screen import Screen

EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
BAR_WIDTH: Final = 20
RECORDS: Final = Column("records", is_number=True)
BAR: Final = Column("")


def show_stats(result: StatsResult, screen: Screen, *, by: str = "type") -> None:
    """Show the counts, by memory type, crew, agent or day."""
    screen.facts(_heading(result))
    tables = {
        "type": _show_types,
        "crew": _show_crews,
        "agent": _show_agents,
        "day": _show_days,
    }
    tables[by](result, screen)
    _show_uncounted(result, screen)
    screen.facts(_span(result))
    _note(result, screen)


def _heading(result: StatsResult) -> list[tuple[str, Cell | None]]:
    return [*store_facts(result), ("group", result.group_id), ("crew", result.crew_id)]


def _span(result: StatsResult) -> list[tuple[str, Cell | None]]:
    return [
        ("oldest", f"{moment(result.oldest)} UTC" if result.oldest else None),
        ("newest", f"{moment(result.newest)} UTC" if result.newest else None),
        ("on disk", size(result.size_bytes) if result.size_bytes is not None else None),
    ]


def _show_types(result: StatsResult, screen: Screen) -> None:
    columns = [
        Column("type"),
        RECORDS,
        BAR,
        Column("dimension", is_number=True),
        Column("metric"),
        Column("collection", fit=Fit.WRAP),
    ]
    largest = max((each.records for each in result.types), default=0)
    rows = []
    for each in result.types:
        off = "" if each.is_enabled else "off"
        rows.append(
            Row(
                [
                    styled(each.type, FAINT if off else ""),
                    screen.count(each.records),
                    joined(bar(each.records, largest, screen), styled(off, STRONG)),
                    ", ".join(map(str, each.dimensions)) or NOTHING,
                    ", ".join(_metrics(result, each)) or NOTHING,
                    ", ".join(each.collections) or NOTHING,
                ]
            )
        )
    screen.table(columns, [*rows, _total(result, screen)])


def _metrics(result: StatsResult, stats: TypeStats) -> list[str]:
    of_type = (each for each in result.collections if each.type is stats.type)
    return sorted({each.metric for each in of_type if each.metric is not None})


def _show_crews(result: StatsResult, screen: Screen) -> None:
    if {each.group_id for each in result.crews} <= {result.group_id}:
        counts = [([_or_without(each.crew_id, "crew")], each.records) for each in result.crews]
        _show_counts(["crew"], counts, result, screen)
        return
    with_groups = [
        ([_or_without(each.crew_id, "crew"), _or_without(each.group_id, "group")], each.records)
        for each in result.crews
    ]
    _show_counts(["crew", "group"], with_groups, result, screen)


def _show_agents(result: StatsResult, screen: Screen) -> None:
    counts = [
        ([_or_without(each.agent_id, "agent"), _or_without(each.crew_id, "crew")], each.records)
        for each in result.agents
    ]
    _show_counts(["agent", "crew"], counts, result, screen)


def _show_days(result: StatsResult, screen: Screen) -> None:
    counts = [
        ([_or_without(each.day.isoformat() if each.day else None, "time")], each.records)
        for each in result.days
    ]
    _show_counts(["day (UTC)"], counts, result, screen)


def _show_counts(
    titles: Sequence[str],
    counts: Sequence[tuple[Sequence[Text], int]],
    result: StatsResult,
    screen: Screen,
) -> None:
    """Show names and how many records each has, with a bar."""
    largest = max((records for _, records in counts), default=0)
    columns = [*(Column(each, fit=Fit.CUT) for each in titles), RECORDS, BAR]
    rows = [
        Row([*names, screen.count(records), bar(records, largest, screen)])
        for names, records in counts
    ]
    screen.table(columns, [*rows, _total(result, screen, names=len(titles))])


def _total(result: StatsResult, screen: Screen, *, names: int = 1) -> Row:
    total = [styled("total", STRONG), *[styled("")] * (names - 1)]
    return Row([*total, styled(screen.count(result.total), STRONG)], is_total=True)


def bar(records: int, largest: int, screen: Screen) -> Text:
    """Draw a number as a bar: some of it is seen whenever there is any."""
    if not records:
        return styled("")
    if not screen.frame.is_utf8:
        return styled("#" * max(1, round(BAR_WIDTH * records / largest)), ACCENT)
    eighths = max(1, round(BAR_WIDTH * 8 * records / largest))
    return styled(EIGHTHS[8] * (eighths // 8) + EIGHTHS[eighths % 8].strip(), ACCENT)


def _or_without(name: str | None, noun: str) -> Text:
    return styled(f"(no {noun})", FAINT) if name is None else styled(name)


def _show_uncounted(result: StatsResult, screen: Screen) -> None:
    """List the collections that fit no memory type."""
    rows = [
        Row([each.name, screen.count(each.records), str(each.dimension or NOTHING)])
        for each in result.collections
        if each.type is None
    ]
    if rows:
        columns = [Column("collection", fit=Fit.CUT), RECORDS, Column("dimension", is_number=True)]
        screen.table(columns, rows, title="not counted: collections of no memory type")


def _note(result: StatsResult, screen: Screen) -> None:
    """Print what was not counted, and what to do where nothing was."""
    if result.unscoped and not any(each.group_id is None for each in result.crews):
        screen.note(
            f"not counted: {counted(result.unscoped, 'row')} without a group; "
            "add `--include-unscoped` to count them"
        )
    if result.is_mappable and any(each.type is None for each in result.collections):
        screen.note("say the type of a collection with `--map TYPE=COLLECTION` to count it")
    if not result.total:
        _note_empty(result, screen)


def _note_empty(result: StatsResult, screen: Screen) -> None:
    """Print that nothing was counted, and what may be done about it."""
    if result.crew_id is not None:
        screen.note(f"no record of crew `{result.crew_id}` here")
        screen.next(command_at(result, "stats", "--by", "crew", group=result.group_id))
        return
    screen.note("no record here yet")
    if result.selected_by != "shared_default":
        target = result.location if result.profile is None else result.profile
        screen.next(command("migrate", "SOURCE", target, group=result.group_id))

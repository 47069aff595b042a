"""The screen of `memctl stats`: how much there is, of what, whose and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..layout import ACCENT, FAINT, STRONG, Column, Fit, Row, joined, styled, total_row
from ..text import NOTHING, counted, moment, size
from .shared.store import command, command_at, store_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.text import Text

    from ...model.results import AgentStats, CrewStats, DayStats, StatsResult, TypeStats
    from ..layout import Cell
    from ..screen import Screen

EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
BAR_WIDTH: Final = 20
RECORDS: Final = Column("records", is_number=True)
BAR: Final = Column("")


def _or_without(name: str | None, noun: str) -> Text:
    return styled(f"(no {noun})", FAINT) if name is None else styled(name)


Name = tuple[str, "Callable[[Any], Text]"]
CREW: Final[Name] = ("crew", lambda each: _or_without(each.crew_id, "crew"))
GROUP: Final[Name] = ("group", lambda each: _or_without(each.group_id, "group"))
AGENT: Final[Name] = ("agent", lambda each: _or_without(each.agent_id, "agent"))
DAY: Final[Name] = ("day (UTC)", lambda each: _or_without(each.day and f"{each.day}", "time"))


def show_stats(result: StatsResult, screen: Screen, *, by: str = "type") -> None:
    """Show the counts, by memory type, crew, agent or day."""
    screen.facts([*store_facts(result), ("group", result.group_id), ("crew", result.crew_id)])
    match by:
        case "crew":
            is_of_one_group = {each.group_id for each in result.crews} <= {result.group_id}
            names = [CREW] if is_of_one_group else [CREW, GROUP]
            _show_counts(result.crews, names, result, screen)
        case "agent":
            _show_counts(result.agents, [AGENT, CREW], result, screen)
        case "day":
            _show_counts(result.days, [DAY], result, screen)
        case _:
            _show_types(result, screen)
    _show_uncounted(result, screen)
    screen.facts(_span(result))
    _note(result, screen)


def _span(result: StatsResult) -> list[tuple[str, Cell | None]]:
    return [
        ("oldest", f"{moment(result.oldest)} UTC" if result.oldest else None),
        ("newest", f"{moment(result.newest)} UTC" if result.newest else None),
        ("on disk", size(result.size_bytes) if result.size_bytes is not None else None),
    ]


def _show_types(result: StatsResult, screen: Screen) -> None:
    largest = max((each.records for each in result.types), default=0)
    screen.rows(
        result.types,
        (Column("type"), lambda each: styled(each.type, "" if each.is_enabled else FAINT)),
        (RECORDS, lambda each: screen.count(each.records)),
        (BAR, lambda each: joined(bar(each.records, largest, screen), _switch(each))),
        (Column("dimension", is_number=True), lambda each: _listed(map(str, each.dimensions))),
        (Column("metric"), lambda each: _listed(_metrics(result, each))),
        (Column("collection", fit=Fit.WRAP), lambda each: _listed(each.collections)),
        total=total_row(_total(result, screen)),
    )


def _switch(stats: TypeStats) -> Text:
    return styled("" if stats.is_enabled else "off", STRONG)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or NOTHING


def _metrics(result: StatsResult, stats: TypeStats) -> list[str]:
    of_type = (each for each in result.collections if each.type is stats.type)
    return sorted({each.metric for each in of_type if each.metric is not None})


def _show_counts(
    counts: Sequence[CrewStats | AgentStats | DayStats],
    names: Sequence[Name],
    result: StatsResult,
    screen: Screen,
) -> None:
    """Show what the records are of and how many there are, with a bar."""
    largest = max((each.records for each in counts), default=0)
    screen.rows(
        counts,
        *((Column(title, fit=Fit.CUT), name) for title, name in names),
        (RECORDS, lambda each: screen.count(each.records)),
        (BAR, lambda each: bar(each.records, largest, screen)),
        total=total_row(*[""] * (len(names) - 1), _total(result, screen)),
    )


def _total(result: StatsResult, screen: Screen) -> Text:
    return styled(screen.count(result.total), STRONG)


def bar(records: int, largest: int, screen: Screen) -> Text:
    """Draw a number as a bar: some of it is seen whenever there is any."""
    if not records:
        return styled("")
    if not screen.frame.is_utf8:
        return styled("#" * max(1, round(BAR_WIDTH * records / largest)), ACCENT)
    eighths = max(1, round(BAR_WIDTH * 8 * records / largest))
    return styled(EIGHTHS[8] * (eighths // 8) + EIGHTHS[eighths % 8].strip(), ACCENT)


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

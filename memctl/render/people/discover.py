"""The screen of `memctl discover`: which memory lies where, who can read it, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..layout import ACCENT, DOUBTFUL, STRONG, WRONG, hanging, styled
from ..text import NOTHING, counted, moment, size

if TYPE_CHECKING:
    from rich.text import Text

    from ...model.results import DiscoverResult, StoreFound
    from ..screen import Screen

_MOST_CREWS: Final = 6


def show_discovery(result: DiscoverResult, screen: Screen) -> None:
    """Show each store, and where nothing was found each place that was searched."""
    if not result.stores:
        screen.note("no memory of CrewAI was found on this machine; searched were:")
        for place in result.searched:
            screen.note(f"  {place.path}: {place.why}")
        return
    for store in result.stores:
        _show_store(store, screen)
    places = {store.path for store in result.stores}
    known = sum(store.records or 0 for store in result.stores)
    found = f"{counted(known, 'record')} in {counted(len(places), 'store')}"
    screen.block([styled(found, STRONG)])


def _show_store(store: StoreFound, screen: Screen) -> None:
    screen.facts(
        [
            ("store", styled(store.location, ACCENT)),
            ("generation", f"{store.generation}: {store.format}"),
            ("read by", store.readers),
            ("records", _records(store)),
            ("crews", _crews(store)),
            ("dimensions", ", ".join(map(str, store.dimensions)) or None),
            ("not counted", _uncounted(store)),
            ("on disk", f"{size(store.size_bytes)}, last written {moment(store.last_write)} UTC"),
        ]
    )
    problem = _remark("problem: ", store.problem, WRONG, screen)
    screen.block([*problem, *_remark("hint: ", store.hint, DOUBTFUL, screen)])


def _records(store: StoreFound) -> str:
    if store.records is None:
        return "unknown"
    by_type = ", ".join(f"{each.records:,} {each.type}" for each in store.types if each.records)
    return f"{store.records:,}" + (f" ({by_type})" if by_type else "")


def _crews(store: StoreFound) -> str:
    """Name the crews; where only reading every row would tell, `memctl stats` does."""
    if store.crews is None:
        return NOTHING if store.records is None else "see `memctl stats --by crew`"
    crews = store.crews
    shown = ", ".join(crews[:_MOST_CREWS])
    more = len(crews) - _MOST_CREWS
    return f"{shown} and {more:,} more" if more > 0 else shown or NOTHING


def _uncounted(store: StoreFound) -> str | None:
    return ", ".join(f"{each.name} ({each.records:,})" for each in store.uncounted) or None


def _remark(label: str, text: str | None, style: str, screen: Screen) -> list[Text]:
    if text is None:
        return []
    return hanging(styled(label, style), styled(text), screen.frame)

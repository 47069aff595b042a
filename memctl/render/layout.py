"""Facts and tables as lines of text, fitted to a terminal or left whole; prints nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text

from .text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

STRONG: Final = "bold"
FAINT: Final = "dim"
FINE: Final = "green"
DOUBTFUL: Final = "yellow"
WRONG: Final = "bold red"
ACCENT: Final = "cyan"

GAP: Final = "  "
Cell = str | Text


class Fit(Enum):
    """What becomes of a cell that is wider than the terminal has room for."""

    KEEP = auto()
    """It stays whole, whatever the width: a name that is to be copied."""
    CUT = auto()
    """It is cut, and the cut is shown."""
    WRAP = auto()
    """It goes on in the next line."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        title: its heading.
        is_number: whether it is aligned to the right.
        fit: what becomes of cells that are too wide.
        moves_below: whether it moves below its row, at the full width, where the row is too wide.
        least: the width down to which it may be narrowed.
    """

    title: str
    is_number: bool = False
    fit: Fit = Fit.KEEP
    moves_below: bool = False
    least: int = 8


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes:
        cells: from the left; those that are missing at the right are empty.
        details: lines below the row.
        is_total: whether a line is drawn above it.
    """

    cells: Sequence[Cell]
    details: Sequence[Text] = field(default=())
    is_total: bool = False


def total_row(*cells: Cell) -> Row:
    """Make the row under a table's figures."""
    return Row([styled("total", STRONG), *cells], is_total=True)


@dataclass(frozen=True, slots=True)
class Frame:
    """What the lines must fit into; a ``width`` of `None` has room for all."""

    width: int | None
    is_utf8: bool


def styled(text: str, style: str = "") -> Text:
    """Make text that no terminal obeys; every text on a screen comes from here."""
    return Text(visible(text), style)


def joined(*parts: Cell, gap: str = " ") -> Text:
    """Set texts side by side, leaving out the empty ones."""
    return Text(gap).join([each for each in map(_text, parts) if each])


def _beside(*parts: Text) -> Text:
    """Set texts side by side, each in its own style; adding them would spread the first one's."""
    return Text("").join(parts)


def facts(pairs: Iterable[tuple[str, Cell | None]], frame: Frame) -> list[Text]:
    """Lay out names and values, one pair a line; pairs without a value are left out."""
    known = [(name, _text(value)) for name, value in pairs if value is not None]
    names = max((len(name) for name, _ in known), default=0)
    lines = []
    for name, value in known:
        lines += hanging(styled(name.ljust(names) + GAP, FAINT), value, frame)
    return lines


def hanging(label: Text, text: Text, frame: Frame) -> list[Text]:
    """Lay out a text behind a label; where it goes on in further lines, they are indented."""
    room = None if frame.width is None else max(1, frame.width - label.cell_len)
    first, *others = _wrapped(text, room)
    indent = styled(" " * label.cell_len)
    return [_beside(label, first), *(_beside(indent, each) for each in others)]


def table(columns: Sequence[Column], rows: Sequence[Row], frame: Frame) -> list[Text]:
    """Lay out a table: one line a row where there is room for all."""
    cells = [_texts(row, len(columns)) for row in rows]
    places = []
    for index, column in enumerate(columns):
        width = max(len(column.title), *(each[index].cell_len for each in cells), 0)
        places.append(_Place(column, index, width))
    inline = [each for each in places if each.width]
    below: list[_Place] = []
    if _excess(inline, frame) > 0:
        below = [each for each in places if each.column.moves_below]
        inline = [each for each in inline if not each.column.moves_below]
    _narrow(inline, frame)
    rule = _rule(inline, frame)
    lines = [*_row_lines(inline, [styled(each.title, STRONG) for each in columns], frame), *rule]
    for row, texts in zip(rows, cells, strict=True):
        lines += rule if row.is_total else []
        lines += _row_lines(inline, texts, frame)
        for place in below:
            lines += _below(place.column, texts[place.index], frame)
        lines += [_beside(styled(GAP), each) for each in row.details]
    return lines


@dataclass(slots=True)
class _Place:
    """Where a column's cells are set: which cell of a row, and in how much room."""

    column: Column
    index: int
    width: int


def _rule(places: Sequence[_Place], frame: Frame) -> list[Text]:
    """Return the line under titles and over totals, which only a terminal has."""
    if frame.width is None:
        return []
    length = min(_width(places), frame.width)
    return [styled(("─" if frame.is_utf8 else "-") * length, FAINT)]


def _row_lines(places: Sequence[_Place], cells: Sequence[Text], frame: Frame) -> Iterator[Text]:
    """Return the lines of a row: several where a cell is wrapped."""
    parts = [_fitted(cells[each.index], each.column, each.width, frame) for each in places]
    for number in range(max(map(len, parts))):
        line, spaces = Text(), ""
        for lines, place in zip(parts, places, strict=True):
            part = lines[number] if number < len(lines) else Text()
            padding = " " * (place.width - part.cell_len)
            if part:
                line.append(spaces + padding if place.column.is_number else spaces)
                line.append_text(part)
                spaces = GAP if place.column.is_number else padding + GAP
            else:
                spaces += padding + GAP
        yield line


def _below(column: Column, cell: Text, frame: Frame) -> list[Text]:
    """Return a cell that moved below its row, indented; an empty one leaves no line."""
    if not cell or frame.width is None:
        return []
    room = max(1, frame.width - len(GAP))
    return [_beside(styled(GAP), each) for each in _fitted(cell, column, room, frame)]


def _width(places: Sequence[_Place]) -> int:
    return sum(each.width for each in places) + len(GAP) * (len(places) - 1)


def _excess(places: Sequence[_Place], frame: Frame) -> int:
    """Return by how much a row is too wide."""
    return 0 if frame.width is None else _width(places) - frame.width


def _narrow(places: Sequence[_Place], frame: Frame) -> None:
    """Take what is too much from the widest columns that may lose some."""
    if frame.width is None:
        return
    flexible = [each for each in places if each.column.fit is not Fit.KEEP]
    widest = max(frame.width, *(each.column.least for each in places))
    for place in flexible:
        place.width = min(place.width, widest)
    for _ in range(_excess(places, frame)):
        free = [
            each for each in flexible if each.width > max(each.column.least, len(each.column.title))
        ]
        if not free:
            break
        max(free, key=lambda each: each.width).width -= 1


def _fitted(cell: Text, column: Column, width: int, frame: Frame) -> list[Text]:
    """Return a cell's lines in this much room."""
    return _wrapped(cell, width) if column.fit is Fit.WRAP else [_cut(cell, column, width, frame)]


def _cut(cell: Text, column: Column, width: int, frame: Frame) -> Text:
    """Cut a cell that is too wide, and show the cut."""
    if cell.cell_len <= width or column.fit is Fit.KEEP:
        return cell
    mark = "…" if frame.is_utf8 else "..."
    shortened = cell.copy()
    shortened.truncate(width - len(mark))
    shortened.append(mark)
    return shortened


def _wrapped(cell: Text, width: int | None) -> list[Text]:
    """Return a text's lines; Rich wants a console for this, and prints nothing to it."""
    if width is None or cell.cell_len <= width:
        return [cell]
    lines = list(cell.wrap(Console(), width, overflow="fold"))
    for line in lines:
        line.rstrip()
    return lines


def _texts(row: Row, count: int) -> list[Text]:
    return [*map(_text, row.cells), *[Text()] * (count - len(row.cells))]


def _text(cell: Cell) -> Text:
    return styled(cell) if isinstance(cell, str) else cell

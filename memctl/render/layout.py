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
    widths = [
        max(len(column.title), *(each[index].cell_len for each in cells), 0)
        for index, column in enumerate(columns)
    ]
    inline = [index for index in range(len(columns)) if widths[index]]
    if _excess([widths[index] for index in inline], frame) > 0:
        inline = [index for index in inline if not columns[index].moves_below]
    plan = _Plan(columns, inline, _narrowed(columns, widths, inline, frame), frame)
    lines = list(plan.heading())
    for row, texts in zip(rows, cells, strict=True):
        lines += plan.row(row, texts)
    return lines


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a table's columns are placed: those of ``inline`` side by side, the others below."""

    columns: Sequence[Column]
    inline: Sequence[int]
    widths: Sequence[int]
    frame: Frame

    def heading(self) -> Iterator[Text]:
        """Return the titles, and on a terminal a line under them."""
        yield from self._side_by_side([styled(each.title, STRONG) for each in self.columns])
        yield from self._rule()

    def row(self, row: Row, cells: Sequence[Text]) -> Iterator[Text]:
        """Return a row's lines: its cells, those that moved below, its details."""
        if row.is_total:
            yield from self._rule()
        yield from self._side_by_side(cells)
        for index, column in enumerate(self.columns):
            if column.moves_below and index not in self.inline:
                yield from _below(column, cells[index], self.frame)
        for detail in row.details:
            yield _beside(styled(GAP), detail)

    def _side_by_side(self, cells: Sequence[Text]) -> Iterator[Text]:
        return _row_lines(
            [self.columns[index] for index in self.inline],
            [cells[index] for index in self.inline],
            [self.widths[index] for index in self.inline],
            self.frame,
        )

    def _rule(self) -> Iterator[Text]:
        if self.frame.width is not None:
            room = [self.widths[index] for index in self.inline]
            length = min(sum(room) + len(GAP) * (len(room) - 1), self.frame.width)
            yield styled(("─" if self.frame.is_utf8 else "-") * length, FAINT)


def _row_lines(
    columns: Sequence[Column], cells: Sequence[Text], widths: Sequence[int], frame: Frame
) -> Iterator[Text]:
    """Return the lines of a row: several where a cell is wrapped."""
    parts = [
        _wrapped(cell, width) if column.fit is Fit.WRAP else [_cut(cell, column, width, frame)]
        for column, cell, width in zip(columns, cells, widths, strict=True)
    ]
    for number in range(max(map(len, parts))):
        line, spaces = Text(), ""
        for lines, column, width in zip(parts, columns, widths, strict=True):
            part = lines[number] if number < len(lines) else Text()
            padding = " " * (width - part.cell_len)
            if part:
                line.append(spaces + padding if column.is_number else spaces)
                line.append_text(part)
                spaces = GAP if column.is_number else padding + GAP
            else:
                spaces += padding + GAP
        yield line


def _below(column: Column, cell: Text, frame: Frame) -> Iterator[Text]:
    """Return a cell that moved below its row, indented; an empty one leaves no line."""
    if not cell or frame.width is None:
        return
    room = max(1, frame.width - len(GAP))
    parts = _wrapped(cell, room) if column.fit is Fit.WRAP else [_cut(cell, column, room, frame)]
    for part in parts:
        yield _beside(styled(GAP), part)


def _excess(widths: Sequence[int], frame: Frame) -> int:
    """Return by how much a row of these widths is too wide."""
    if frame.width is None:
        return 0
    return sum(widths) + len(GAP) * (len(widths) - 1) - frame.width


def _narrowed(
    columns: Sequence[Column], widths: Sequence[int], inline: Sequence[int], frame: Frame
) -> list[int]:
    """Take what is too much from the widest columns that may lose some."""
    if frame.width is None:
        return list(widths)
    widest = max(frame.width, *(column.least for column in columns))
    narrowed = [
        each if column.fit is Fit.KEEP else min(each, widest)
        for each, column in zip(widths, columns, strict=True)
    ]
    least = [max(column.least, len(column.title)) for column in columns]
    for _ in range(_excess([narrowed[index] for index in inline], frame)):
        free = [
            index
            for index in inline
            if columns[index].fit is not Fit.KEEP and narrowed[index] > least[index]
        ]
        if not free:
            break
        narrowed[max(free, key=narrowed.__getitem__)] -= 1
    return narrowed


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

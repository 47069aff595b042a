"""The two standard streams, each with what it can show; what is shown is decided elsewhere."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final, TextIO, TypeVar

from rich.console import Console

from .layout import (
    ACCENT,
    DOUBTFUL,
    FAINT,
    FINE,
    STRONG,
    Cell,
    Frame,
    Row,
    facts,
    hanging,
    joined,
    styled,
    table,
)
from .text import NOTHING, is_utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.text import Text

    from .layout import Column

Item = TypeVar("Item")

USUAL_WIDTH: Final = 80
_WIDEST: Final = 10_000
"""More columns than any terminal has: lines are laid out here, Rich only colours them."""


class Stream:
    """A standard stream, and what it can show.

    Attributes:
        is_terminal: whether somebody sees it at once.
        frame: its width, `None` where it is no terminal, and whether it takes all of Unicode.
    """

    def __init__(self, file: TextIO) -> None:
        self.is_terminal = file.isatty()
        self._file = file
        self._encoding = file.encoding or "utf-8"
        self.frame = Frame(_width(file) if self.is_terminal else None, is_utf8(file))
        self._colours = _colours(file) if shows_colours(file) else None

    def print(self, lines: Iterable[Text]) -> None:
        """Print lines; what the stream's encoding lacks is written as an escape."""
        for line in lines:
            text = line.plain if self._colours is None else _coloured(self._colours, line)
            safe = text.encode(self._encoding, "backslashreplace").decode(self._encoding)
            self._file.write(safe + "\n")
        self._file.flush()


class Screen:
    """Where a result is shown: data on standard output, notes on standard error."""

    def __init__(self, *, is_quiet: bool = False, is_preview: bool = False) -> None:
        """Look at the streams as they are now; with ``is_quiet`` there are no notes.

        A preview of what is not done yet is no data: all of it goes to standard error.
        """
        self.is_preview = is_preview
        self._out = Stream(sys.stderr if is_preview else sys.stdout)
        self._err = Stream(sys.stderr)
        self._is_quiet = is_quiet
        self._has_data = False
        self._has_notes = False
        self.frame = self._out.frame

    def say(self, sentence: Cell) -> None:
        """Print a sentence, wrapped where the terminal is too narrow for it."""
        text = styled(sentence) if isinstance(sentence, str) else sentence
        self._print(hanging(styled(""), text, self.frame))

    def block(self, lines: Sequence[Text]) -> None:
        """Print lines that belong together, set off from those before."""
        if lines and self._has_data:
            self._print([styled("")])
        self._print(lines)

    def facts(self, pairs: Iterable[tuple[str, Cell | None]]) -> None:
        """Print names and values, leaving out what has no value."""
        self.block(facts(pairs, self.frame))

    def table(self, columns: Sequence[Column], rows: Sequence[Row], title: str = "") -> None:
        """Print a table, below its title if it has one."""
        heading = [styled(title, STRONG)] if title else []
        self.block([*heading, *table(columns, rows, self.frame)])

    def rows(
        self,
        items: Iterable[Item],
        *columns: tuple[Column, Callable[[Item], Cell]],
        total: Row | None = None,
    ) -> None:
        """Print a table with a row for each item; a column comes with what makes its cells."""
        cells = [Row([cell(each) for _, cell in columns]) for each in items]
        self.table([column for column, _ in columns], [*cells, total] if total else cells)

    def count(self, number: int) -> str:
        """Write a number: in groups of three for people, plain for programs."""
        return f"{number:,}" if self._out.is_terminal else str(number)

    def figure(self, number: int | None, style: str = "") -> Text:
        """Write a number of a table: what is none or unknown stands back."""
        return styled(NOTHING if number is None else self.count(number), style if number else FAINT)

    def mark(self, sign: str, word: str, style: str) -> Text:
        """Write a word with a sign before it, where the stream can show signs."""
        return styled(f"{sign} {word}" if self.frame.is_utf8 else word, style)

    def done(self, sentence: str) -> Text:
        """Write that something went well."""
        return self.mark("✓", sentence, FINE)

    def dry_run(self, sentence: str) -> None:
        """Print that nothing was done, as it was asked for."""
        self.say(joined(styled("dry run:", DOUBTFUL), styled(sentence)))

    def note(self, text: str) -> None:
        """Print what the user should know, though nothing went wrong."""
        self._aside(hanging(styled("note: ", DOUBTFUL), styled(text), self._err.frame))

    def notes(self, texts: Iterable[str]) -> None:
        """Print several of them."""
        for text in texts:
            self.note(text)

    def next(self, *commands: str) -> None:
        """Print which commands come next; before anything is done, none does."""
        if self.is_preview:
            return
        for number, command in enumerate(commands):
            word = "  or:" if number else "next:"
            self._aside([joined(styled(word, FAINT), styled(command, ACCENT))])

    def next_for_real(self) -> None:
        """Print how to do what a dry run looked at."""
        self.next("the same command without `--dry-run`")

    def _print(self, lines: Sequence[Text]) -> None:
        self._out.print(lines)
        self._has_data = self._has_data or bool(lines)

    def _aside(self, lines: Sequence[Text]) -> None:
        """Print what is no data, on a screen that shows both set off from the data."""
        if self._is_quiet:
            return
        both_seen = self._out.is_terminal and self._err.is_terminal
        if both_seen and self._has_data and not self._has_notes:
            self._err.print([styled("")])
        self._err.print(lines)
        self._has_notes = True


def shows_colours(file: TextIO) -> bool:
    """Return whether a stream gets colours: by ``NO_COLOR``, ``FORCE_COLOR``, the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return file.isatty() and os.environ.get("TERM", "") not in {"dumb", "unknown"}


def _colours(file: TextIO) -> Console:
    return Console(file=file, force_terminal=True, color_system="standard", width=_WIDEST)


def _coloured(console: Console, line: Text) -> str:
    with console.capture() as captured:
        console.print(line, soft_wrap=True, end="")
    return captured.get()


def _width(file: TextIO) -> int:
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(file.fileno()).columns or USUAL_WIDTH
    except OSError:
        return USUAL_WIDTH

"""The look of progress bars, by Rich; when they move is said in `progress`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
from rich.text import Text

from .layout import ACCENT, FAINT, FINE
from .screen import shows_colours
from .text import duration, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.progress import Task


def _console() -> Console:
    return Console(
        file=sys.stderr,
        force_terminal=True,
        color_system="standard" if shows_colours(sys.stderr) else None,
        markup=False,
        highlight=False,
    )


def make_bars() -> Progress:
    """Make bars for the terminal that standard error is."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24, complete_style=ACCENT, finished_style=FINE, pulse_style=ACCENT),
        Count(),
        Pace(),
        console=_console(),
        redirect_stdout=False,
    )


class Board:
    """What is waited for: a line for each thing and its state, and how long it took so far."""

    def __init__(self) -> None:
        self._started_at = time.monotonic()
        self._states: Mapping[str, str] = {}
        self._live = Live(
            get_renderable=self._lines,
            console=_console(),
            refresh_per_second=2,
            redirect_stdout=False,
        )

    def show(self, states: Mapping[str, str]) -> None:
        """Show these states from now on."""
        self._states = dict(states)
        if not self._live.is_started:
            self._live.start(refresh=True)

    def close(self) -> None:
        """Leave the last states on the screen, and give the terminal back."""
        self._live.stop()

    def _lines(self) -> Group:
        width = max(map(len, self._states), default=0)
        spent = Text(f"waiting {duration(time.monotonic() - self._started_at)}", FAINT)
        lines = [
            Text.assemble(f"{visible(name).ljust(width)}  ", (visible(state), ACCENT))
            for name, state in self._states.items()
        ]
        return Group(*lines, spent)


class Count(ProgressColumn):
    """How many records are done, and of how many."""

    def render(self, task: Task) -> Text:
        """Write ``600 of 1,200``."""
        of = "" if task.total is None else f" of {task.total:,.0f}"
        return Text(f"{task.completed:,.0f}{of}", justify="right")


class Pace(ProgressColumn):
    """How fast it is, and how long it will take; at the end, how long it took."""

    def render(self, task: Task) -> Text:
        """Write ``1,200/s, 12 s left`` or ``in 15 s``."""
        if task.finished or task.stop_time is not None:
            return Text(f"in {duration(task.elapsed or 0)}", FAINT)
        if not task.speed:
            return Text("")
        left = task.time_remaining
        rest = "" if left is None else f", {duration(left)} left"
        return Text(f"{task.speed:,.0f}/s{rest}", FAINT)

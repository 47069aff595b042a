"""The look of progress bars, by Rich; when they move is said in `progress`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
from rich.text import Text

from .layout import ACCENT, FAINT, FINE
from .screen import shows_colours
from .text import duration

if TYPE_CHECKING:
    from rich.progress import Task


def make_bars() -> Progress:
    """Make bars for the terminal that standard error is."""
    console = Console(
        file=sys.stderr,
        force_terminal=True,
        color_system="standard" if shows_colours(sys.stderr) else None,
        markup=False,
        highlight=False,
    )
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24, complete_style=ACCENT, finished_style=FINE, pulse_style=ACCENT),
        Count(),
        Pace(),
        console=console,
        redirect_stdout=False,
    )


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

"""How far the work is, on standard error: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Final

from ..model.progress import Silent
from .text import counted, duration, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from ..model.progress import Progress
    from .bars import Board

SECONDS_BETWEEN_LINES: Final = 5.0
SECONDS_BETWEEN_WAITING_LINES: Final = 30.0


def make_progress(*, is_silent: bool, is_plain: bool = False) -> Progress:
    """Make what fits standard error; what is not silent has a ``close`` that ends it.

    Args:
        is_silent: show nothing.
        is_plain: show lines even on a terminal: a log there and a bar would overwrite each other.
    """
    if is_silent:
        return Silent()
    is_dumb = os.environ.get("TERM", "") in {"dumb", "unknown"}
    return Bars() if sys.stderr.isatty() and not (is_dumb or is_plain) else Lines()


def note(text: str) -> None:
    """Print what the user should read, though nothing went wrong."""
    _print(f"note: {visible(text)}")


class Lines:
    """Progress as plain lines: at the start, then at most one per five seconds, and at the end."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Measure time with ``clock``, in seconds."""
        self._clock = clock
        self._label: str | None = None
        self._total: int | None = None
        self._done = 0
        self._started_at = self._said_at = clock()
        self._waiting: Mapping[str, str] = {}

    def start(self, label: str, total: int | None) -> None:
        """End the part before, and begin one."""
        self.close()
        self._label, self._total, self._done = label, total, 0
        self._started_at = self._said_at = self._clock()
        records = "" if total is None else f" {counted(total, 'record')}"
        _print(f"{visible(label)}{records} ...")

    def advance(self, records: int) -> None:
        """Print how far it is, if that was last said long enough ago."""
        self._done += records
        now = self._clock()
        if self._label is not None and now - self._said_at >= SECONDS_BETWEEN_LINES:
            self._said_at = now
            self._say(self._pace(now - self._started_at))

    def note(self, text: str) -> None:
        """Print it."""
        note(text)

    def wait(self, states: Mapping[str, str]) -> None:
        """Print what it waits for when that changed, or was last said long enough ago."""
        now = self._clock()
        if states and not self._waiting:
            self._started_at = now
        is_due = now - self._said_at >= SECONDS_BETWEEN_WAITING_LINES
        if states and (is_due or states != self._waiting):
            self._said_at = now
            _print(waiting_line(states, now - self._started_at))
        self._waiting = dict(states)

    def close(self) -> None:
        """End the part that is running; without one, do nothing."""
        if self._label is not None:
            self._say(f"in {duration(self._clock() - self._started_at)}")
            self._label = None

    def _say(self, rest: str) -> None:
        done = counted(self._done, "record")
        if self._total is not None:
            done = f"{self._done:,} of {counted(self._total, 'record')}"
        _print(f"{visible(self._label or '')}: {done}, {rest}")

    def _pace(self, seconds: float) -> str:
        """Return how fast it is, and how long it will still take."""
        rate = self._done / seconds
        pace = f"{rate:,.0f}/s"
        if self._total is None or not rate:
            return pace
        return f"{pace}, {duration(max(self._total - self._done, 0) / rate)} left"


class Bars:
    """Progress as a bar per part of the work, with count, rate and the time that is left."""

    def __init__(self) -> None:
        self._bars: RichProgress | None = None
        self._task: TaskID | None = None
        self._board: Board | None = None

    def start(self, label: str, total: int | None) -> None:
        """End the part before, and begin one."""
        self._end_part()
        if self._bars is None:
            from .bars import make_bars

            self._bars = make_bars()
            self._bars.start()
        self._task = self._bars.add_task(_encodable(visible(label)), total=total)

    def advance(self, records: int) -> None:
        """Move the bar on."""
        if self._bars is not None and self._task is not None:
            self._bars.advance(self._task, records)

    def note(self, text: str) -> None:
        """Print it above the bars."""
        if self._bars is None:
            note(text)
        else:
            self._bars.console.print(_encodable(f"note: {visible(text)}"), soft_wrap=True)

    def wait(self, states: Mapping[str, str]) -> None:
        """Show what it waits for, with the time that went by, until nothing is left of it."""
        if not states:
            self._end_board()
            return
        if self._board is None:
            from .bars import Board

            self._board = Board()
        self._board.show(states)

    def _end_board(self) -> None:
        if self._board is not None:
            self._board.close()
            self._board = None

    def close(self) -> None:
        """Leave the bars as they are and give the terminal back; twice is fine."""
        self._end_board()
        if self._bars is not None:
            self._end_part()
            self._bars.stop()
            self._bars = None

    def _end_part(self) -> None:
        """Stop the running part's clock."""
        if self._bars is not None and self._task is not None:
            self._bars.stop_task(self._task)
            self._task = None


def waiting_line(states: Mapping[str, str], seconds: float) -> str:
    """Write ``waiting 45 s: memctl_memory provisioning, memctl_documents ready``."""
    said = ", ".join(f"{visible(name)} {visible(state)}" for name, state in states.items())
    return f"waiting {duration(seconds)}: {said}"


def _print(text: str) -> None:
    sys.stderr.write(_encodable(text) + "\n")
    sys.stderr.flush()


def _encodable(text: str) -> str:
    """Write as an escape what standard error's encoding lacks."""
    encoding = sys.stderr.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)

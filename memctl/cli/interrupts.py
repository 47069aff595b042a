"""Ctrl-C that was swallowed on its way; what a command says when it is interrupted, `app` knows."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..model.progress import Progress

_came: list[int] = []


def remember_interrupts() -> None:
    """Remember Ctrl-C, beside what Python does about it; where it is ignored, it stays so."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def _interrupt(number: int, frame: Any) -> None:
    _came.append(number)
    signal.default_int_handler(number, frame)


def _end_if_interrupted() -> None:
    # What tidies up after an error is not to be disturbed: the work ends by that error.
    if _came and sys.exc_info()[1] is None:
        _came.clear()
        raise KeyboardInterrupt


class Interruptible:
    """Progress that ends the work where Ctrl-C should have.

    Whatever comes while pyarrow looks for pandas, or in a callback of a weak reference, is lost:
    both catch every exception. Work tells its progress where it stands at least once per batch.

    Args:
        shown: what shows the progress.
        redact: takes secrets out of what is noted.
    """

    def __init__(self, shown: Progress, redact: Callable[[str], str] = str) -> None:
        self._shown = shown
        self._redact = redact

    def start(self, label: str, total: int | None) -> None:
        """Show it, unless the work was interrupted."""
        _end_if_interrupted()
        self._shown.start(label, total)

    def advance(self, records: int) -> None:
        """Show it, unless the work was interrupted."""
        _end_if_interrupted()
        self._shown.advance(records)

    def note(self, text: str) -> None:
        """Show it, interrupted or not."""
        self._shown.note(self._redact(text))

    def wait(self, states: Mapping[str, str]) -> None:
        """Show it, unless the work was interrupted."""
        _end_if_interrupted()
        self._shown.wait({name: self._redact(state) for name, state in states.items()})

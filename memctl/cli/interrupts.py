"""Ctrl-C: the first ends the work, even where it is swallowed; the second ends the process.

What a command says when it is interrupted, `app` knows.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..model.progress import Progress

_SHOW_CURSOR: Final = b"\x1b[?25h"


def remember_interrupts() -> None:
    """Remember Ctrl-C, beside what Python does about it; where it is ignored, it stays so."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, Interrupts())
        _take_only_one()


def _take_only_one() -> None:
    """Have the system itself end the process at the second Ctrl-C.

    Python runs a handler when the main thread comes back to it, which may be never: an extension
    may wait for ever, or work on with the interpreter's lock held, so that no thread can run. So
    the system is told to call what notes a Ctrl-C just once; the second has the system's own
    effect, which ends the process by the signal (a shell says 130), as if it were killed. That is
    no worse than a kill: local state is written in transactions, and locks are the system's own.

    It takes `sysv_signal` of glibc. Elsewhere (macOS, musl) the second Ctrl-C ends the process as
    soon as Python has heard of the first, see `Interrupts`: not within a call that never returns.
    """
    libc = _libc()
    if hasattr(libc, "sysv_signal"):
        libc.sysv_signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
        libc.sysv_signal(signal.SIGINT, libc.signal(signal.SIGINT, None))


def _libc() -> Any:
    libc = ctypes.CDLL(None)
    libc.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
    libc.signal.restype = ctypes.c_void_p
    return libc


class Interrupts:
    """The handler of Ctrl-C; it ends the work as soon as nothing is held.

    Attributes:
        came: whether it came, and the work may not know.
    """

    def __init__(self) -> None:
        self.came = False
        self._holders = 0
        self._is_due = False

    def __call__(self, number: int, frame: Any) -> None:
        """Raise what Python does; the next one ends the process.

        The system is asked, not Python: what Python calls at a signal stays as it is.
        """
        _libc().signal(number, None)
        if sys.stderr.isatty():  # a bar hides it, and may not get to show it again
            with suppress(OSError):
                os.write(sys.stderr.fileno(), _SHOW_CURSOR)
        self.came = True
        if self._holders:
            self._is_due = True
        else:
            signal.default_int_handler(number, frame)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it back until a short block ends."""
        self._holders += 1
        try:
            yield
        finally:
            self._holders -= 1
            if self._is_due and not self._holders:
                self._is_due = False
                raise KeyboardInterrupt

    def end_if_swallowed(self) -> None:
        """Raise it again, once, where the work goes on as if nothing had come."""
        # What tidies up after an error is not to be disturbed: the work ends by that error.
        if self.came and sys.exc_info()[1] is None:
            self.came = False
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
        _end_if_swallowed()
        self._shown.start(label, total)

    def advance(self, records: int) -> None:
        """Show it, unless the work was interrupted."""
        _end_if_swallowed()
        self._shown.advance(records)

    def note(self, text: str) -> None:
        """Show it, interrupted or not."""
        self._shown.note(self._redact(text))

    def wait(self, states: Mapping[str, str]) -> None:
        """Show it, unless the work was interrupted."""
        _end_if_swallowed()
        self._shown.wait({name: self._redact(state) for name, state in states.items()})


def _end_if_swallowed() -> None:
    handler = signal.getsignal(signal.SIGINT)
    if isinstance(handler, Interrupts):
        handler.end_if_swallowed()


def was_interrupted() -> bool:
    """Return whether Ctrl-C came, whatever a library has made of it."""
    handler = signal.getsignal(signal.SIGINT)
    return isinstance(handler, Interrupts) and handler.came

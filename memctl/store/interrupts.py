"""Lets Ctrl-C wait for the end of a transaction; what is written in it, the other modules know."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


@runtime_checkable
class Holding(Protocol):
    """A handler of signals that can wait by itself."""

    def held(self) -> AbstractContextManager[None]:
        """Hold them back until a block ends."""


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back until a short block ends, and let it have its effect then.

    Within SQLAlchemy it would leave a transaction open now and then, and with it the file locked:
    nobody could note any more that the command was interrupted.
    """
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or handler is None:
        yield  # Python tells no other thread of a signal, and knows no handler but its own
        return
    if isinstance(handler, Holding):
        with handler.held():
            yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)

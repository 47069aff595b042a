"""Ends the waiting for a call that may never return; the call itself can't be ended."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")


def within(limit_s: float, call: Callable[[], Answer]) -> Answer:
    """Return what a call returns, or raise what it raises.

    The thread is a daemon: one that waits for a dead D-Bus must not keep memctl from ending.

    Raises:
        TimeoutError: when the call takes longer.
    """
    answer: Future[Answer] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except BaseException as exc:  # noqa: BLE001 - it is raised again where it is waited for
            answer.set_exception(exc)

    Thread(target=run, name="keyring", daemon=True).start()
    return answer.result(limit_s)

"""Tries requests again, and sends no more of them at once than the other side bears."""

from __future__ import annotations

import logging
import random
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Condition
from typing import TYPE_CHECKING, Final, TypeVar

from ..errors import Throttled, TimedOut, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

_FIRST_WAIT_SECONDS: Final = 0.1
_LONGEST_WAIT_SECONDS: Final = 8.0
_SHORTEST_PAUSE_SECONDS: Final = 0.05
_SHARE_OF_ONE_ATTEMPT: Final = 2 / 3
"""Of the time that is left: an answer that never comes leaves time to ask again."""

logger = logging.getLogger(__name__)


class Pace:
    """How many requests may be under way at once, shared by all threads of a connection.

    Additive increase, multiplicative decrease: a request that the other side throttles halves the
    window and makes every thread wait as long as it asked for; each success widens it a little.

    Args:
        most: the widest window, and the first one.
    """

    def __init__(self, most: int = 4) -> None:
        self.window = float(most)
        self._most = most
        self._under_way = 0
        self._resume_at = 0.0
        self._narrowed_at = 0.0
        self._throttled_in_a_row = 0
        self._changed = Condition()

    def resumes_before(self, deadline: float) -> bool:
        """Return whether a pause that the other side asked for ends in time."""
        with self._changed:
            return self._resume_at < deadline

    @contextmanager
    def turn(self, deadline: float) -> Iterator[None]:
        """Wait for a place in the window, and learn from what becomes of the request.

        Args:
            deadline: a moment of the monotonic clock.

        Raises:
            Throttled: when the other side wants a longer pause than there is time for.
            TimedOut: when no place becomes free in time.
        """
        began = self._enter(deadline)
        try:
            yield
        except Throttled as exc:
            self._narrow(exc.retry_after, began)
            raise
        else:
            self._widen()
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()  # each waits for a place, and gives up at its own time

    def _enter(self, deadline: float) -> float:
        with self._changed:
            while True:
                now = time.monotonic()
                pause = self._resume_at - now
                if pause > 0 and self._resume_at >= deadline:
                    raise Throttled(
                        f"the other side asks for a pause of {pause:.0f} seconds",
                        hint="run the same command again later, or raise `--timeout`",
                        retry_after=pause,
                    )
                if now >= deadline:
                    raise TimedOut("there was no time left to ask", hint="raise `--timeout`")
                if pause <= 0 and self._under_way < int(self.window):
                    self._under_way += 1
                    return now
                self._changed.wait(pause if pause > 0 else deadline - now)

    def _narrow(self, retry_after: float, began: float) -> None:
        with self._changed:
            now = time.monotonic()
            if began >= self._narrowed_at:  # requests of one burst narrow the window once
                self.window = max(1.0, self.window / 2)
                self._narrowed_at = now
                self._throttled_in_a_row += 1
            shortest = min(_SHORTEST_PAUSE_SECONDS * 2**self._throttled_in_a_row, 1.0)
            self._resume_at = max(self._resume_at, now + max(retry_after, shortest))

    def _widen(self) -> None:
        with self._changed:
            self.window = min(self._most, self.window + 1 / self.window)
            self._throttled_in_a_row = 0


@dataclass(frozen=True, slots=True)
class Retries:
    """Tries a request again while that may help and there is time.

    Attributes:
        timeout: seconds for one request, all of its attempts together.
        attempts: how many at most, those apart that were throttled.
        pace: is kept by every attempt.
    """

    timeout: float
    attempts: int = 7
    pace: Pace = field(default_factory=Pace)

    def run(self, attempt: Callable[[float], T], *, is_safe: bool = True) -> T:
        """Make attempts until one succeeds.

        Args:
            attempt: makes the request; is told how many seconds it may take.
            is_safe: whether making it twice does no harm; else it is tried again only where the
                other side said that it did nothing.

        Raises:
            MemctlError: what the last attempt raised.
        """
        deadline = time.monotonic() + self.timeout
        for number in count(1):
            try:
                with self.pace.turn(deadline):
                    return attempt((deadline - time.monotonic()) * _SHARE_OF_ONE_ATTEMPT)
            except Throttled:
                if not self.pace.resumes_before(deadline):
                    raise
            except Unreachable as exc:
                wait = max(_backoff(number), exc.retry_after)
                if not is_safe or number >= self.attempts or time.monotonic() + wait >= deadline:
                    raise
                logger.debug("%s; trying again in %.1f s", exc.message, wait)
                time.sleep(wait)
        raise AssertionError  # `count` has no end


def _backoff(number: int) -> float:
    longest = min(_FIRST_WAIT_SECONDS * float(2 ** (number - 1)), _LONGEST_WAIT_SECONDS)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads requests, keeps no secret

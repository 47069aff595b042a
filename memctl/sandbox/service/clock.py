"""The workspace's clock: the machine's time, plus what a test has put it forward."""

from __future__ import annotations

import time


class Clock:
    """Seconds that only grow; a test puts them forward instead of waiting."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """Return seconds since some fixed point."""
        return time.monotonic() + self._ahead

    def milliseconds(self) -> int:
        """Return the time of day as the service stamps it: milliseconds since 1970."""
        return round((time.time() + self._ahead) * 1000)

    def advance(self, seconds: float) -> None:
        """Put the time forward."""
        self._ahead += seconds

"""Waits for what a workspace makes or deletes, all with one deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from ....model.errors import TimedOut
from ....model.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ....model.progress import Progress

_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 10.0


class Waiter:
    """Polls until nothing is left to wait for, or the time is up.

    Args:
        seconds: the time for all waits together.
        progress: is told what is waited for.
    """

    def __init__(self, seconds: float, progress: Progress | None = None) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._progress = progress or Silent()

    def until_none_is_left(self, look: Callable[[], Mapping[str, str]]) -> None:
        """Wait until ``look`` finds nothing more to wait for.

        Args:
            look: gives the names and states of what is not done yet.

        Raises:
            TimedOut: when the time is up; nothing is taken back for that.
        """
        pause = _FIRST_PAUSE_SECONDS
        try:
            while left := look():
                self._progress.wait(left)
                rest = self._deadline - time.monotonic()
                if rest <= 0:
                    said = ", ".join(f"`{name}` is {state}" for name, state in left.items())
                    raise TimedOut(
                        f"after {self._seconds:.0f} seconds of waiting {said}",
                        hint="nothing was taken back for that; wait longer with `--wait-timeout`",
                    )
                time.sleep(min(pause, rest))
                pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
        finally:
            self._progress.wait({})

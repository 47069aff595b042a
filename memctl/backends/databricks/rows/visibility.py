"""Read-your-writes: waits until reads see what this connection wrote, since they may lag."""

from __future__ import annotations

import logging
import time
from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    Row = dict[str, Any]

_KEPT: Final = 8
"""Writes that are looked for: as many as may have been under way at once."""

_FIRST_WAIT_SECONDS: Final = 0.02
_LONGEST_WAIT_SECONDS: Final = 1.0

logger = logging.getLogger(__name__)


class Visibility:
    """What one connection wrote last to one index, until it was seen there.

    Args:
        find: reads the row of a key.
        patience: seconds to wait for at most; another writer may have been there since.
    """

    def __init__(self, find: Callable[[str], Row | None], patience: float) -> None:
        self._find = find
        self._patience = patience
        self._awaited: deque[tuple[str, Row | None]] = deque(maxlen=_KEPT)
        self._lock = Lock()

    def expect(self, key: str, row: Row | None) -> None:
        """Note a write: its row, or `None` for one that was deleted."""
        with self._lock:
            kept = [each for each in self._awaited if each[0] != key]
            self._awaited = deque([*kept, (key, row)], maxlen=_KEPT)

    def wait(self) -> None:
        """Return once the last writes are seen; asks nothing where there were none."""
        if not self._awaited:
            return
        with self._lock:
            deadline = time.monotonic() + self._patience
            while self._awaited:
                key, row = self._awaited.popleft()
                self._wait_for(key, row, deadline)

    def _wait_for(self, key: str, row: Row | None, deadline: float) -> None:
        pause = _FIRST_WAIT_SECONDS
        while not _agree(row, self._find(key)):
            if time.monotonic() + pause > deadline:
                logger.warning("a row that was just written still reads otherwise")
                return
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_WAIT_SECONDS)


def _agree(written: Row | None, found: Row | None) -> bool:
    """Compare what comes back as it was written: texts."""
    if written is None or found is None:
        return written is found
    return all(found.get(name) == each for name, each in written.items() if isinstance(each, str))

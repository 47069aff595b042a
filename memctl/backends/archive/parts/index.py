"""An index of which parts may hold an id, with 12 bytes per id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    Run = tuple[NDArray[np.int64], NDArray[np.uint32]]
    """Hashes of ids, ascending, and the number of the part that each came from."""


class IdIndex:
    """Hashes of ids in sorted runs, merged as they grow so that each is at least twice the next.

    It never misses a part, but may name one too many: two ids may have the same hash, and a row may
    have been removed since. The caller looks into the parts.
    """

    def __init__(self) -> None:
        self._runs: list[Run] = []

    def add(self, number: int, ids: Collection[str]) -> None:
        """Add the ids of a part."""
        hashes = _hashes(ids)
        hashes.sort()
        self._runs.append((hashes, np.full(len(hashes), number, np.uint32)))
        while len(self._runs) > 1 and len(self._runs[-2][0]) < 2 * len(self._runs[-1][0]):
            newer, older = self._runs.pop(), self._runs.pop()
            self._runs.append(_merged(older, newer))

    def parts_with(self, ids: Collection[str]) -> list[int]:
        """List the numbers of the parts that may hold one of these ids, ascending."""
        wanted = _hashes(ids)
        numbers: set[int] = set()
        for hashes, parts in self._runs:
            first = np.searchsorted(hashes, wanted, "left")
            last = np.searchsorted(hashes, wanted, "right")
            for hit in np.flatnonzero(last > first):
                numbers.update(parts[first[hit] : last[hit]].tolist())
        return sorted(numbers)

    def repeated(self) -> set[int]:
        """Return the hashes that were added more than once."""
        if not self._runs:
            return set()
        every = np.concatenate([hashes for hashes, _ in self._runs])
        hashes, times = np.unique(every, return_counts=True)
        return set(hashes[times > 1].tolist())


def _hashes(ids: Collection[str]) -> NDArray[np.int64]:
    return np.fromiter(map(hash, ids), np.int64, len(ids))


def _merged(older: Run, newer: Run) -> Run:
    hashes = np.concatenate([older[0], newer[0]])
    order = np.argsort(hashes, kind="stable")
    return hashes[order], np.concatenate([older[1], newer[1]])[order]

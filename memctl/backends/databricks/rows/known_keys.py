"""A compact set of the keys that an index holds, with the owner of each."""

from __future__ import annotations

from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

Owner: TypeAlias = tuple[str | None, str | None]
"""Group and crew."""

_MOST_RECENT = 4096
_GONE = -1


class KnownKeys:
    """Keys by a hash of 64 bits, with the number of their owner: 12 bytes per row.

    It may take an absent key for a present one (once in many millions of millions), never a present
    one for an absent one. Takes calls from any number of threads.
    """

    def __init__(self) -> None:
        self._hashes: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._numbers: NDArray[np.int32] = np.empty(0, np.int32)
        self._recent: dict[int, int] = {}
        self._owners: list[Owner] = []
        self._numbered: dict[Owner, int] = {}
        self._lock = Lock()

    def add(self, rows: Iterable[tuple[str, Owner]]) -> None:
        """Note keys and owners."""
        with self._lock:
            for key, owner in rows:
                self._recent[_hash(key)] = self._number(owner)
            if len(self._recent) > _MOST_RECENT:
                self._merge()

    def remove(self, keys: Iterable[str]) -> None:
        """Note that keys are gone."""
        with self._lock:
            for key in keys:
                self._recent[_hash(key)] = _GONE

    def owner(self, key: str) -> Owner | None:
        """Return whose a key is, or `None` where the index does not hold it."""
        hashed = _hash(key)
        with self._lock:
            number = self._recent.get(hashed)
            if number is None:
                place = int(np.searchsorted(self._hashes, np.uint64(hashed)))
                if place == len(self._hashes) or int(self._hashes[place]) != hashed:
                    return None
                number = int(self._numbers[place])
            return None if number == _GONE else self._owners[number]

    def _number(self, owner: Owner) -> int:
        if owner not in self._numbered:
            self._numbered[owner] = len(self._owners)
            self._owners.append(owner)
        return self._numbered[owner]

    def _merge(self) -> None:
        """Move what came lately to the sorted arrays, where it takes less room; the latest wins."""
        count = len(self._recent)
        hashes = np.fromiter(self._recent.keys(), np.uint64, count)
        numbers = np.fromiter(self._recent.values(), np.int32, count)
        kept = ~np.isin(self._hashes, hashes)
        hashes = np.concatenate([self._hashes[kept], hashes])
        numbers = np.concatenate([self._numbers[kept], numbers])
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._numbers = hashes[order], numbers[order]
        self._recent.clear()


def _hash(key: str) -> int:
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest())

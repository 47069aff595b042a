"""The rows of one index in the order of their keys, and the nearest to a vector."""

from __future__ import annotations

import json
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from .columns import SUFFIXES, scan_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy import float32
    from numpy.typing import NDArray

Key = str | int
Row = dict[str, Any]


class Rows:
    """Rows by primary key; what is derived from them is made when it is first asked for.

    Args:
        primary_key: the column that names a row.
        vector: the column that holds its vector.
    """

    def __init__(self, primary_key: str, vector: str) -> None:
        self._primary_key = primary_key
        self._vector = vector
        self._rows: dict[Key, Row] = {}
        self._keys: list[Key] | None = None
        self._matrix: tuple[list[Key], NDArray[float32]] | None = None
        self._written: dict[tuple[Key, str], str] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: Key) -> Row:
        return self._rows[key]

    def copy(self) -> Rows:
        """Keep how it is now."""
        copied = Rows(self._primary_key, self._vector)
        copied._rows = dict(self._rows)
        return copied

    def put(self, rows: Iterable[Row]) -> None:
        """Keep rows; one of the same key is replaced as a whole."""
        for row in rows:
            key = row[self._primary_key]
            self._rows[key] = row
            self._forget_text(key)
        self._keys = self._matrix = None

    def remove(self, keys: Iterable[Key]) -> None:
        """Forget rows; a key that is not there is none to forget."""
        for key in keys:
            self._rows.pop(key, None)
            self._forget_text(key)
        self._keys = self._matrix = None

    def after(self, key: Key | None, limit: int) -> list[Key]:
        """Return the next keys in order, those after ``key``."""
        if self._keys is None:
            self._keys = sorted(self._rows)
        start = 0 if key is None else bisect_right(self._keys, key)
        return self._keys[start : start + limit]

    def scan_text(self, key: Key, suffix: str) -> str:
        """Write a row as a scan does, as JSON; it is kept, for reading again is usual."""
        if (key, suffix) not in self._written:
            fields = ",".join(
                f'{{"key":{json.dumps(column)},"value":{scan_text(value, suffix)}}}'
                for column, value in self._rows[key].items()
            )
            self._written[key, suffix] = f'{{"fields":[{fields}]}}'
        return self._written[key, suffix]

    def _forget_text(self, key: Key) -> None:
        for suffix in SUFFIXES:
            self._written.pop((key, suffix), None)

    def nearest(
        self, vector: Sequence[float], limit: int, keep: Callable[[Row], bool]
    ) -> list[tuple[Key, float]]:
        """Return the keys nearest to a vector by L2, exactly, with scores ``1 / (1 + d²)``."""
        import numpy as np

        keys, matrix = self._vectors()
        chosen = [place for place, key in enumerate(keys) if keep(self._rows[key])]
        if not chosen:
            return []
        apart = matrix[chosen].astype(np.float64) - np.asarray(vector, dtype=np.float64)
        scores = 1 / (1 + np.einsum("ij,ij->i", apart, apart))
        ranked = np.argsort(-scores, kind="stable")[:limit]
        return [(keys[chosen[place]], float(scores[place])) for place in ranked]

    def _vectors(self) -> tuple[list[Key], NDArray[float32]]:
        import numpy as np

        if self._matrix is None:
            every = self.after(None, len(self._rows))
            keys = [each for each in every if self._rows[each].get(self._vector) is not None]
            vectors = [self._rows[each][self._vector] for each in keys]
            self._matrix = keys, np.asarray(vectors, dtype=np.float32)
        return self._matrix

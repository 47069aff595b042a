"""Exact nearest-neighbour ranking over a scan."""

from __future__ import annotations

import heapq
from itertools import count
from typing import TYPE_CHECKING

from ...model.errors import WrongDimension
from ..exchange import Hit

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from ...model.record import MemoryRecord
    from ..exchange import Batch


def nearest(
    batches: Iterable[Batch], vector: NDArray[np.float32], metric: str, limit: int
) -> list[Hit]:
    """Keep the ``limit`` nearest records of a scan, best first; equal scores keep the scan's order.

    Raises:
        WrongDimension: when a stored vector has another dimension than ``vector``.
    """
    best: list[tuple[float, int, MemoryRecord]] = []
    order = count(0, -1)
    for batch in batches:
        with_vectors = [each for each in batch.records if each.embedding is not None]
        if not with_vectors:
            continue
        scores = _scores(with_vectors, vector, metric)
        for record, score in zip(with_vectors, scores, strict=True):
            entry = (-score if metric == "l2" else score, next(order), record)
            if len(best) < limit:
                heapq.heappush(best, entry)
            elif limit and entry > best[0]:
                heapq.heapreplace(best, entry)
    ranked = sorted(best, key=lambda entry: entry[:2], reverse=True)
    return [Hit(each, metric, -score if metric == "l2" else score) for score, _, each in ranked]


def _scores(records: list[MemoryRecord], vector: NDArray[np.float32], metric: str) -> list[float]:
    import numpy as np

    for record in records:
        if record.embedding is not None and record.embedding.shape != vector.shape:
            raise WrongDimension(
                f"the vector has {vector.shape[0]} dimensions, and record `{record.id[:80]}` "
                f"has {record.embedding.shape[0]}",
                hint="search with a vector of the model that made the stored ones",
            )
    matrix = np.stack([each.embedding for each in records if each.embedding is not None])
    wide, target = matrix.astype(np.float64), vector.astype(np.float64)
    if metric == "l2":
        scores = np.linalg.norm(wide - target, axis=1)
    elif metric == "ip":
        scores = wide @ target
    else:
        norms = np.linalg.norm(wide, axis=1) * np.linalg.norm(target)
        scores = np.divide(wide @ target, norms, out=np.zeros(len(wide)), where=norms > 0)
    return [float(score) for score in scores]

"""The data that every benchmark uses: 20,000 records of 384 dimensions with plausible texts."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from memctl.model.memory_type import MemoryType
from memctl.model.record import MemoryRecord

from ..conftest import make_store

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS = 20_000
DIMENSION = 384
BATCH = 1000
WORDS = [f"word{number}" for number in range(2000)]
START = datetime(2026, 1, 1, tzinfo=UTC)


def make_batches(
    records: int = RECORDS, dimension: int = DIMENSION
) -> Iterator[list[MemoryRecord]]:
    """Give records in batches, the same on every run."""
    chance = np.random.default_rng(7)
    for first in range(0, records, BATCH):
        size = min(BATCH, records - first)
        vectors = chance.normal(size=(size, dimension)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        lengths = chance.integers(20, 60, size=size)
        yield [
            _record(first + number, vectors[number], chance.choice(WORDS, lengths[number]))
            for number in range(size)
        ]


def _record(number: int, vector: np.ndarray, words: np.ndarray) -> MemoryRecord:
    return MemoryRecord(
        id=f"{number:08d}-6f1c-4f5e-9a77-3f2b8f1d0c11",
        type=MemoryType.SHORT_TERM,
        content=" ".join(words),
        embedding=vector,
        group_id="acme",
        crew_id=f"crew-{number % 10}",
        agent_id=f"agent-{number % 3}",
        created_at=START + timedelta(minutes=number),
        metadata={"source": "benchmark", "rank": number},
    )


def make_archive(path: Path, records: int = RECORDS) -> Path:
    """Make an archive of the records."""
    return make_store("archive", path, [each for batch in make_batches(records) for each in batch])


def make_chroma(path: Path, records: int = RECORDS) -> Path:
    """Make a Chroma store of memctl's own layout that holds the records."""
    return make_store("chroma", path, [each for batch in make_batches(records) for each in batch])


if __name__ == "__main__":
    make_chroma(Path(sys.argv[1]))

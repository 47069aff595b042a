"""`memctl migrate` into Chroma against the raw client: ``python -m tests.benchmarks.migrate``."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from memctl.backends.chroma.rows import to_metadatas
from memctl.core.migrate import MigrateOrder, migrate_memory
from memctl.core.query.rows import Terms
from memctl.core.selection import StoreRequest
from memctl.model.records import to_columns

from .data import BATCH, RECORDS, make_archive, make_batches


class Stopwatch:
    """Progress that takes the time at which each part of the work begins."""

    def __init__(self) -> None:
        self.starts: list[tuple[str, float]] = []

    def start(self, label: str, total: int | None) -> None:  # noqa: ARG002 - as the protocol says
        self.starts.append((label, time.perf_counter()))

    def advance(self, records: int) -> None:
        pass

    def note(self, text: str) -> None:
        pass


def copy_with_memctl(source: Path, target: Path) -> tuple[float, float]:
    """Give the seconds of copying and of comparing."""
    watch = Stopwatch()
    order = MigrateOrder(
        StoreRequest.named(f"archive:{source}"),
        StoreRequest.named(f"chroma:{target}"),
        terms=Terms(batch_size=BATCH),
    )
    result = migrate_memory(order, watch)
    end = time.perf_counter()
    assert result.comparison is not None
    assert result.comparison.holds
    starts = dict(reversed(watch.starts))
    return starts["comparing"] - starts["copying"], end - starts["comparing"]


def copy_with_client(target: Path, records: int) -> float:
    """Give the seconds that chromadb's client needs for the same rows in the same batches."""
    import chromadb

    client = chromadb.PersistentClient(str(target))
    metadata = {"hnsw:space": "cosine"}
    collection = client.create_collection("raw", metadata=metadata, embedding_function=None)
    seconds = 0.0
    for batch in make_batches(records):
        rows = to_metadatas(to_columns(batch))
        start = time.perf_counter()
        collection.upsert(
            ids=[record.id for record in batch],
            documents=[record.content for record in batch],
            embeddings=[record.embedding for record in batch],
            metadatas=rows,
        )
        seconds += time.perf_counter() - start
    client.close()
    return seconds


def main() -> None:
    """Print both, side by side, twice."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        os.environ["MEMCTL_HOME"] = str(root / "home")
        source = make_archive(root / "source", records)
        for number in range(2):
            raw = copy_with_client(root / f"raw{number}", records)
            copying, comparing = copy_with_memctl(source, root / f"target{number}")
            print(
                f"raw client {raw:6.2f} s   memctl {copying:6.2f} s   "
                f"ratio {copying / raw:.2f} (goal: 1.1)   comparing {comparing:.2f} s"
            )


if __name__ == "__main__":
    main()

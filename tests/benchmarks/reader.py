"""The Chroma reader against `collection.get`: ``python -m tests.benchmarks.reader [RECORDS]``."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from memctl.formats.chroma import open_store

from .data import RECORDS, make_chroma

PAGES = (100, 500, 1000, 2000, 5000)
ROUNDS = 3


def read_files(path: Path) -> int:
    """Read every row of a store from its files."""
    with open_store(path) as store:
        return sum(len(batch) for stored in store.collections() for batch in store.scan(stored))


def read_with_client(path: Path, page: int) -> int:
    """Read every row with chromadb's own client."""
    import chromadb

    client = chromadb.PersistentClient(str(path))
    rows = 0
    for collection in client.list_collections():
        total = collection.count()
        for offset in range(0, total, page):
            include = ["documents", "metadatas", "embeddings"]
            rows += len(collection.get(limit=page, offset=offset, include=include)["ids"])
    client.close()
    return rows


def rate(read, *arguments) -> float:
    """Give rows per second."""
    start = time.perf_counter()
    return read(*arguments) / (time.perf_counter() - start)


def anonymous_bytes() -> int:
    """Give the anonymous memory of this process: mapped files do not count."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure_memory(path: Path) -> None:
    """Print the most anonymous memory while the store is read; run in a process of its own."""
    peak = 0
    with open_store(path) as store:
        for stored in store.collections():
            for _ in store.scan(stored):
                peak = max(peak, anonymous_bytes())
    print(f"reader, anonymous memory: {peak / 1e6:.0f} MB")


def main() -> None:
    """Print rows per second of both, their ratio, and the reader's memory."""
    if sys.argv[1:2] == ["memory"]:
        measure_memory(Path(sys.argv[2]))
        return
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    with tempfile.TemporaryDirectory() as directory:
        path = make_chroma(Path(directory) / "store", records)
        subprocess.run([sys.executable, "-m", __spec__.name, "memory", path], check=True)
        ours: list[float] = []
        theirs: dict[int, list[float]] = {page: [] for page in PAGES}
        for _ in range(ROUNDS):
            ours.append(rate(read_files, path))
            for page, rates in theirs.items():
                rates.append(rate(read_with_client, path, page))
        print(f"reader:               {median(ours):10,.0f} rows/s")
        for page, rates in theirs.items():
            print(f"collection.get {page:5}: {median(rates):10,.0f} rows/s")
        best = max(median(rates) for rates in theirs.values())
        print(f"reader / best collection.get: {median(ours) / best:.2f} (goal: 2.5)")


if __name__ == "__main__":
    main()

"""`memctl diff` of two archives against reading both once: ``python -m tests.benchmarks.diff``."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from memctl.core.diff import DiffOrder, compare_stores
from memctl.core.selection import StoreRequest

from ..conftest import make_store, open_backend
from .data import make_batches
from .memory import anonymous_megabytes

RECORDS = 400_000
DIMENSION = 32


def make_archives(root: Path, records: int) -> list[Path]:
    """Make two archives of the same records."""
    written = [each for batch in make_batches(records, DIMENSION) for each in batch]
    return [make_store("archive", root / name, written) for name in ("one", "other")]


def read_once(path: Path) -> float:
    """Give the seconds of reading every record, vectors too."""
    start = time.perf_counter()
    with open_backend("archive", path) as archive:
        for memory_type in archive.describe().types:
            for _ in archive.scan(memory_type):
                pass
    return time.perf_counter() - start


def main() -> None:
    """Print both, side by side, twice."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        os.environ["MEMCTL_HOME"] = str(root / "home")
        one, other = make_archives(root, records)
        order = DiffOrder(
            StoreRequest.named(f"archive:{one}"), StoreRequest.named(f"archive:{other}")
        )
        for _ in range(2):
            reading = read_once(one) + read_once(other)
            start = time.perf_counter()
            result = compare_stores(order)
            seconds = time.perf_counter() - start
            assert not result.errors
            print(
                f"reading {reading:6.2f} s   diff {seconds:6.2f} s   "
                f"ratio {seconds / reading:.2f} (goal: 2)   RssAnon {anonymous_megabytes():.0f} MB"
            )


if __name__ == "__main__":
    main()

"""A Chroma directory to an archive, against pyarrow: ``python -m tests.benchmarks.backup``."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from memctl.core.migrate import MigrateOrder, migrate_memory
from memctl.core.query.rows import Terms
from memctl.core.selection import StoreRequest

from ..conftest import make_store
from .data import BATCH, DIMENSION, RECORDS, make_batches
from .migrate import Stopwatch


def write_with_pyarrow(path: Path, batches: list[list]) -> float:
    """Give the seconds that pyarrow needs for the rows, which are in memory already."""
    schema = pa.schema(
        [(name, pa.string()) for name in ("id", "content", "group_id", "crew_id", "agent_id")]
        + [("created_at", pa.timestamp("us", "UTC")), ("metadata", pa.string())]
        + [("embedding", pa.list_(pa.float32(), DIMENSION))]
    )
    tables = [
        pa.table(
            {
                **{name: [getattr(each, name) for each in batch] for name in schema.names[:6]},
                "metadata": [str(each.metadata) for each in batch],
                "embedding": [each.embedding for each in batch],
            },
            schema,
        )
        for batch in batches
    ]
    start = time.perf_counter()
    for number, table in enumerate(tables):
        with Path(path, f"{number}.parquet").open("wb") as file:
            pq.write_table(table, file)
            os.fsync(file.fileno())
    return time.perf_counter() - start


def copy_with_memctl(source: Path, target: Path) -> tuple[float, float]:
    """Give the seconds of copying and of comparing."""
    watch = Stopwatch()
    order = MigrateOrder(
        StoreRequest.named(f"chroma:{source}"),
        StoreRequest.named(f"archive:{target}"),
        terms=Terms(batch_size=BATCH),
    )
    result = migrate_memory(order, watch)
    end = time.perf_counter()
    assert result.comparison is not None
    assert result.comparison.holds
    starts = dict(reversed(watch.starts))
    return starts["comparing"] - starts["copying"], end - starts["comparing"]


def main() -> None:
    """Print both, side by side, three times."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    batches = list(make_batches(records))
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        os.environ["MEMCTL_HOME"] = str(root / "home")
        source = make_store("chroma", root / "source", [each for one in batches for each in one])
        for number in range(3):
            (root / f"raw{number}").mkdir()
            raw = write_with_pyarrow(root / f"raw{number}", batches)
            copying, comparing = copy_with_memctl(source, root / f"target{number}")
            print(
                f"pyarrow {raw:5.2f} s   memctl {copying:5.2f} s   ratio {copying / raw:.1f} "
                f"(goal: 4)   comparing {comparing:.2f} s"
            )


if __name__ == "__main__":
    main()

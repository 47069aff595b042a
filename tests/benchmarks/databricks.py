"""Copies into and out of a slow workspace: ``python -m tests.benchmarks.databricks``.

The sandbox runs in a process of its own and takes 80 ms for each answer. What four requests at once
can carry at most, and the time that encoding takes, are measured in the same run.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from memctl.core.connect import connect
from memctl.core.migrate import MigrateOrder, migrate_memory
from memctl.core.pipeline import read_lanes
from memctl.core.query.rows import Terms
from memctl.core.selection import StoreRequest
from memctl.core.verify import verify_memory
from memctl.model.memory_type import MemoryType
from memctl.sandbox.process import SandboxProcess

from ..conftest import make_store
from .data import make_batches
from .memory import anonymous_megabytes
from .migrate import Stopwatch

RECORDS = 20_000
BATCH = 100
LATENCY_MS = 80
AT_ONCE = 4
INDEX = MemoryType.SHORT_TERM


def set_up(sandbox: SandboxProcess, name: str, dimension: int) -> None:
    """Make an endpoint, the indexes and a profile by memctl's own command."""
    from memctl.cli.app import app

    sandbox.delay(0)
    arguments = ["setup", "databricks", "--name", name, "--workspace-url", sandbox.url]
    arguments += ["--dimension", str(dimension), "--suffix", name, "--type", INDEX, "-q"]
    arguments += ["--endpoint", f"memory_{name}"]
    assert app(arguments, standalone_mode=False) in {None, 0}
    sandbox.delay(LATENCY_MS)


def migrate(source: Path, name: str, records: int) -> None:
    """Copy into the workspace, and print how near that comes to the bound."""
    watch = Stopwatch()
    start = time.perf_counter()
    result = migrate_memory(
        MigrateOrder(
            StoreRequest.named(f"archive:{source}"),
            StoreRequest.named(name),
            terms=Terms(batch_size=BATCH),
        ),
        watch,
    )
    end = time.perf_counter()
    assert not result.errors
    starts = dict(reversed(watch.starts))
    copying = starts["comparing"] - starts["copying"]
    bound = records / (AT_ONCE * BATCH / (LATENCY_MS / 1000))
    print(
        f"migrate {records} records: {copying:.2f} s, {bound / copying:.0%} of the bound of "
        f"{bound:.2f} s (goal: 85%); before it {starts['copying'] - start:.2f} s, comparing "
        f"{end - starts['comparing']:.2f} s, RssAnon {anonymous_megabytes():.0f} MB"
    )


def encoding_seconds(records: int, dimension: int) -> float:
    """Give the seconds that writing the vectors as JSON takes alone."""
    seconds = 0.0
    for batch in make_batches(records, dimension):
        rows = [{"id": each.id, "embedding": each.embedding.tolist()} for each in batch]
        start = time.perf_counter()
        json.dumps({"inputs_json": json.dumps(rows)})
        seconds += time.perf_counter() - start
    return seconds


def scan(name: str, ranges: int) -> float:
    """Give the seconds of reading every record in so many ranges of keys."""
    with connect(StoreRequest(profile=name)) as memory:
        backend = memory.backend
        parts = backend.partitions(INDEX, ranges)
        start = time.perf_counter()
        lanes = [
            backend.scan(INDEX, batch_size=BATCH, after=each.after, until=each.until)
            for each in parts
        ]
        found = sum(len(batch.records) for batch in read_lanes(lanes, len(parts)))
        seconds = time.perf_counter() - start
    print(f"scan of {found} records in {len(parts)} ranges: {seconds:.2f} s")
    return seconds


def main() -> None:
    """Print the figures of copies with 64 and with 1,024 dimensions, and of a scan."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    with tempfile.TemporaryDirectory() as directory, SandboxProcess() as sandbox:
        root = Path(directory)
        os.environ["MEMCTL_HOME"] = str(root / "home")
        os.environ["MEMCTL_DATABRICKS_TOKEN"] = sandbox.token
        for dimension, number in ((64, records), (1024, records // 10)):
            name = f"d{dimension}"
            written = [each for batch in make_batches(number, dimension) for each in batch]
            source = make_store("archive", root / name, written)
            del written
            set_up(sandbox, name, dimension)
            migrate(source, name, number)
            print(f"  encoding alone: {encoding_seconds(number, dimension):.2f} s")
        one, four = scan("d64", 1), scan("d64", AT_ONCE)
        print(f"  {AT_ONCE} ranges are {one / four:.1f} times as fast as one (goal: 3)")
        sandbox.clear()
        verify_memory(StoreRequest(profile="d64"))
        described = [each for each in sandbox.requests() if "/indexes/" in each["path"]]
        print(f"verify: {len(described)} requests for 1 index")
        assert sandbox.violations() == []


if __name__ == "__main__":
    main()

"""Python's own time in a migration, by record: ``python -m tests.benchmarks.share [RECORDS]``.

It is the processor's time of the thread that copies, less what passes in calls of SQLite, pyarrow,
numpy, chromadb's client, SQLAlchemy and hashing, and in waiting for the disk.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from functools import partial, wraps
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
from chromadb.api.models.Collection import Collection

from memctl.__main__ import OBJECTS_BETWEEN_COLLECTIONS
from memctl.backends.archive import stats, writer
from memctl.backends.archive.parts import parquet, reader, rows
from memctl.backends.chroma import writer as chroma_writer
from memctl.backends.chroma.directory import index_guard
from memctl.core.migrate import MigrateOrder, migrate_memory
from memctl.core.query.rows import Terms
from memctl.core.selection import StoreRequest
from memctl.formats.chroma.index.segment import VectorFiles
from memctl.store.checkpoints import Checkpoints

from .data import BATCH, RECORDS, make_archive, make_chroma

GOAL_MICROSECONDS = 10

FOREIGN = (
    ("SQLite", sqlite3.Cursor, ("execute", "fetchall", "fetchmany")),
    (
        "numpy",
        np,
        ("array", "concatenate", "fromiter", "full", "isfinite", "searchsorted", "zeros"),
    ),
    ("pyarrow", pa, ("array", "table")),
    ("pyarrow", parquet, ("from_bytes", "ids_of", "to_bytes")),
    ("numpy", VectorFiles, ("read",)),
    ("pyarrow", rows, ("ids_of", "_plain_values")),
    ("numpy", rows, ("_vectors",)),
    ("numpy", chroma_writer, ("_check_vectors",)),
    ("chromadb", Collection, ("modify", "upsert")),
    ("hashing", stats, ("sum_of_digests",)),
    ("hashing", writer, ("sha256",)),
    ("hashing", reader, ("sha256",)),
    ("disk", writer, ("write_file",)),
    ("disk", reader, ("read_file",)),
    ("disk", index_guard, ("put_aside",)),
    ("SQLAlchemy", Checkpoints, ("save",)),
)
"""What does the work, where its calls are made, and which they are."""


class Clock:
    """Counts the thread's seconds within foreign calls; of nested ones, the outermost counts."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._is_within = False

    def time(self, part: str, work):
        """Give the work, as it is but for being timed."""

        @wraps(work)
        def timed(*arguments, **options):
            if self._is_within:
                return work(*arguments, **options)
            self._is_within, start = True, time.thread_time()
            try:
                return work(*arguments, **options)
            finally:
                self.seconds[part] += time.thread_time() - start
                self._is_within = False

        return timed

    def watch(self) -> None:
        """Time every foreign call from now on."""
        for part, owner, names in FOREIGN:
            timed = {name: self.time(part, getattr(owner, name)) for name in names}
            if owner is sqlite3.Cursor:
                self._watch_cursors(timed)
                continue
            for name, work in timed.items():
                setattr(owner, name, work)

    def _watch_cursors(self, timed) -> None:
        """Let connections make cursors that are timed: what is built in can't be changed."""
        cursors = type("TimedCursor", (sqlite3.Cursor,), timed)

        class TimedConnection(sqlite3.Connection):
            def cursor(self, factory=cursors):
                return super().cursor(factory)

            def execute(self, *arguments):
                return self.cursor().execute(*arguments)

        sqlite3.connect = partial(sqlite3.connect, factory=TimedConnection)


class Stopwatch:
    """Progress that takes the thread's time, and the clock's, of the part that copies."""

    def __init__(self, clock: Clock) -> None:
        self.seconds = 0.0
        self.foreign: Counter[str] = Counter()
        self._clock = clock

    def start(self, label: str, total: int | None) -> None:  # noqa: ARG002 - as the protocol says
        if label == "copying":
            self._clock.seconds.clear()
            self.seconds = -time.thread_time()
        else:
            self.seconds += time.thread_time()
            self.foreign = self._clock.seconds.copy()

    def advance(self, records: int) -> None:
        pass

    def note(self, text: str) -> None:
        pass


def migrate(clock: Clock, source: str, target: str) -> Stopwatch:
    """Copy, and give the time of it."""
    watch = Stopwatch(clock)
    result = migrate_memory(
        MigrateOrder(
            StoreRequest.named(source), StoreRequest.named(target), terms=Terms(batch_size=BATCH)
        ),
        watch,
    )
    assert result.comparison is not None
    assert result.comparison.holds
    return watch


def measure(source: str, target: str, root: Path, number: int, records: int) -> None:
    """Copy a few records, which loads what is needed, then all; print where the time went."""
    os.environ["MEMCTL_HOME"] = str(root / "home")
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)  # as the command does
    clock = Clock()
    clock.watch()
    migrate(clock, f"{source}:{root}/{source}-few", f"{target}:{root}/few-{target}{number}")
    gc.collect()  # what loading has left is no part of the copy
    watch = migrate(clock, f"{source}:{root}/{source}-all", f"{target}:{root}/all-{target}{number}")
    whole = watch.seconds / records * 1e6
    parts = {name: seconds / records * 1e6 for name, seconds in watch.foreign.items()}
    spelled = ", ".join(f"{name} {value:.1f}" for name, value in sorted(parts.items()))
    print(
        f"{source:>7} -> {target:<7} {whole:5.1f} us a record: {spelled}, "
        f"Python {whole - sum(parts.values()):.1f} (goal: {GOAL_MICROSECONDS})"
    )


def main() -> None:
    """Measure both ways three times, each in a process of its own as a command is."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for name, size in (("all", records), ("few", BATCH)):
            make_archive(root / f"archive-{name}", size)
            make_chroma(root / f"chroma-{name}", size)
        for number in range(3):
            for pair in (("chroma", "archive"), ("archive", "chroma")):
                process = get_context("spawn").Process(
                    target=measure, args=(*pair, root, number, records)
                )
                process.start()
                process.join()
                assert not process.exitcode


if __name__ == "__main__":
    main()

"""Python's own time in a migration, by record: ``python -m tests.benchmarks.share [RECORDS]``.

It is the processor's time of the thread that copies, less what SQLite, pyarrow, numpy, chromadb's
client, hashing and the disk take for the same rows alone.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from memctl.__main__ import OBJECTS_BETWEEN_COLLECTIONS
from memctl.backends.archive import parquet
from memctl.backends.archive.digest import sum_of_digests
from memctl.backends.archive.files import write_file
from memctl.backends.chroma.rows import to_metadatas
from memctl.core.migrate import MigrateOrder, migrate_memory
from memctl.formats.chroma import open_store
from memctl.model.canonical import canonical_json
from memctl.model.record import to_columns
from memctl.store.checkpoints import Checkpoints
from memctl.store.database import open_state

from .data import BATCH, DIMENSION, RECORDS, make_archive, make_batches, make_chroma

if TYPE_CHECKING:
    from memctl.model.record import MemoryRecord

GOAL_MICROSECONDS = 10
QUERIES = (
    "SELECT id, embedding_id, created_at FROM embeddings",
    """SELECT id, key, COALESCE(string_value, int_value, float_value), bool_value
    FROM embedding_metadata""",
)


class Stopwatch:
    """Progress that takes the thread's time at which each part of the work begins."""

    def __init__(self) -> None:
        self.starts: dict[str, float] = {}

    def start(self, label: str, total: int | None) -> None:  # noqa: ARG002 - as the protocol says
        self.starts.setdefault(label, time.thread_time())

    def advance(self, records: int) -> None:
        pass

    def note(self, text: str) -> None:
        pass


def migrate(source: str, target: str) -> float:
    """Give the thread's seconds of copying."""
    watch = Stopwatch()
    result = migrate_memory(MigrateOrder(source, target, batch_size=BATCH), watch)
    assert result.comparison is not None
    assert result.comparison.holds
    return watch.starts["comparing"] - watch.starts["copying"]


class Alone:
    """What each foreign part takes alone, in the thread's seconds."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def run(self, part: str, work, *arguments):
        """Do the work of a part, and give its result."""
        start = time.thread_time()
        result = work(*arguments)
        self.seconds[part] += time.thread_time() - start
        return result


def read_chroma(alone: Alone, path: Path) -> None:
    """Run the queries of a scan, and read the vectors in the order of the rows."""
    with open_store(path) as store, sqlite3.connect(path / "chroma.sqlite3") as connection:
        collection = max(store.collections(), key=store.count)

        def fetch(sql: str) -> list[tuple]:
            return connection.execute(sql).fetchall()

        for rows in store.scan(collection, batch_size=BATCH):
            last = int(rows.cursor.partition(".")[0])
            among = f" WHERE id BETWEEN {last - len(rows) + 1} AND {last}"
            for query in QUERIES:
                found = alone.run("SQLite", fetch, query + among)
                assert len(found) >= len(rows)
            alone.run("numpy", lambda it: it * it[:, :1], rows.embeddings)


def write_archive(alone: Alone, path: Path, batches: list[list[MemoryRecord]]) -> None:
    """Make tables of columns that are there already, write them as Parquet, and read them back."""
    path.mkdir()
    for number, batch in enumerate(batches):
        columns = {
            name: ([getattr(each, name) for each in batch], kind)
            for name, kind in parquet.SCALARS.items()
            if name not in ("metadata", "created_at")
        }
        columns["metadata"] = ([canonical_json(each.metadata) for each in batch], pa.string())
        columns["created_at"] = (
            [int(each.created_at.timestamp() * 1e6) for each in batch],
            pa.timestamp("us", tz="UTC"),
        )
        matrix = np.stack([each.embedding for each in batch])
        table = alone.run("pyarrow", _to_table, columns, matrix)
        data = alone.run("pyarrow", parquet.to_bytes, table)
        alone.run("digests", sum_of_digests, table, "part")
        alone.run("disk", write_file, path, f"{number}.parquet", data)
        alone.run("disk", Path(path, f"{number}.parquet").read_bytes)
        for _ in ("written", "read again"):
            alone.run("digests", lambda it: sha256(it).digest(), data)


def _to_table(columns, matrix: np.ndarray) -> pa.Table:
    arrays = {name: pa.array(values, type=kind) for name, (values, kind) in columns.items()}
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(matrix.reshape(-1)), DIMENSION)
    return pa.table({**arrays, "embedding": vectors})


def read_archive(alone: Alone, path: Path) -> None:
    """Read the parts, and their columns as lists."""
    names = parquet.columns_read(with_embeddings=True)
    for part in sorted(path.glob("*.parquet")):
        data = alone.run("disk", part.read_bytes)
        table = alone.run("pyarrow", parquet.from_bytes, data, part.name, names)
        for name in names[:-1]:
            column = table.column(name)
            numbers = column.cast(pa.int64()) if name == "created_at" else column
            alone.run("pyarrow", numbers.to_pylist)


def write_chroma(alone: Alone, path: Path, batches: list[list[MemoryRecord]]) -> None:
    """Look for the rows, and upsert them with values that are there already."""
    import chromadb

    client = chromadb.PersistentClient(str(path))
    collection = client.create_collection("raw", embedding_function=None)
    for batch in batches:
        rows = {
            "ids": [each.id for each in batch],
            "documents": [each.content for each in batch],
            "embeddings": [each.embedding for each in batch],
            "metadatas": to_metadatas(to_columns(batch)),
        }
        for _ in ("owners", "keys"):
            alone.run("SQLite", _look_for, path, rows["ids"])
        alone.run("chromadb", lambda it: collection.upsert(**it), rows)
    client.close()


def _look_for(path: Path, ids: list[str]) -> None:
    marks = ",".join("?" * len(ids))
    with sqlite3.connect(path / "chroma.sqlite3") as connection:
        found = connection.execute(
            "SELECT id FROM embeddings WHERE segment_id IN (SELECT id FROM segments)"  # noqa: S608 - only question marks are filled in
            f" AND embedding_id IN ({marks})",
            ids,
        )
        assert not found.fetchall()


def keep_places(alone: Alone, batches: list[list[MemoryRecord]]) -> None:
    """Save a checkpoint after each batch."""
    from memctl.model.journal import Checkpoint
    from memctl.model.memory_type import MemoryType

    with open_state() as state:
        for number in range(len(batches)):
            place = [Checkpoint(0, None, str(number))]
            alone.run("checkpoints", Checkpoints(state).save, "benchmark", MemoryType.ENTITY, place)


def show(pair: str, seconds: float, alone: Alone, records: int) -> None:
    """Print the whole, its parts and what is left for Python."""
    whole = seconds / records * 1e6
    parts = {name: value / records * 1e6 for name, value in alone.seconds.items()}
    spelled = ", ".join(f"{name} {value:.1f}" for name, value in parts.items())
    print(
        f"{pair:<18} {whole:6.1f} us a record: {spelled}, "
        f"Python {whole - sum(parts.values()):.1f} (goal: {GOAL_MICROSECONDS})"
    )


def to_archive(root: Path, records: int, number: int) -> None:
    """Copy Chroma to an archive, and each part of the work alone."""
    alone, batches = Alone(), _prepare(root, records)
    migrate(f"chroma:{root}/chroma-few", f"archive:{root}/first{number}")  # loads what is needed
    seconds = migrate(f"chroma:{root}/chroma-all", f"archive:{root}/copy{number}")
    read_chroma(alone, root / "chroma-all")
    write_archive(alone, root / f"parts{number}", batches)
    keep_places(alone, batches)
    show("Chroma -> archive", seconds, alone, records)


def to_chroma(root: Path, records: int, number: int) -> None:
    """Copy an archive to Chroma, and each part of the work alone."""
    alone, batches = Alone(), _prepare(root, records)
    migrate(f"archive:{root}/archive-few", f"chroma:{root}/begun{number}")  # loads what is needed
    seconds = migrate(f"archive:{root}/archive-all", f"chroma:{root}/store{number}")
    read_archive(alone, root / "archive-all")
    write_chroma(alone, root / f"raw{number}", batches)
    keep_places(alone, batches)
    show("archive -> Chroma", seconds, alone, records)


def _prepare(root: Path, records: int) -> list[list[MemoryRecord]]:
    """Make what only the benchmark needs, and let nobody look for garbage in it."""
    os.environ["MEMCTL_HOME"] = str(root / "home")
    batches = list(make_batches(records))
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)  # as the command does
    gc.freeze()
    return batches


def main() -> None:
    """Print the share of both ways, three times, each in a process of its own as a command is."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for name, size in (("all", records), ("few", BATCH)):
            make_archive(root / f"archive-{name}", size)
            make_chroma(root / f"chroma-{name}", size)
        for number in range(3):
            for measure in (to_archive, to_chroma):
                process = get_context("spawn").Process(target=measure, args=(root, records, number))
                process.start()
                process.join()
                assert not process.exitcode


if __name__ == "__main__":
    main()

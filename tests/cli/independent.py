"""Looks at stores with the programs that own their formats; memctl has no part in it, no test."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

Seen = tuple[str, str, list[float] | None]
"""Id, text and vector of one row."""

TRACES = ("*.partial", ".*", "*.tmp", "*.new", "*-journal", "*-wal")
"""Names of what a run leaves that did not come to its end."""


def rows_seen(kind: str, path: Path) -> list[Seen]:
    """Read every row of a store, however often its id is there."""
    return {"archive": _archive, "chroma": _chroma, "crewai": _crewai}[kind](path)


def _archive(path: Path) -> list[Seen]:
    import pyarrow.parquet as pq

    rows = [row for part in path.glob("*.parquet") for row in pq.read_table(part).to_pylist()]
    return [(row["id"], row["content"], row["embedding"]) for row in rows]


def _chroma(path: Path) -> list[Seen]:
    import chromadb

    rows: list[Seen] = []
    with tempfile.TemporaryDirectory() as private:
        # chromadb rewrites what it opens, and keeps a path open to the end of the process.
        copied = shutil.copytree(path, Path(private, "copy"))
        client = chromadb.PersistentClient(str(copied))
        for each in client.list_collections():
            found: dict[str, Any] = each.get(include=["documents", "embeddings"])  # type: ignore[assignment]
            vectors = np.asarray(found["embeddings"]).tolist()
            rows += zip(found["ids"], found["documents"], vectors, strict=True)
        client.close()
    return rows


def _crewai(path: Path) -> list[Seen]:
    import lancedb

    table = lancedb.connect(str(path / "memory")).open_table("memories")
    rows = table.to_arrow().to_pylist()
    return [(row["id"], row["content"], row["vector"]) for row in rows]


def assert_seen(expected: Any, kind: str, path: Path) -> None:
    """Hold that each record is there once, with its text and its vector, and nothing else is."""
    seen = rows_seen(kind, path)
    assert Counter(row[0] for row in seen) == Counter(record.id for record in expected)
    rows = {row[0]: row for row in seen}
    for record in expected:
        _, text, vector = rows[record.id]
        assert text == record.content
        assert np.allclose(vector, record.embedding, rtol=1e-6, atol=0)


def traces(*tops: Path) -> list[str]:
    """Name what lies at, beside or in these places and should not outlive a run."""
    found: set[Path] = set()
    for top in tops:
        found |= set(top.parent.glob(f"{top.name}.partial"))
        for pattern in TRACES:
            with suppress(FileNotFoundError):
                found |= set(top.rglob(pattern))
    return sorted(map(str, found))

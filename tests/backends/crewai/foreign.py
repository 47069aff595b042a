"""Stores as CrewAI makes them, of any size, without CrewAI; no test of its own."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

START = datetime(2026, 1, 1)  # noqa: DTZ001 - CrewAI writes times in UTC without saying so
AT_ONCE = 5000
COLUMNS = ("id", "content", "scope", "categories_str", "metadata_str", "importance")
COLUMNS += ("created_at", "last_accessed", "source", "private", "vector")


def row(number: int, dimension: int = 4, **changes: Any) -> dict[str, Any]:
    """Make a row of CrewAI's Lance table, like no other of another number."""
    moment = (START + timedelta(minutes=number)).isoformat()
    return {
        "id": f"{number:08d}-6f1c-4f5e-9a77-3f2b8f1d0c11",
        "content": f"memory number {number}",
        "scope": f"/crew/crew-{number % 10}/agent/agent-{number % 3}",
        "categories_str": '["note"]',
        "metadata_str": json.dumps({"task": f"task {number}"}),
        "importance": 0.5,
        "created_at": moment,
        "last_accessed": moment,
        "source": "",
        "private": False,
        "vector": np.random.default_rng(number).normal(size=dimension).astype(np.float32).tolist(),
        **changes,
    }


def make_table(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Make the table of a store with these rows; more calls append, as CrewAI's `save` does."""
    import lancedb

    vectors = pa.list_(pa.float32(), len(rows[0]["vector"]))
    kinds = {"importance": pa.float64(), "private": pa.bool_(), "vector": vectors}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    database = lancedb.connect(str(path / "memory"))
    table = database.create_table("memories", schema=schema, exist_ok=True)
    table.add(pa.Table.from_pylist(rows, schema=schema))
    return path


def make_unified_store(path: Path, records: int, dimension: int) -> Path:
    """Make unified memory of ten crews."""
    for first in range(0, records, AT_ONCE):
        make_table(path, [row(first + number, dimension) for number in range(AT_ONCE)])
    return path


def make_shared_store(path: Path, records: int, dimension: int) -> Path:
    """Make memory of CrewAI 0.193 to 1.9: the short-term memory of two crews in one database."""
    import chromadb
    from chromadb.config import Settings

    settings = Settings(_env_file=None, anonymized_telemetry=False)
    client = chromadb.PersistentClient(str(path), settings=settings)
    chance = np.random.default_rng(7)
    try:
        for crew in ("Researcher_Writer", "Support"):
            name = f"memory_short_term_{crew}"
            collection = client.create_collection(name, embedding_function=None)
            for first in range(0, records // 2, AT_ONCE):
                numbers = range(first, first + AT_ONCE)
                collection.add(
                    ids=[f"{crew}-{number:08d}" for number in numbers],
                    documents=[f"memory number {number}" for number in numbers],
                    embeddings=chance.normal(size=(AT_ONCE, dimension)).astype(np.float32),
                    metadatas=[{"observation": f"task {number}"} for number in numbers],
                )
    finally:
        client.close()
    return path

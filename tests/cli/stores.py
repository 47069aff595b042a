"""Stores as other programs make them, and hands to look at and to damage them; no test."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from ..conftest import Ran, open_backend

DIMENSION = 4
INDEX_ON_DISK = {"hnsw:space": "cosine", "hnsw:sync_threshold": 5, "hnsw:batch_size": 3}
"""With these the index leaves memory after five rows, not after a thousand."""

OWNED = {"group_id": "acme", "crew_id": "research", "agent_id": "writer"}


def vector(number: int) -> list[float]:
    return np.random.default_rng(number).normal(size=DIMENSION).astype(np.float32).tolist()


def row(number: int, text: str | None = "", /, **metadata: Any) -> dict[str, Any]:
    """Make a row as chromadb takes it; metadata of `None` is left out."""
    kept = {key: value for key, value in metadata.items() if value is not None}
    return {
        "ids": f"row-{number:03d}",
        "documents": f"text {number}" if text == "" else text,
        "embeddings": vector(number),
        "metadatas": kept or None,
    }


def rows(count: int, **metadata: Any) -> list[dict[str, Any]]:
    return [row(number, **{**OWNED, **metadata}) for number in range(count)]


def make_foreign_store(
    path: Path, collections: dict[str, list[dict[str, Any]]], metadata: dict[str, Any] | None = None
) -> Path:
    """Make a Chroma store as another program does: collection -> its rows."""
    import chromadb

    client = chromadb.PersistentClient(str(path))
    try:
        for name, wanted in collections.items():
            collection = client.create_collection(
                name, metadata=metadata or {"hnsw:space": "cosine"}, embedding_function=None
            )
            for each in wanted:
                given = {key: [value] for key, value in each.items() if value is not None}
                collection.add(**given)
    finally:
        client.close()
    return path


def change(path: Path, *statements: str) -> None:
    """Run SQL on a store's file."""
    with closing(sqlite3.connect(path / "chroma.sqlite3", isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def segment_of(path: Path, collection: str = "short_term") -> Path:
    """Find the folder of a collection's index."""
    with closing(sqlite3.connect(f"file:{path}/chroma.sqlite3?mode=ro", uri=True)) as connection:
        (found,) = connection.execute(
            "SELECT s.id FROM segments AS s JOIN collections AS c ON c.id = s.collection"
            " WHERE s.scope = 'VECTOR' AND c.name = ?",
            (collection,),
        ).fetchone()
    return path / found


def read_store(kind: str, path: Path):
    """Read every record of a store: id -> record."""
    with open_backend(kind, path) as backend:
        found = [
            record
            for memory_type in backend.describe().types
            for batch in backend.scan(memory_type)
            for record in batch.records
        ]
    assert len({(each.type, each.id) for each in found}) == len(found)
    return {each.id: each for each in found}


def error_of(ran: Ran) -> dict[str, Any]:
    """Give the one error of a run that failed."""
    (error,) = ran.document["errors"]
    return error

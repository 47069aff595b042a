"""The stores in `tests/data/chroma`, unpacked, and small hands to change copies of them."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import numpy as np

from memctl.formats.chroma import open_store

DATA = Path(__file__).parents[2] / "data" / "chroma"
VERSIONS = ["0.5", "1.0", "1.1", "1.5"]
ADD, UPDATE, UPSERT, DELETE = range(4)
NAMES = [f"{version}-{size}" for version in VERSIONS for size in ("below", "past")]


def unpack(name, target):
    """Unpack a store and return its directory; `expected.json` lies beside it."""
    with tarfile.open(DATA / f"{name}.tar.xz") as archive:
        archive.extractall(target, filter="data")
    return target / "store"


def expected(path):
    """Return what the store's own chromadb read, by database and collection."""
    document = json.loads(path.with_name("expected.json").read_text("utf-8"))
    return {(each["database"], each["name"]): each for each in document["collections"]}


def expected_rows(collection):
    """Return id -> (document, metadata, vector), a pointer to a file put into the metadata."""
    size = collection["dimension"] or 1
    data = base64.b64decode(collection["embeddings"])
    vectors = np.frombuffer(data, "<f4").reshape(-1, size)
    uris = collection["uris"] or [None] * len(collection["ids"])
    rows = {}
    for at, record_id in enumerate(collection["ids"]):
        metadata = dict(collection["metadatas"][at] or {})
        if uris[at] is not None:
            metadata["chroma:uri"] = uris[at]
        rows[record_id] = collection["documents"][at], metadata, vectors[at]
    return rows


def by_name(store, name, database="default_database"):
    """Return the collection of that name."""
    (found,) = [
        each for each in store.collections() if (each.database, each.name) == (database, name)
    ]
    return found


def read_rows(store, collection, **options):
    """Scan and return id -> (document, metadata, vector or `None`)."""
    rows = {}
    for batch in store.scan(collection, **options):
        for at, record_id in enumerate(batch.ids):
            assert record_id not in rows
            vector = batch.embeddings[at] if batch.has_embedding[at] else None
            rows[record_id] = batch.documents[at], batch.metadatas[at], vector
    return rows


def read_all(path):
    """Call everything that reads."""
    with open_store(path) as store:
        store.inspect()
        return [_read_everything(store, each) for each in store.collections()]


def _read_everything(store, collection):
    store.count(collection, where={"crew_id": "research"})
    store.tally(collection)
    store.inspect_collection(collection)
    store.partition_points(collection, 3)
    rows = read_rows(store, collection, batch_size=50)
    store.owners(collection, rows)
    return rows


def tree(path):
    """Return all that can be seen of a directory: names, kinds, sizes, contents, times."""
    seen = {}
    for each in sorted([path, *path.rglob("*")]):
        status = each.lstat()
        content = hashlib.sha256(each.read_bytes()).hexdigest() if each.is_file() else None
        seen[str(each)] = status.st_mode, status.st_size, status.st_mtime_ns, content
    return seen


def change(path, sql, *parameters):
    """Run SQL on a store's file."""
    with closing(sqlite3.connect(path / "chroma.sqlite3")) as connection, connection:
        connection.execute(sql, parameters)


def ask(path, sql, *parameters):
    """Return one value from a store's file."""
    with closing(sqlite3.connect(f"file:{path}/chroma.sqlite3?mode=ro", uri=True)) as connection:
        return connection.execute(sql, parameters).fetchone()[0]


def vector_directory(path, name):
    """Return the directory of a collection's index."""
    return path / ask(
        path,
        "SELECT s.id FROM segments AS s JOIN collections AS c ON c.id = s.collection"
        " WHERE s.scope = 'VECTOR' AND c.name = ?",
        name,
    )


def queue(path, *operations, name="lagging"):
    """Queue operations that neither the table nor the index knows yet."""
    with open_store(path) as store:
        collection = by_name(store, name)
    for operation, record_id, vector, metadata in operations:
        change(
            path,
            "INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, metadata)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            operation,
            f"persistent://default/default/{collection.id}",
            record_id,
            None if vector is None else np.array(vector, "<f4").tobytes(),
            None if vector is None else "FLOAT32",
            metadata if isinstance(metadata, str | None) else json.dumps(metadata),
        )
    return collection


def copy_store(path, target):
    """Copy a store so that a test may change it."""
    return Path(shutil.copytree(path, target / "store"))

# noqa: INP001 - run as it is, never imported
"""Makes the stores in this folder: run it under each chromadb that `memctl.formats.chroma` reads.

    python make_stores.py DIRECTORY

writes `VERSION-below.tar.xz` and `VERSION-past.tar.xz` (a thousand operations, that is) into the
directory. Each holds the store as its writer left it, and `expected.json`: what the same chromadb
read in another process from a copy, for reading changes a store. Needs nothing but chromadb.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import chromadb
import numpy as np
from chromadb.api.client import AdminClient
from chromadb.config import Settings

VERSION = ".".join(chromadb.__version__.split(".")[:2])
HAS_LISTS = VERSION == "1.5"
HAS_NONE = VERSION != "0.5"
ADD, UPDATE, UPSERT, DELETE = range(4)

DOCUMENTS = [
    "plain",
    "",
    None,
    "two\nlines\r\nand a tab\t",
    "zero \x00 byte",
    "emoji \U0001f9e0, combining e\u0301, right-to-left \u05d0\u05d1, cjk \u8bb0\u5fc6",
    "long " * 700,
    '{"quotes": "\'\\""}',
]
METADATAS = [
    {"group_id": "acme", "crew_id": "research", "agent_id": "ann", "n": 1},
    {"group_id": "acme", "crew_id": "writing", "created_at": "2025-03-01T23:30:00-05:00"},
    None,
    {"text": "line\nline", "empty": "", "unicode \u00e9": "\u8bb0\u5fc6", "n": -(2**53) - 1},
    {"float": 0.1, "whole_float": 3.0, "tiny": 1e-6, "huge": 1e300, "negative": -2.5},
    {"yes": True, "no": False, "one": 1, "zero": 0},
    {"group_id": "globex", "crew_id": "research", "created_at": "not a time"},
    {"group_id": "globex", "created_at": "2025-03-02T08:00:00.250000+00:00", "n": 2**62},
]


def open_client(path, database="default_database"):
    settings = Settings(anonymized_telemetry=False)
    return chromadb.PersistentClient(str(path), settings=settings, database=database)


def vector(source, dimension):
    """Not of length 1, so that a cosine index changes it."""
    return [float(x) for x in np.float32([source.gauss(0, 3) for _ in range(dimension)])]


def metadata(source):
    values = dict(source.choice(METADATAS) or {})
    if HAS_LISTS and source.random() < 0.3:
        values["tags"] = source.choice([["b", "a", "b"], [3, 1], [0.5, 2.0], [True, False]])
    return values or None


def record(source, record_id, dimension):
    return {
        "ids": [record_id],
        "embeddings": [vector(source, dimension)],
        "documents": [source.choice(DOCUMENTS[:-2])],
        "metadatas": [metadata(source)],
    }


def put(method, **columns):
    """Call with one record; up to 1.0 a document of `None` must be left out."""
    method(**{name: value for name, value in columns.items() if value != [None]})


def fill(collection, source, dimension, count):
    """Add records by the hundred: documents and metadata of all kinds."""
    for start in range(0, count, 100):
        numbers = range(start, min(start + 100, count))
        groups = {}
        for number in numbers:
            groups.setdefault((number % 8 == 2, number % 7 == 2), []).append(number)
        for (no_document, no_metadata), some in groups.items():
            columns = {
                "ids": [f"id {number} \u00fc" for number in some],
                "embeddings": [vector(source, dimension) for _ in some],
            }
            if not no_document:
                columns["documents"] = [DOCUMENTS[number % 8] or "" for number in some]
            if not no_metadata:
                columns["metadatas"] = [METADATAS[number % 8] or {"n": number} for number in some]
            collection.add(**columns)


def tail(collection, source, dimension):
    """Operations that are still queued when the store is left."""
    name = "id {} \u00fc".format
    collection.update(ids=[name(1)], embeddings=[vector(source, dimension)])
    with_document = {"embeddings": [vector(source, dimension)], "documents": ["a new document"]}
    collection.update(ids=[name(2)], **with_document)
    collection.update(ids=[name(3)], metadatas=[{"n": 7, "new": "key"}])
    collection.update(ids=["nobody"], metadatas=[{"n": 7}], **with_document)
    if HAS_NONE:
        collection.update(ids=[name(4)], metadatas=[{"float": None, "tiny": 2.0}])
    collection.upsert(
        ids=[name(5), "made by upsert"],
        embeddings=[vector(source, dimension) for _ in range(2)],
        metadatas=[{"yes": "a text now"}, {"n": 0}],
        documents=["upserted", "\u8bb0\u5fc6"],
    )
    put(collection.add, **{**record(source, name(6), dimension), "documents": ["ignored"]})
    collection.delete(ids=[name(7), name(8), name(9)])
    put(collection.add, **{**record(source, name(8), dimension), "documents": ["back"]})
    put(collection.upsert, **{**record(source, name(9), dimension), "documents": ["back too"]})
    put(collection.add, **record(source, "short-lived", dimension))
    collection.delete(ids=["short-lived"])
    collection.add(ids=["no text"], embeddings=[vector(source, dimension)])
    collection.add(ids=["x" * 300], embeddings=[vector(source, dimension)])
    collection.add(ids=["zeros"], embeddings=[[0.0] * dimension], documents=["zeros"])
    collection.add(
        ids=["pointer"], embeddings=[vector(source, dimension)], uris=["file:///tmp/a%20b"]
    )


def churn(collection, source, dimension, operations):
    """Every operation on few ids, so that labels are deleted and made again."""
    alive = set()
    for _ in range(operations):
        record_id = f"r{source.randrange(40)}"
        kind = source.choice([ADD, ADD, UPDATE, UPSERT, DELETE])
        if kind == DELETE:
            if record_id in alive:
                collection.delete(ids=[record_id])
                alive.discard(record_id)
        elif kind == UPDATE and source.random() < 0.5:
            collection.update(ids=[record_id], metadatas=[{"n": source.randrange(9)}])
        else:
            # An update of what was just deleted leaves chromadb 0.5 with a vector without a row.
            if kind == UPDATE and record_id not in alive:
                continue
            method = [collection.add, collection.update, collection.upsert][kind]
            put(method, **record(source, record_id, dimension))
            alive.add(record_id)


def make(path, *, past):
    source = random.Random(f"{VERSION} {past}")
    AdminClient.from_system(open_client(path)._system).create_database("other")
    client = open_client(path)
    count = 1_050 if past else 120
    for metric, dimension, extra in (("cosine", 6, {"hnsw:M": 8}), ("l2", 4, {}), ("ip", 5, {})):
        collection = client.create_collection(
            f"by_{metric}",
            metadata={"hnsw:space": metric, "note": "\u8bb0\u5fc6", "rank": 1, **extra},
            embedding_function=None,
        )
        fill(collection, source, dimension, count if metric != "ip" else 60)
        tail(collection, source, dimension)
        quick = {"hnsw:space": metric, "hnsw:sync_threshold": 20, "hnsw:batch_size": 10}
        collection = client.create_collection(
            f"churn_{metric}", metadata=quick, embedding_function=None
        )
        churn(collection, source, dimension, 150)
    plain = client.create_collection("plain", embedding_function=None)
    plain.add(ids=["a", "b"], embeddings=[[1.5], [-2.0]], documents=["one number", ""])
    client.create_collection("empty", metadata={"flag": True}, embedding_function=None)
    gone = client.create_collection("gone", embedding_function=None)
    gone.add(ids=["a"], embeddings=[[1.0, 2.0]], documents=["deleted with its collection"])
    client.delete_collection("gone")
    twin = open_client(path, "other").create_collection("plain", embedding_function=None)
    twin.add(ids=["a"], embeddings=[[7.0, 8.0]], documents=["in another database"])
    lagging = client.create_collection("lagging", embedding_function=None)
    lagging.add(
        ids=["kept", "changed", "deleted", "replaced"],
        embeddings=[[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [4.0, 4.0]],
        documents=["kept", "changed", "deleted", "replaced"],
        metadatas=[{"n": n, "crew_id": "research"} for n in range(4)],
    )


def queue_more(path):
    """Queue operations as a writer does that is killed right after."""
    operations = [
        (ADD, "fresh", [5.0, 5.0], {"chroma:document": "fresh", "n": 5, "crew_id": "research"}),
        (ADD, "kept", [6.0, 6.0], {"chroma:document": "ignored"}),
        (UPDATE, "changed", None, {"crew_id": "writing", "f": 1.0, "t": True}),
        (UPDATE, "changed", [7.0, 7.5], {"chroma:document": "changed twice"}),
        (UPDATE, "nobody", [8.0, 8.0], {"n": 8}),
        (UPSERT, "fresh", [9.0, 9.0], {"n": 9}),
        (UPSERT, "by upsert", [1.0, 0.5], {"chroma:document": "", "crew_id": "writing"}),
        (DELETE, "deleted", None, {}),
        (DELETE, "replaced", None, {}),
        (ADD, "replaced", [0.0, 0.0], {"m": "no n any more"}),
        (ADD, "short-lived", [1.0, 1.0], {"n": 1}),
        (DELETE, "short-lived", None, {}),
    ]
    if HAS_NONE:
        operations.append((UPDATE, "changed", None, {"n": None}))
    if HAS_LISTS:
        operations.append((UPDATE, "fresh", None, {"tags": ["x", "y"]}))
    with sqlite3.connect(path / "chroma.sqlite3") as connection:
        (lagging,) = connection.execute(
            "SELECT id FROM collections WHERE name = 'lagging'"
        ).fetchone()
        connection.executemany(
            "INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, metadata)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    operation,
                    f"persistent://default/default/{lagging}",
                    record_id,
                    np.array(numbers, "<f4").tobytes() if numbers else None,
                    "FLOAT32" if numbers else None,
                    json.dumps(values),
                )
                for operation, record_id, numbers, values in operations
            ],
        )
    connection.close()


def read(path):
    """Return all that this chromadb reads."""
    found = []
    for database in ("default_database", "other"):
        client = open_client(path, database)
        for each in client.list_collections():
            name = each if isinstance(each, str) else each.name
            collection = client.get_collection(name, embedding_function=None)
            rows = collection.get(include=["documents", "metadatas", "embeddings", "uris"])
            vectors = np.array(rows["embeddings"], "<f4")
            found.append(
                {
                    "database": database,
                    "name": name,
                    "metadata": collection.metadata,
                    "count": collection.count(),
                    "ids": rows["ids"],
                    "documents": rows["documents"],
                    "metadatas": rows["metadatas"],
                    "uris": rows["uris"],
                    "dimension": vectors.shape[1] if vectors.size else None,
                    "embeddings": base64.b64encode(vectors.tobytes()).decode(),
                }
            )
    return {"chromadb": chromadb.__version__, "collections": found}


def run_again(task, *arguments):
    """Run one part in a process of its own: chromadb keeps what it opened to the end."""
    subprocess.run([sys.executable, __file__, "--task", task, *map(str, arguments)], check=True)


def pack(target, folder):
    def plain(entry):
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        return entry

    with tarfile.open(target, "w:xz", preset=9) as archive:
        archive.add(folder / "store", "store", filter=plain)
        archive.add(folder / "expected.json", "expected.json", filter=plain)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=["below", "past", "read"], help=argparse.SUPPRESS)
    parser.add_argument("paths", type=Path, nargs="+")
    options = parser.parse_args()
    target = options.paths[0]
    if options.task == "read":
        text = json.dumps(read(target), ensure_ascii=False, separators=(",", ":"))
        options.paths[1].write_text(text, "utf-8")
    elif options.task:
        make(target, past=options.task == "past")
    else:
        target.mkdir(parents=True, exist_ok=True)
        for size in ("below", "past"):
            with tempfile.TemporaryDirectory() as folder:
                store, copy = Path(folder, "store"), Path(folder, "copy")
                run_again(size, store)
                queue_more(store)
                shutil.copytree(store, copy)
                run_again("read", copy, Path(folder, "expected.json"))
                pack(target / f"{VERSION}-{size}.tar.xz", Path(folder))


if __name__ == "__main__":
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    main()

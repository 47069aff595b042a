from __future__ import annotations

from itertools import count

import chromadb
import numpy as np
import pytest
from chromadb.config import Settings
from hypothesis import given, settings
from hypothesis import strategies as st

from memctl.formats.chroma import open_store

from .stores import by_name, read_rows
from .test_against_chromadb import same

VECTORS = st.lists(st.floats(-4, 4, width=32), min_size=3, max_size=3)
VALUES = (
    st.integers(-9, 9)
    | st.booleans()
    | st.text(max_size=3)
    | st.floats(-9, 9)
    | st.lists(st.integers(0, 9), min_size=1, max_size=2)
)
KEYS = st.sampled_from(["a", "b", "c"])
IDS = st.integers(0, 7).map("id {}".format)
OPERATIONS = (
    st.tuples(
        st.sampled_from(["add", "update", "upsert"]),
        IDS,
        VECTORS,
        st.dictionaries(KEYS, VALUES, min_size=1),
        st.text(max_size=5),
    )
    | st.tuples(st.just("reword"), IDS, st.dictionaries(KEYS, VALUES | st.none(), min_size=1))
    | st.tuples(st.just("delete"), IDS)
)


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A store that chromadb has open, and a way to make one collection after the other in it."""
    path = tmp_path_factory.mktemp("live")
    client = chromadb.PersistentClient(str(path), settings=Settings(anonymized_telemetry=False))
    return path, client, count()


def apply(collection, kind, record_id, *values):
    if kind == "delete":
        collection.delete(ids=[record_id])
    elif kind == "reword":
        collection.update(ids=[record_id], metadatas=[*values])
    else:
        vector, metadata, document = values
        method = getattr(collection, kind)
        method(ids=[record_id], embeddings=[vector], metadatas=[metadata], documents=[document])


@settings(max_examples=25)
@given(
    operations=st.lists(OPERATIONS, min_size=1, max_size=30),
    metric=st.sampled_from(["cosine", "l2", "ip"]),
    threshold=st.sampled_from([3, 8, 1_000]),
)
def test_after_any_operations_chromadb_and_memctl_read_the_same(
    live, operations, metric, threshold
):
    path, client, numbers = live
    name = f"collection-{next(numbers)}"
    hnsw = {"space": metric, "sync_threshold": threshold, "batch_size": 2}
    theirs = client.create_collection(name, configuration={"hnsw": hnsw}, embedding_function=None)
    for operation in operations:
        apply(theirs, *operation)

    rows = theirs.get(include=["documents", "metadatas", "embeddings"])
    with open_store(path) as store:
        ours = read_rows(store, by_name(store, name), batch_size=5)

    assert list(ours) == rows["ids"]
    for at, (document, metadata, vector) in enumerate(ours.values()):
        assert document == rows["documents"][at]
        assert same(metadata, dict(rows["metadatas"][at] or {}))
        wanted = np.array(rows["embeddings"][at], np.float32)
        assert np.linalg.norm(vector - wanted) <= 1e-6 * np.linalg.norm(wanted)


@pytest.mark.parametrize("dimension", [1, 2, 4_096])
def test_vectors_of_any_dimension_are_read(live, dimension):
    path, client, numbers = live
    name = f"collection-{next(numbers)}"
    hnsw = {"space": "cosine", "sync_threshold": 3, "max_neighbors": 4}
    theirs = client.create_collection(name, configuration={"hnsw": hnsw}, embedding_function=None)
    vectors = np.random.default_rng(7).normal(0, 5, (8, dimension)).astype(np.float32)
    for at in range(0, 8, 4):
        ids = [str(number) for number in range(at, at + 4)]
        theirs.add(ids=ids, embeddings=vectors[at : at + 4])

    with open_store(path) as store:
        collection = by_name(store, name)
        ours = np.array([vector for _, _, vector in read_rows(store, collection).values()])
        assert store.inspect_collection(collection).indexed >= 4

    assert collection.dimension == dimension
    gaps = np.linalg.norm(ours - vectors, axis=1) / np.linalg.norm(vectors, axis=1)
    assert gaps.max() <= 1e-6

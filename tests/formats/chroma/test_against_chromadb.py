from __future__ import annotations

import numpy as np
import pytest

from memctl.formats.chroma import open_store

from .stores import expected, expected_rows, read_rows

TOLERANCE = 1e-6


def same(a, b):
    """Compare values and their types, which `==` takes lightly."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def test_collections_are_those_of_the_stores_own_chromadb(each_store):
    wanted = expected(each_store)

    with open_store(each_store) as store:
        found = {(each.database, each.name): each for each in store.collections()}
        counts = {key: store.count(collection) for key, collection in found.items()}

    assert found.keys() == wanted.keys()
    for key, collection in found.items():
        assert counts[key] == wanted[key]["count"]
        assert same(collection.metadata, wanted[key]["metadata"] or {})
        assert collection.dimension == wanted[key]["dimension"]
        assert collection.tenant == "default_tenant"


@pytest.mark.parametrize("batch_size", [7, 100_000])
def test_rows_are_those_of_the_stores_own_chromadb(each_store, batch_size):
    wanted = expected(each_store)

    with open_store(each_store) as store:
        for collection in store.collections():
            theirs = expected_rows(wanted[collection.database, collection.name])
            ours = read_rows(store, collection, batch_size=batch_size)

            assert list(ours) == list(theirs)
            for record_id, (document, metadata, vector) in ours.items():
                their_document, their_metadata, their_vector = theirs[record_id]
                assert same(document, their_document)
                assert same(metadata, their_metadata)
                gap = np.linalg.norm(vector - their_vector)
                assert gap <= TOLERANCE * np.linalg.norm(their_vector)


def test_vectors_of_indexes_that_do_not_normalise_are_equal_to_the_bit(each_store):
    wanted = expected(each_store)

    with open_store(each_store) as store:
        for collection in store.collections():
            if collection.metric != "cosine":
                theirs = expected_rows(wanted[collection.database, collection.name])
                ours = read_rows(store, collection)
                assert all(np.array_equal(ours[key][2], theirs[key][2]) for key in ours)


def test_vectors_in_a_cosine_index_are_equal_to_the_bit(stores):
    with open_store(stores("1.5-past")) as store:
        wanted = expected_rows(expected(store.path)["default_database", "by_cosine"])
        (collection,) = [each for each in store.collections() if each.name == "by_cosine"]
        ours = read_rows(store, collection)

    equal = sum(np.array_equal(ours[key][2], wanted[key][2]) for key in ours)
    assert equal >= 1_000


def test_a_zero_vector_in_a_cosine_collection_stays_zero(each_store):
    with open_store(each_store) as store:
        (collection,) = [each for each in store.collections() if each.name == "by_cosine"]
        rows = read_rows(store, collection, ids=frozenset({"zeros"}))

    assert not rows["zeros"][2].any()


def test_stores_past_a_thousand_operations_have_an_index_and_a_queue(stores):
    for version in ("0.5", "1.0", "1.1", "1.5"):
        with open_store(stores(f"{version}-past")) as store:
            (collection,) = [each for each in store.collections() if each.name == "by_l2"]
            facts = store.inspect_collection(collection)

        assert facts.indexed >= 1_000
        assert 20 < facts.pending_vectors < 200


def test_stores_below_a_thousand_operations_have_a_queue_only(stores):
    for version in ("0.5", "1.0", "1.1", "1.5"):
        with open_store(stores(f"{version}-below")) as store:
            (collection,) = [each for each in store.collections() if each.name == "by_l2"]
            facts = store.inspect_collection(collection)

        assert facts.indexed == 0
        assert facts.pending_vectors > 100


def test_rows_of_a_fresh_queue_come_last(each_store):
    with open_store(each_store) as store:
        (collection,) = [each for each in store.collections() if each.name == "lagging"]
        facts = store.inspect_collection(collection)
        ids = list(read_rows(store, collection, with_embeddings=False))

    assert facts.pending_rows >= 12
    assert ids == ["kept", "changed", "fresh", "by upsert", "replaced"]

from __future__ import annotations

import json

import pytest

from memctl.formats.chroma import open_store
from memctl.model.errors import DamagedStore

from .stores import by_name, change, copy_store

ONE_INDEX = "WHERE id = (SELECT MIN(id) FROM segments WHERE scope = 'VECTOR')"


def configuration(space):
    return json.dumps({"vector_index": {"hnsw": {"space": space}}})


def schema(space):
    return json.dumps(
        {"keys": {"#embedding": {"float_list": {"vector_index": {"config": {"space": space}}}}}}
    )


def metric(path):
    with open_store(path) as store:
        return by_name(store, "plain").metric


def set_metric(path, *, declared=None, segment=None, own=None):
    """Write a metric in the places where one may stand."""
    with open_store(path) as store:
        plain = by_name(store, "plain")
    change(path, "UPDATE collections SET config_json_str = ?", declared)
    if segment:
        statement = "INSERT INTO segment_metadata (segment_id, key, str_value) VALUES (?, ?, ?)"
        change(path, statement, plain.vector_segment, "hnsw:space", segment)
    if own:
        statement = (
            "INSERT INTO collection_metadata (collection_id, key, str_value) VALUES (?, ?, ?)"
        )
        change(path, statement, plain.id, "hnsw:space", own)


@pytest.fixture
def old_store(stores, tmp_path):
    return copy_store(stores("1.1-below"), tmp_path)


@pytest.mark.parametrize(
    ("declared", "segment", "own", "wanted"),
    [
        (None, None, None, "l2"),
        (None, None, "ip", "ip"),
        (None, "cosine", "ip", "cosine"),
        ("l2", None, "cosine", "l2"),
        ("l2", "cosine", "cosine", "cosine"),
        ("ip", "cosine", "cosine", "ip"),
        ("cosine", None, None, "cosine"),
    ],
)
def test_a_metric_may_stand_in_three_places(old_store, declared, segment, own, wanted):
    text = configuration(declared) if declared else None
    set_metric(old_store, declared=text, segment=segment, own=own)

    assert metric(old_store) == wanted


def test_chromadb_1_5_declares_the_metric_in_its_schema(new_store):
    change(new_store, "UPDATE collections SET schema_str = ?", schema("ip"))

    assert metric(new_store) == "ip"


def test_metadata_of_collections_keeps_its_types(each_store):
    with open_store(each_store) as store:
        metadata = by_name(store, "by_cosine").metadata
        flag = by_name(store, "empty").metadata["flag"]

    assert metadata == {"hnsw:space": "cosine", "hnsw:M": 8, "note": "\u8bb0\u5fc6", "rank": 1}
    assert flag is True


def test_collections_of_one_name_in_two_databases_are_two(each_store):
    with open_store(each_store) as store:
        twins = [each for each in store.collections() if each.name == "plain"]
        counts = sorted(map(store.count, twins))

    assert {each.database for each in twins} == {"default_database", "other"}
    assert len({each.id for each in twins}) == 2
    assert counts == [1, 2]


def test_a_collection_is_hashable_and_equal_to_itself(new_store):
    with open_store(new_store) as store:
        assert set(store.collections()) == set(store.collections())


@pytest.mark.parametrize(
    "assignment",
    [
        f"segments SET id = '../../../etc' {ONE_INDEX}",
        f"segments SET id = '/etc' {ONE_INDEX}",
        "segments SET scope = 'OTHER' WHERE scope = 'METADATA'",
        "segments SET scope = 'OTHER' WHERE scope = 'VECTOR'",
        "segments SET id = CAST(id AS BLOB)",
        "collections SET dimension = -1",
        "collections SET dimension = 0",
        "collections SET dimension = 1000000000",
        "collections SET dimension = 'four'",
        "collections SET name = CAST(name AS BLOB)",
        "collections SET config_json_str = '{'",
        "collections SET config_json_str = '[]'",
        "collections SET config_json_str = '{\"vector_index\": 5}'",
        "databases SET name = CAST(name AS BLOB)",
        "segment_metadata SET str_value = 'hamming' WHERE key = 'hnsw:space'",
    ],
)
def test_a_collection_that_chroma_would_not_set_up_like_this_is_damage(
    stores, tmp_path, assignment
):
    path = copy_store(stores("0.5-below"), tmp_path)
    change(path, f"UPDATE {assignment}")

    with open_store(path) as store, pytest.raises(DamagedStore, match="is not set up as chromadb"):
        store.collections()


def test_a_schema_that_can_not_be_read_is_damage(new_store):
    change(new_store, "UPDATE collections SET schema_str = '{}'")

    with open_store(new_store) as store, pytest.raises(DamagedStore):
        store.collections()

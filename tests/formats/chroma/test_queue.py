from __future__ import annotations

import numpy as np
import pytest

from memctl.formats.chroma import open_store
from memctl.model.errors import DamagedStore

from .stores import (
    ADD,
    DELETE,
    UPDATE,
    UPSERT,
    by_name,
    change,
    copy_store,
    queue,
    read_rows,
)


def read(path, name="lagging", **options):
    with open_store(path) as store:
        rows = read_rows(store, by_name(store, name), **options)
        assert store.count(by_name(store, name)) == len(read_rows(store, by_name(store, name)))
        return rows


def test_an_add_of_what_is_there_is_ignored(own_store):
    before = read(own_store)
    queue(own_store, (ADD, "kept", [9, 9], {"chroma:document": "new", "n": 9}))

    assert read(own_store)["kept"][:2] == before["kept"][:2]
    assert read(own_store)["kept"][2].tolist() == before["kept"][2].tolist()


def test_an_add_after_a_delete_starts_anew(own_store):
    queue(own_store, (DELETE, "kept", None, None), (ADD, "kept", [9, 9], {"m": 1}))

    document, metadata, vector = read(own_store)["kept"]
    assert (document, metadata, vector.tolist()) == (None, {"m": 1}, [9, 9])


def test_an_update_without_a_vector_keeps_the_old_one(own_store):
    before = read(own_store)
    queue(own_store, (UPDATE, "kept", None, {"n": None, "crew_id": "other", "new": [1, 2]}))

    document, metadata, vector = read(own_store)["kept"]
    assert document == "kept"
    assert metadata == {"crew_id": "other", "new": [1, 2]}
    assert vector.tolist() == before["kept"][2].tolist()


def test_an_update_of_what_is_not_there_is_ignored(own_store):
    before = read(own_store)
    queue(own_store, (UPDATE, "nobody at all", [1, 1], {"n": 1}))

    assert read(own_store).keys() == before.keys()


def test_an_upsert_changes_or_adds(own_store):
    queue(
        own_store,
        (UPSERT, "kept", [7, 8], {"chroma:document": "changed"}),
        (UPSERT, "another", [1, 2], {}),
    )

    rows = read(own_store)
    assert rows["kept"][0] == "changed"
    assert rows["kept"][2].tolist() == [7, 8]
    assert rows["another"][2].tolist() == [1, 2]


def test_a_delete_hides_what_the_index_still_holds(stores, tmp_path):
    path = copy_store(stores("1.5-past"), tmp_path)
    queue(path, (DELETE, "id 20 \u00fc", None, "{}"), name="by_l2")

    with open_store(path) as store:
        collection = by_name(store, "by_l2")
        assert "id 20 \u00fc" not in read_rows(store, collection)
        assert store.inspect_collection(collection).unnamed == 0


def test_a_row_that_only_the_queue_holds_has_the_time_of_its_operation(own_store):
    collection = queue(own_store, (ADD, "late", [1, 1], None))
    change(
        own_store,
        "UPDATE embeddings_queue SET created_at = '2024-02-03 04:05:06' WHERE id = 'late'",
    )

    with open_store(own_store) as store:
        (batch,) = store.scan(collection, ids=frozenset({"late"}))

    assert [each.isoformat() for each in batch.created_at] == ["2024-02-03T04:05:06+00:00"]


def test_a_row_without_a_vector_is_flagged(own_store):
    collection = queue(own_store, (ADD, "bare", None, {"chroma:document": "no vector"}))

    with open_store(own_store) as store:
        known, fresh = store.scan(collection, ids=frozenset({"bare", "kept"}))
        facts = store.inspect_collection(collection)

    assert known.has_embedding == [True]
    assert fresh.has_embedding == [False]
    assert fresh.embeddings.tolist() == [[0.0, 0.0]]
    assert facts.without_vector == 1


def test_numbers_that_sqlite_can_not_hold_become_floats(own_store):
    queue(own_store, (UPDATE, "kept", None, '{"n": 1180591620717411303424, "nan": NaN}'))

    metadata = read(own_store)["kept"][1]
    assert metadata["n"] == 2.0**70
    assert "nan" not in metadata


def test_hidden_keys_of_a_queued_row_are_hidden(own_store):
    queue(own_store, (ADD, "keys", [1, 1], {"chroma:other": "x", "chroma:uri": "file:///x"}))

    assert read(own_store)["keys"][1] == {"chroma:uri": "file:///x"}


@pytest.mark.parametrize(
    ("operation", "metadata"),
    [
        (7, {}),
        (ADD, "{"),
        (ADD, "[1]"),
        (ADD, "[" * 100_000),
        (ADD, '{"a": {"b": 1}}'),
        (ADD, '{"a": [{}]}'),
        (ADD, '{"chroma:document": 5}'),
        (ADD, "9" * 5_000),
    ],
)
def test_an_operation_that_chroma_does_not_write_is_damage(own_store, operation, metadata):
    queue(own_store, (operation, "odd", [1, 1], metadata))

    with pytest.raises(DamagedStore, match="an operation queued for `lagging` can't be read"):
        read(own_store)


@pytest.mark.parametrize(
    "assignment",
    ["vector = x'00000000'", "encoding = 'INT32'", "vector = 'text'", "encoding = NULL"],
)
def test_a_queued_vector_of_another_form_is_damage(own_store, assignment):
    queue(own_store, (UPSERT, "odd", [1, 1], {}))
    change(own_store, f"UPDATE embeddings_queue SET {assignment} WHERE id = 'odd'")  # noqa: S608 - a constant

    with pytest.raises(DamagedStore, match="holds no vector of its size"):
        read(own_store)


def test_a_queued_id_that_is_no_text_is_damage(own_store):
    queue(own_store, (ADD, "odd", [1, 1], {}))
    change(own_store, "UPDATE embeddings_queue SET id = x'ff00' WHERE id = 'odd'")

    with pytest.raises(DamagedStore, match="can't be read"):
        read(own_store)


def test_a_queued_time_that_is_none_is_damage(own_store):
    queue(own_store, (ADD, "odd", [1, 1], {}))
    change(own_store, "UPDATE embeddings_queue SET created_at = 'noon' WHERE id = 'odd'")

    with pytest.raises(DamagedStore, match="can't be read"):
        read(own_store)


@pytest.mark.parametrize("mark", ["x", b"\xff" * 8, b"\x01" * 7, 1.5])
def test_a_mark_that_is_no_number_is_damage(own_store, mark):
    change(own_store, "UPDATE max_seq_id SET seq_id = ?", mark)

    with pytest.raises(DamagedStore, match="has no number in `max_seq_id`"):
        read(own_store)


def test_marks_of_24_bytes_are_read(stores, tmp_path):
    path = copy_store(stores("0.5-past"), tmp_path)
    with open_store(path) as store:
        before = store.inspect_collection(by_name(store, "by_l2"))
    change(path, "UPDATE max_seq_id SET seq_id = CAST(zeroblob(16) || seq_id AS BLOB)")

    with open_store(path) as store:
        assert store.inspect_collection(by_name(store, "by_l2")) == before


def test_operations_of_other_tenants_topics_are_found(own_store):
    """The topic's first parts are settings of chromadb; its last part is the collection."""
    before = read(own_store, "by_ip")
    change(
        own_store,
        "UPDATE embeddings_queue SET topic = replace(topic, 'default/default', 'mine/own')",
    )

    after = read(own_store, "by_ip")
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[key][2], after[key][2]) for key in before)

from __future__ import annotations

import shutil

import pytest

from memctl.formats.chroma import open_store
from memctl.model.errors import DamagedStore

from .stores import ADD, DELETE, by_name, change, copy_store, queue, vector_directory


def test_a_deleted_collection_leaves_an_orphan_directory(each_store):
    with open_store(each_store) as store:
        facts = store.inspect()

    assert len(facts.orphan_directories) == 1
    assert facts.missing_directories == ()


def test_only_chromadb_0_5_leaves_rows_of_a_deleted_collection(stores):
    found = {}
    for version in ("0.5", "1.0", "1.1", "1.5"):
        with open_store(stores(f"{version}-below")) as store:
            found[version] = store.inspect().orphan_rows

    assert found == {"0.5": 1, "1.0": 0, "1.1": 0, "1.5": 0}


def test_the_size_is_that_of_the_stores_own_files(own_store):
    with open_store(own_store) as store:
        before = store.inspect().size
    (own_store / "long_term_memory_storage.db").write_bytes(bytes(1_000))
    (own_store / "notes").mkdir()
    (own_store / "notes" / "a").write_bytes(bytes(1_000))

    with open_store(own_store) as store:
        assert store.inspect().size == before
    everything = sum(each.stat().st_size for each in own_store.rglob("*") if each.is_file())
    assert before == everything - 2_000


def test_the_mode_of_the_file_tells_whether_others_may_read_it(own_store):
    found = {}
    for mode in (0o600, 0o640, 0o604):
        (own_store / "chroma.sqlite3").chmod(mode)
        with open_store(own_store) as store:
            facts = store.inspect()
        found[mode] = facts.mode, facts.exposed

    assert found == {0o600: (0o600, False), 0o640: (0o640, True), 0o604: (0o604, True)}


def test_a_missing_directory_is_told_once_an_index_was_in_it(stores, tmp_path):
    path = copy_store(stores("1.5-past"), tmp_path)
    needed, spare = vector_directory(path, "by_l2"), vector_directory(path, "plain")
    shutil.rmtree(needed)
    shutil.rmtree(spare)

    with open_store(path) as store:
        assert store.inspect().missing_directories == (needed.name,)
        with pytest.raises(DamagedStore, match="is missing"):
            store.inspect_collection(by_name(store, "by_l2"))


def test_a_collection_is_counted_in_every_way(stores):
    with open_store(stores("1.5-past")) as store:
        collection = by_name(store, "by_l2")
        facts = store.inspect_collection(collection)

        assert facts.in_table == facts.visible == store.count(collection) == 1_054
    assert facts.unnamed == facts.pending_rows == facts.duplicate_ids == 0
    assert facts.without_vector == facts.not_finite == 0
    assert facts.zero_vectors == 1
    assert facts.empty_documents > 100
    assert facts.without_document > 100


def test_vectors_without_a_row_are_counted(stores, tmp_path):
    path = copy_store(stores("1.5-past"), tmp_path)
    with open_store(path) as store:
        segment = by_name(store, "by_l2").metadata_segment
    some = "DELETE FROM embeddings WHERE segment_id = ? AND embedding_id LIKE 'id 10%'"
    change(path, some, segment)

    with open_store(path) as store:
        facts = store.inspect_collection(by_name(store, "by_l2"))

    assert facts.unnamed == 1_054 - facts.in_table > 50


def test_duplicate_ids_are_counted(own_store):
    with open_store(own_store) as store:
        segment = by_name(store, "by_ip").metadata_segment
    change(own_store, "CREATE TABLE loose AS SELECT * FROM embeddings")
    change(own_store, "DROP TABLE embeddings")
    change(own_store, "ALTER TABLE loose RENAME TO embeddings")
    change(
        own_store,
        "INSERT INTO embeddings SELECT id + 100000, segment_id, embedding_id, seq_id, created_at"
        " FROM embeddings WHERE segment_id = ? AND embedding_id LIKE 'id 1%'",
        segment,
    )

    with open_store(own_store) as store:
        assert store.inspect_collection(by_name(store, "by_ip")).duplicate_ids == 11


def test_numbers_that_are_none_are_counted(own_store):
    queue(own_store, (ADD, "odd", [float("nan"), 1.0], {}), (ADD, "inf", [float("inf"), 1.0], {}))

    with open_store(own_store) as store:
        assert store.inspect_collection(by_name(store, "lagging")).not_finite == 2


def test_operations_that_wait_are_counted(own_store):
    with open_store(own_store) as store:
        before = store.inspect_collection(by_name(store, "plain"))
    queue(own_store, (ADD, "new", [1], {}), (DELETE, "a", None, {}), name="plain")

    with open_store(own_store) as store:
        after = store.inspect_collection(by_name(store, "plain"))

    assert (before.pending_rows, after.pending_rows) == (0, 2)
    assert after.pending_vectors == before.pending_vectors + 2
    assert after.visible == before.visible == after.in_table

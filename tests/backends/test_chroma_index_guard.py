"""Indexes of a Chroma directory, whose saving by chromadb is broken off by a kill."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from memctl.backends.chroma.directory import index_guard
from memctl.testing.records import make_records

from ..cli.stores import segment_of
from ..conftest import make_store, open_backend

FIRST, ALL = make_records(1500), make_records(3000)
TYPE = FIRST[0].type


def write(path, records, *, settle=True):
    with open_backend("chroma", path, writable=True) as store:
        assert not store.upsert(TYPE, records).failed
        if settle:
            store.settle()


def threshold(path):
    with closing(sqlite3.connect(path / "chroma.sqlite3")) as database:
        return str(
            database.execute(
                "SELECT schema_str FROM collections WHERE name = ?", (TYPE,)
            ).fetchone()
        )


def saved(path):
    """Say how many operations the index on disk holds."""
    with open_backend("chroma", path) as store:
        stored = next(each for each in store.place.files.collections() if each.name == TYPE)
        return store.place.files.mark(stored)


def seen(path):
    """Read id and vector of every row with chromadb's own client."""
    import chromadb

    client = chromadb.PersistentClient(str(path))
    try:
        collection = client.get_collection(str(TYPE), embedding_function=None)
        found = collection.get(include=["embeddings"])
        assert collection.count() == len(found["ids"])
        return dict(zip(found["ids"], found["embeddings"], strict=True))
    finally:
        client.close()


def assert_holds(path, records):
    found = seen(path)
    assert found.keys() == {each.id for each in records}
    assert all(np.allclose(found[each.id], each.embedding, rtol=1e-5) for each in records)


def test_nothing_is_saved_before_all_is_written(tmp_path):
    store = make_store("chroma", tmp_path / "store", [])

    write(store, FIRST, settle=False)
    before = saved(store)
    write(store, ALL[1500:])

    assert before is None
    assert saved(store) is not None
    assert str(index_guard._SELDOM) not in threshold(store)
    assert_holds(store, ALL)


def test_many_rows_are_saved_now_and_then_and_put_aside_each_time(tmp_path, monkeypatch):
    monkeypatch.setattr(index_guard, "_SELDOM", 1200)
    store = make_store("chroma", tmp_path / "store", [])

    marks = []
    with open_backend("chroma", store, writable=True) as target:
        for start in range(0, 3000, 500):
            target.upsert(TYPE, ALL[start : start + 500])
            kept = [each / "mark" for each in store.iterdir() if each.name.startswith(".memctl")]
            marks += [int(each.read_text()) for each in kept]

    assert len(set(marks)) == 2
    assert_holds(store, ALL)


def break_off(path, twin, *files):
    """Leave what a kill leaves while the index is saved: some new files, and no note of them."""
    index = path / segment_of(path, TYPE)
    for each in files:
        shutil.copy(twin / segment_of(twin, TYPE) / each, index / each)


@pytest.mark.parametrize("files", [["data_level0.bin"], ["data_level0.bin", "header.bin"]])
def test_a_first_saving_that_was_broken_off_is_mended(tmp_path, files):
    store = make_store("chroma", tmp_path / "store", [])
    write(store, FIRST, settle=False)
    twin = shutil.copytree(store, tmp_path / "twin")
    write(twin, FIRST[:1])
    break_off(store, twin, *files)

    write(store, ALL[1500:])

    assert_holds(store, ALL)


@pytest.mark.parametrize("is_torn", [False, True])
def test_a_later_saving_that_was_broken_off_is_mended(tmp_path, is_torn):
    store = make_store("chroma", tmp_path / "store", [])
    write(store, FIRST)
    write(store, ALL[1500:2900], settle=False)
    twin = shutil.copytree(store, tmp_path / "twin")
    write(twin, FIRST[:1])
    index_guard.put_aside(store, segment_of(store, TYPE).name, saved(store))
    break_off(store, twin, "data_level0.bin", "header.bin", "link_lists.bin", "length.bin")
    if is_torn:
        data = store / segment_of(store, TYPE) / "data_level0.bin"
        data.write_bytes(data.read_bytes()[:1000])

    write(store, ALL[2900:])

    assert_holds(store, ALL)
    assert not [each for each in store.iterdir() if each.name.startswith(".memctl")]


def test_a_saving_that_came_to_its_end_is_kept(tmp_path):
    store = make_store("chroma", tmp_path / "store", [])
    write(store, FIRST)
    before = saved(store)
    kept = index_guard.put_aside(store, segment_of(store, TYPE).name, before)
    shutil.move(kept, tmp_path / "kept")
    write(store, ALL[1500:])
    shutil.move(tmp_path / "kept", kept)

    write(store, ALL[:1])

    assert saved(store) > before
    assert_holds(store, ALL)
    assert not kept.exists()


def test_a_run_that_writes_nothing_removes_what_a_killed_one_put_aside(tmp_path):
    store = make_store("chroma", tmp_path / "store", [])
    write(store, FIRST)
    kept = index_guard.put_aside(store, segment_of(store, TYPE).name, saved(store))

    with open_backend("chroma", store, writable=True) as target:
        target.settle()

    assert not kept.exists()
    assert_holds(store, FIRST)


def test_while_rows_are_deleted_the_index_is_put_aside(tmp_path):
    store = make_store("chroma", tmp_path / "store", [])
    write(store, ALL)

    with open_backend("chroma", store, writable=True) as target:
        target.delete(TYPE, [each.id for each in FIRST])
        names = [each.name for each in store.iterdir()]

    assert any(each.startswith(".memctl-index-") for each in names)
    assert not [each for each in store.iterdir() if each.name.startswith(".memctl")]
    assert_holds(store, ALL[1500:])


def test_an_index_of_which_no_file_was_written_yet_is_mended(tmp_path):
    store = make_store("chroma", tmp_path / "store", [])
    write(store, FIRST, settle=False)
    for each in segment_of(store, TYPE).iterdir():
        each.unlink()

    write(store, ALL[1500:])

    assert_holds(store, ALL)

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing

import pytest

from memctl.formats import opening
from memctl.formats.chroma import open_store
from memctl.formats.chroma.schema import vintage
from memctl.model.errors import (
    DamagedStore,
    DiskFull,
    NotAStore,
    NotPermitted,
    StoreLocked,
    StoreNotFound,
    UnsupportedSchema,
)

from .stores import by_name, change, copy_store, read_all, read_rows, tree

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def killed_while_writing(path, *statements):
    """Run SQL in another process, which is then killed: its journal stays."""
    script = f"""
        import os, signal, sqlite3
        connection = sqlite3.connect({str(path / "chroma.sqlite3")!r}, isolation_level=None)
        for statement in {statements!r}:
            connection.execute(statement)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert ran.returncode == -signal.SIGKILL


def broken_off(path):
    """Leave a transaction half done, with pages of it in the file already."""
    before = (path / "chroma.sqlite3").read_bytes()
    killed_while_writing(
        path,
        "PRAGMA cache_size = 1",
        "BEGIN",
        "DELETE FROM embedding_metadata",
        "DELETE FROM embeddings",
        "DELETE FROM collections",
    )
    assert (path / "chroma.sqlite3").read_bytes() != before
    assert (path / "chroma.sqlite3-journal").stat().st_size


def test_a_path_where_nothing_lies_is_no_store(tmp_path):
    with pytest.raises(StoreNotFound, match="there is no directory"):
        open_store(tmp_path / "nowhere")


def test_a_path_with_a_null_byte_is_no_store(tmp_path):
    with pytest.raises(StoreNotFound):
        open_store(tmp_path / "a\0b")


def test_a_directory_without_the_sqlite_file_is_not_a_store(tmp_path):
    with pytest.raises(NotAStore, match=r"holds no `chroma\.sqlite3`"):
        open_store(tmp_path)


def test_the_sqlite_file_itself_is_not_a_store(new_store):
    with pytest.raises(NotAStore) as caught:
        open_store(new_store / "chroma.sqlite3")

    assert caught.value.hint == "give the directory that holds `chroma.sqlite3`"


def test_a_sqlite_file_of_another_program_is_not_a_store(tmp_path):
    with closing(sqlite3.connect(tmp_path / "chroma.sqlite3")) as connection:
        connection.execute("CREATE TABLE collections (id)")
        connection.commit()

    with pytest.raises(NotAStore, match="it has no table `collection_metadata`"):
        open_store(tmp_path)


def test_a_zero_byte_sqlite_file_is_a_damaged_store(tmp_path):
    (tmp_path / "chroma.sqlite3").touch()

    with pytest.raises(DamagedStore, match="it is empty"):
        open_store(tmp_path)


def test_a_text_file_in_the_place_of_the_sqlite_file_is_a_damaged_store(tmp_path):
    (tmp_path / "chroma.sqlite3").write_text("not at all")

    with pytest.raises(DamagedStore, match="does not begin as a SQLite file"):
        open_store(tmp_path)


@pytest.mark.parametrize("kept", [50, 100, 4_096, 40_000])
def test_a_sqlite_file_cut_short_is_a_damaged_store(new_store, kept):
    os.truncate(new_store / "chroma.sqlite3", kept)

    with pytest.raises(DamagedStore):
        read_all(new_store)


def test_a_sqlite_file_of_zeros_behind_its_header_is_a_damaged_store(new_store):
    file = new_store / "chroma.sqlite3"
    content = file.read_bytes()
    file.write_bytes(content[:100] + bytes(len(content) - 100))

    with pytest.raises(DamagedStore, match="malformed"):
        open_store(new_store)


def test_a_directory_in_the_place_of_the_sqlite_file_is_a_damaged_store(tmp_path):
    (tmp_path / "chroma.sqlite3").mkdir()

    with pytest.raises(DamagedStore, match="can't be read"):
        open_store(tmp_path)


@pytest.mark.parametrize("part", ["sysdb", "metadb", "embeddings_queue"])
def test_a_newer_schema_level_is_not_supported(own_store, part):
    change(own_store, "INSERT INTO migrations VALUES (?, 11, 'f', 's', 'h')", part)

    with pytest.raises(
        UnsupportedSchema, match=f"schema level {part} 11; known is up to"
    ) as caught:
        open_store(own_store)

    assert caught.value.hint == "it was written by a newer chromadb: use a newer memctl"


def test_a_much_older_schema_level_is_not_supported(own_store):
    change(own_store, "DELETE FROM migrations WHERE dir = 'sysdb' AND version > 3")

    with pytest.raises(UnsupportedSchema, match="schema level sysdb 3, older than any"):
        open_store(own_store)


def test_a_store_without_schema_levels_is_not_supported(own_store):
    change(own_store, "DELETE FROM migrations")

    with pytest.raises(UnsupportedSchema, match="older than any"):
        open_store(own_store)


def test_levels_between_those_of_the_stores_have_a_vintage_too():
    old = {"embeddings_queue": 1, "metadb": 3, "sysdb": 5}
    new = {"embeddings_queue": 2, "metadb": 5, "sysdb": 10}

    assert vintage(old) == "chromadb 0.4 or 0.5; newer ones would migrate it for good"
    assert vintage(new).startswith("chromadb 1.3 or 1.4; ")


def test_schema_and_vintage_tell_who_can_open_a_store(stores):
    told = {}
    for version in ("0.5", "1.0", "1.1", "1.5"):
        with open_store(stores(f"{version}-below")) as store:
            told[version] = store.schema["sysdb"], store.schema["metadb"], store.vintage

    assert told == {
        "0.5": (9, 4, "chromadb 0.5 or 0.6; 1.0 and newer would migrate it for good"),
        "1.0": (9, 5, told["1.1"][2]),
        "1.1": (
            9,
            5,
            "chromadb 1.0 to 1.2; 0.6 and older can't open it, 1.3 would migrate it for good",
        ),
        "1.5": (10, 6, "chromadb 1.5; 1.2 and older can't open it"),
    }


@pytest.mark.parametrize("name", ["a b", "a#b", "a?mode=rw&b", "100%25", "\u8bb0\u5fc6", "a'b\"c"])
def test_any_name_of_a_directory_will_do(stores, tmp_path, name):
    path = copy_store(stores("1.5-below"), tmp_path).rename(tmp_path / name)

    with open_store(path) as store:
        assert store.collections()


def test_a_link_to_a_directory_will_do(stores, tmp_path):
    (tmp_path / "link").symlink_to(stores("1.5-below"))

    assert read_all(tmp_path / "link")


def test_a_relative_path_will_do(stores, monkeypatch):
    path = stores("1.5-below")
    monkeypatch.chdir(path.parent)

    assert read_all(type(path)(path.name))


def test_closing_twice_is_fine(new_store):
    store = open_store(new_store)
    store.close()
    store.close()


def test_a_hot_journal_is_rolled_back_in_a_private_copy(own_store):
    whole = read_all(own_store)
    broken_off(own_store)
    before = tree(own_store)

    with open_store(own_store) as store:
        assert [*map(store.count, store.collections())] == [*map(len, whole)]
        assert len(read_rows(store, by_name(store, "by_l2"))) == 124

    assert tree(own_store) == before


def test_the_private_copy_is_for_its_owner_only_and_goes_at_close(own_store, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    broken_off(own_store)

    store = open_store(own_store)
    (copy,) = tmp_path.glob("memctl-chroma-*")
    assert copy.stat().st_mode & 0o777 == 0o700
    assert {each.name for each in copy.iterdir()} >= {"chroma.sqlite3"}
    store.close()

    assert not copy.exists()


def test_a_private_copy_of_a_damaged_file_goes_at_once(own_store, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    killed_while_writing(own_store, "PRAGMA journal_mode = WAL", "CREATE TABLE extra (x)")
    file = own_store / "chroma.sqlite3"
    file.write_bytes(file.read_bytes()[:100] + bytes(8_000))
    (own_store / "chroma.sqlite3-wal").unlink()

    with pytest.raises(DamagedStore):
        open_store(own_store)

    assert not list(tmp_path.glob("memctl-chroma-*"))


def test_a_full_disk_is_told_from_a_damaged_store(own_store, monkeypatch):
    def no_room(*_):
        raise OSError(28, "No space left on device")

    broken_off(own_store)
    monkeypatch.setattr("shutil.copyfile", no_room)

    with pytest.raises(DiskFull, match="no room for a private copy"):
        open_store(own_store)


def test_a_file_that_changes_while_it_is_copied_is_locked(own_store, monkeypatch):
    broken_off(own_store)
    copy = opening.shutil.copyfile

    def copy_and_write(source, target):
        copy(source, target)
        os.utime(source)

    monkeypatch.setattr("shutil.copyfile", copy_and_write)

    with pytest.raises(StoreLocked, match="is being written"):
        open_store(own_store)


def test_a_wal_that_its_last_writer_takes_away_meanwhile_is_no_damage(own_store, monkeypatch):
    with open_store(own_store) as store:
        count = store.count(by_name(store, "by_ip"))
    killed_while_writing(
        own_store,
        "PRAGMA journal_mode = WAL",
        "DELETE FROM embeddings WHERE embedding_id = 'zeros'",
    )
    copy = opening.shutil.copyfile

    def take_away_and_copy(source, target):
        if source.name.endswith("-wal"):
            change(own_store, "PRAGMA wal_checkpoint(TRUNCATE)")
        copy(source, target)

    monkeypatch.setattr("shutil.copyfile", take_away_and_copy)

    with open_store(own_store) as store:
        assert store.count(by_name(store, "by_ip")) == count - 1
    assert not (own_store / "chroma.sqlite3-wal").exists()


def test_what_a_killed_writer_left_in_a_wal_is_read(own_store):
    with open_store(own_store) as store:
        count = store.count(by_name(store, "by_ip"))
    killed_while_writing(
        own_store,
        "PRAGMA journal_mode = WAL",
        "DELETE FROM embeddings WHERE embedding_id = 'zeros'",
    )
    assert (own_store / "chroma.sqlite3-wal").stat().st_size
    before = tree(own_store)

    with open_store(own_store) as store:
        assert store.count(by_name(store, "by_ip")) == count - 1
        assert "zeros" not in read_rows(store, by_name(store, "by_ip"))
        assert tree(own_store) == before

    assert tree(own_store) == before


def test_a_file_in_wal_mode_without_a_wal_is_left_as_it_is(own_store):
    change(own_store, "PRAGMA journal_mode = WAL")
    before = tree(own_store)
    assert not (own_store / "chroma.sqlite3-wal").exists()

    assert read_all(own_store)
    assert tree(own_store) == before


def test_a_store_that_this_process_writes_is_never_copied(own_store):
    with closing(sqlite3.connect(own_store / "chroma.sqlite3")) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("UPDATE collections SET name = name")
        writer.commit()

        with open_store(own_store, is_live=True) as store:
            assert not store._database.is_copy
            assert store.collections()
        with open_store(own_store) as store:
            assert store._database.is_copy


def test_an_empty_journal_is_no_reason_for_a_copy(own_store):
    (own_store / "chroma.sqlite3-journal").touch()
    before = tree(own_store)

    with open_store(own_store) as store:
        assert not store._database.is_copy
        assert store.collections()

    assert tree(own_store) == before


def test_a_writer_in_the_middle_of_its_work_is_not_waited_for(own_store):
    with closing(sqlite3.connect(own_store / "chroma.sqlite3", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM embeddings")

        assert sum(map(len, read_all(own_store))) > 100


def test_a_writer_that_does_not_let_go_means_locked(own_store, monkeypatch):
    monkeypatch.setattr(opening, "_PATIENCE_S", 0.05)
    with closing(sqlite3.connect(own_store / "chroma.sqlite3", isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")

        with pytest.raises(StoreLocked) as caught:
            open_store(own_store)

    assert caught.value.retryable
    assert "is being written by another process" in caught.value.message


def test_nobody_is_kept_from_writing_between_two_batches(own_store):
    with open_store(own_store) as store:
        batches = store.scan(by_name(store, "by_l2"), batch_size=10)
        next(batches)
        change(own_store, "UPDATE collections SET name = name")

        assert sum(map(len, batches)) > 100


@needs_root
@pytest.mark.parametrize("name", [".", "chroma.sqlite3"])
def test_a_file_that_may_not_be_read_is_not_permitted(name, stores, other_user):
    path = other_user.copy(stores("1.5-below"))
    (path / name).chmod(0o000)

    assert other_user.run(path) == NotPermitted.code


@needs_root
def test_an_index_that_may_not_be_read_is_not_permitted(stores, other_user):
    path = other_user.copy(stores("1.5-past"))
    for each in path.glob("*/data_level0.bin"):
        each.chmod(0o000)

    assert other_user.run(path) == NotPermitted.code

"""Copies of a Chroma directory's files, while somebody else is at them."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing, contextmanager, suppress

import numpy as np
import pytest

from memctl.backends.base import SetupRequest
from memctl.backends.chroma.directory import setup
from memctl.backends.chroma.directory.files import copy_kept, copy_state
from memctl.backends.facets import Snapshotted
from memctl.model.errors import DamagedStore, InvalidSetting, MemctlError, StoreLocked
from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_record, make_records

from ..cli.stores import segment_of
from ..conftest import fingerprint, make_store, open_backend


@pytest.fixture
def store(tmp_path):
    return make_store("chroma", tmp_path / "store", make_records(20))


@pytest.fixture
def target(tmp_path):
    (tmp_path / "target").mkdir()
    return tmp_path / "target"


@contextmanager
def again_and_again(act):
    """Do something all the while, in a thread."""
    is_over = threading.Event()

    def run() -> None:
        while not is_over.wait(0.001):
            act()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def test_an_index_that_is_written_all_the_while_is_not_copied(store, target):
    header = segment_of(store) / "header.bin"
    whole = header.read_bytes()

    with (
        again_and_again(lambda: header.write_bytes(whole)),
        pytest.raises(StoreLocked, match="each time") as caught,
    ):
        copy_state(store, target)

    assert "crew" in caught.value.hint
    assert list(target.iterdir()) == []


def test_while_the_files_are_copied_nobody_commits(store, target):
    with (segment_of(store) / "data_level0.bin").open("r+b") as opened:
        opened.truncate(1 << 29)
    locked = []

    def write() -> None:
        with closing(sqlite3.connect(store / "chroma.sqlite3", timeout=0)) as connection:
            try:
                connection.execute("BEGIN EXCLUSIVE")
                connection.execute("ROLLBACK")
            except sqlite3.OperationalError as exc:
                locked.append(exc.sqlite_errorcode)

    with again_and_again(write), suppress(StoreLocked):
        copy_state(store, target)

    assert set(locked) == {sqlite3.SQLITE_BUSY}


def test_a_store_whose_sqlite_file_is_a_link_is_copied_whole(store, target, tmp_path):
    real = (store / "chroma.sqlite3").rename(tmp_path / "real.sqlite3")
    (store / "chroma.sqlite3").symlink_to(real)
    before = fingerprint(store)

    copy_state(store, target)

    assert fingerprint(store) == before
    assert not (target / "chroma.sqlite3").is_symlink()
    with open_backend("chroma", target) as backend:
        assert backend.count() == 20


def test_an_index_without_a_folder_is_copied_without_one(store, target):
    shutil.rmtree(segment_of(store))

    copy_state(store, target)

    assert [each.name for each in target.iterdir()] == ["chroma.sqlite3"]


def test_a_target_that_is_gone_is_named(store, tmp_path):
    with pytest.raises(InvalidSetting, match="nowhere"):
        copy_state(store, tmp_path / "nowhere")


def test_a_kept_file_that_is_not_what_its_hash_says_is_damage(store, target):
    with pytest.raises(DamagedStore, match=r"chroma\.sqlite3"):
        copy_kept(store, target, {"chroma.sqlite3": "0" * 64})


def test_other_stores_are_copied_record_by_record(tmp_path, store):
    archive = make_store("archive", tmp_path / "archive", make_records(3))
    with open_backend("archive", archive) as other, open_backend("chroma", store) as backend:
        assert other.facet(Snapshotted) is None
        assert backend.facet(Snapshotted) is backend


@pytest.mark.parametrize("is_there", [False, True])
def test_what_another_program_wrote_since_the_look_is_not_replaced(tmp_path, store, is_there):
    target = tmp_path / "target"
    if is_there:
        make_store("chroma", target, [])
    with (
        open_backend("chroma", target, writable=True) as backend,
        open_backend("chroma", store) as source,
    ):
        step = backend.plan_files(source)
        assert step is not None
        make_store("chroma", target, make_records(3))

        with pytest.raises(StoreLocked, match="another process"):
            step.do()

    with open_backend("chroma", target) as backend:
        assert backend.count() == 3
    assert not [each for each in target.iterdir() if each.name.startswith(".")]
    assert not (target / segment_of(store).name).exists()


def test_an_emptied_store_that_wants_another_dimension_is_not_replaced(tmp_path, store):
    others = [make_record(1, embedding=np.ones(9, np.float32))]
    target = make_store("chroma", tmp_path / "target", others)
    with open_backend("chroma", target, writable=True) as backend:
        backend.delete(others[0].type, [others[0].id])

    with open_backend("chroma", target) as backend, open_backend("chroma", store) as source:
        assert backend.plan_files(source) is None


# A store that somebody else makes meanwhile


def names_in(path):
    return {each.relative_to(path) for each in path.rglob("*")}


@pytest.mark.parametrize("error", [None, OSError(28, "no room")], ids=["", "and a full disk"])
def test_a_store_that_another_program_makes_meanwhile_is_left_alone(tmp_path, monkeypatch, error):
    path = tmp_path / "store"
    opened = setup.open_client

    @contextmanager
    def open_slowly(draft, *, named):
        with opened(draft, named=named) as client:
            yield client
        monkeypatch.undo()
        make_store("chroma", tmp_path / "theirs", make_records(3))
        shutil.copytree(tmp_path / "theirs", path, dirs_exist_ok=True)
        if error:
            raise error

    with open_backend("chroma", path, writable=True) as ours:
        step = ours.plan_setup(SetupRequest(()))[0]
        monkeypatch.setattr(setup, "open_client", open_slowly)
        with pytest.raises(MemctlError) as raised:
            step.do()

    assert error or isinstance(raised.value, StoreLocked)
    assert names_in(path) == names_in(tmp_path / "theirs")
    with open_backend("chroma", path) as theirs:
        assert theirs.count() == 3


def test_a_store_that_takes_over_files_is_described_as_it_is_then(tmp_path):
    source = make_store("chroma", tmp_path / "source", make_records(3))
    target = make_store("chroma", tmp_path / "target", [])
    with (
        open_backend("chroma", source) as taken,
        open_backend("chroma", target, writable=True) as taker,
    ):
        assert not taker.describe().has_dimension(MemoryType.SHORT_TERM)
        step = taker.plan_files(taken)
        step.do()

        assert taker.describe().collections == taken.describe().collections
        assert taker.describe().has_dimension(MemoryType.SHORT_TERM)

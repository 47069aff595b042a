"""A clear that breaks off says what is gone and what is left, whatever broke it off."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from memctl.backends.base import Access, WriteResult
from memctl.backends.chroma.directory.backend import ChromaDirectory
from memctl.backends.chroma.directory.writer import ClientWriter
from memctl.backends.memory import MemoryInProcess
from memctl.core.clear.rows import DeleteType
from memctl.model import errors
from memctl.model.memory_type import MemoryType
from memctl.model.progress import Silent
from memctl.model.selector import EVERYTHING
from memctl.store.journal import Journal
from memctl.testing.records import make_record, make_records

from ..conftest import fingerprint, make_store, no_secret, start_memctl
from .stores import error_of, read_store

SHORT_TERM = MemoryType.SHORT_TERM
BATCH = 10
ROWS = 40
ENTITIES = [make_record(number, type=MemoryType.ENTITY) for number in range(5000, 5006)]
ALL = ROWS + len(ENTITIES)
INDEXED = 1200


class PanicException(BaseException):
    """As pyo3 names what a library's core in Rust panics with."""


CAUSES = [
    errors.DamagedStore("the cause"),
    errors.Unreachable("the cause"),
    errors.CredentialRejected("the cause"),
    errors.UnsupportedOperation("the cause"),
    errors.DiskFull("the cause"),
    errors.WriteFailed("the cause"),
    errors.MemctlError("the cause"),
    RuntimeError("the cause"),
    OSError(5, "the cause"),
    PanicException("the cause"),
    KeyboardInterrupt(),
]
CAUSE_IDS = [type(each).__name__ for each in CAUSES]


@pytest.fixture(scope="module")
def filled_directory(tmp_path_factory):
    """A store of two types; not to be written."""
    path = tmp_path_factory.mktemp("filled") / "store"
    return make_store("chroma", path, [*make_records(ROWS), *ENTITIES])


@pytest.fixture
def filled(filled_directory, tmp_path):
    """A copy of it, to be cleared."""
    return Path(shutil.copytree(filled_directory, tmp_path / "filled"))


@pytest.fixture(scope="module")
def indexed_directory(tmp_path_factory):
    """A store of memctl's own whose index is on the disk; not to be written."""
    path = tmp_path_factory.mktemp("indexed") / "store"
    return make_store("chroma", path, [*make_records(INDEXED), *ENTITIES])


@pytest.fixture
def indexed(indexed_directory, tmp_path):
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(indexed_directory, tmp_path / "indexed"))


def clear(memctl, path: Path, *words: str):
    size = ("--batch-size", str(BATCH))
    return memctl("clear", "--all", "--at", f"chroma:{path}", *size, "--json", "-y", *words)


def break_in_batch(monkeypatch, number: int, break_: Callable[[], None], *, done: int) -> None:
    """Have the store break off in a batch, after so many of its rows are deleted."""
    delete = ChromaDirectory._delete
    batches = []

    def broken(self, memory_type, ids, selector):
        batches.append(ids)
        if len(batches) < number:
            return delete(self, memory_type, ids, selector)
        result = delete(self, memory_type, ids[:done], selector)
        break_()
        return result

    monkeypatch.setattr(ChromaDirectory, "_delete", broken)


def raising(cause: BaseException) -> Callable[[], None]:
    def raise_():
        raise cause

    return raise_


def last_operation(memctl):
    return memctl("history", "--json").data["operations"][0]


# Whatever breaks it off


@pytest.mark.parametrize("cause", CAUSES, ids=CAUSE_IDS)
def test_what_is_gone_and_left_is_counted_whatever_broke_it_off(memctl, filled, monkeypatch, cause):
    break_in_batch(monkeypatch, 3, raising(cause), done=4)

    ran = clear(memctl, filled, "--no-backup")

    gone, left = 2 * BATCH + 4, ROWS - 2 * BATCH - 4
    is_interrupt = isinstance(cause, KeyboardInterrupt)
    assert ran.exit_code == ran.document["exit_code"] == (130 if is_interrupt else 8)
    assert (ran.data["deleted"], ran.data["left"]) == (gone, left + len(ENTITIES))
    assert {each["type"]: (each["deleted"], each["left"]) for each in ran.data["types"]} == {
        "short_term": (gone, left),
        "entity": (0, len(ENTITIES)),
    }
    assert len(read_store("chroma", filled)) == left + len(ENTITIES)
    message = error_of(ran)["message"]
    assert f"{gone} of {ALL} records" in message
    assert f"{left + len(ENTITIES)} are left" in message
    assert ("interrupted" if is_interrupt else "the cause") in message
    operation = last_operation(memctl)
    assert (operation["outcome"], operation["detail"]) == ("failed", message)


@pytest.mark.parametrize("cause", CAUSES, ids=CAUSE_IDS)
def test_what_breaks_off_before_anything_is_deleted_keeps_its_code_and_says_so(
    memctl, filled, monkeypatch, cause
):
    break_in_batch(monkeypatch, 1, raising(cause), done=0)

    ran = clear(memctl, filled, "--no-backup")

    interrupted = 130 if isinstance(cause, KeyboardInterrupt) else 1
    assert ran.exit_code == getattr(cause, "exit_code", interrupted)
    assert (ran.data["deleted"], ran.data["left"]) == (0, ALL)
    assert "nothing was deleted" in error_of(ran)["message"]
    assert "nothing was deleted" in last_operation(memctl)["detail"]
    assert len(read_store("chroma", filled)) == ALL


def test_the_backup_and_the_way_back_are_named_where_something_is_gone(memctl, filled, monkeypatch):
    with monkeypatch.context() as patched:
        break_in_batch(patched, 2, raising(errors.Unreachable("away", hint="wait")), done=0)
        ran = clear(memctl, filled)

    backup = ran.data["backup"]
    assert error_of(ran)["hint"] == (
        f"wait; `memctl restore {backup}` brings back what was deleted; "
        "run the same command again to go on from here"
    )
    assert memctl("restore", backup).exit_code == 0
    assert len(read_store("chroma", filled)) == ALL


def test_a_backup_that_could_not_be_made_is_not_named(memctl, filled, home):
    (home / "backups").write_text("a file in the way")

    ran = clear(memctl, filled)

    assert (ran.exit_code, ran.data["backup"]) == (4, None)
    assert (ran.data["deleted"], ran.data["left"]) == (0, ALL)
    assert "nothing was deleted" in error_of(ran)["message"]


def test_people_see_what_is_gone_and_left(memctl, filled, monkeypatch):
    break_in_batch(monkeypatch, 3, raising(errors.DamagedStore("broken")), done=4)

    ran = memctl(
        "clear", "--all", "--at", f"chroma:{filled}", "--batch-size", str(BATCH), "-y", "-q"
    )

    assert ran.exit_code == 8
    rows = [line.split() for line in ran.stdout.splitlines()]
    assert ["short_term", "24", "16"] in rows
    assert ["total", "24", "22"] in rows
    assert "error: 24 of 46 records" in ran.stderr


def test_what_can_not_be_counted_is_said_with_what_is_known(memctl, filled, monkeypatch):
    def take_away():
        (filled / "chroma.sqlite3").rename(filled / "elsewhere")
        raise errors.Unreachable("the cause")

    break_in_batch(monkeypatch, 3, take_away, done=0)

    ran = clear(memctl, filled, "--no-backup")

    assert ran.exit_code == 8
    assert (ran.data["deleted"], ran.data["left"]) == (2 * BATCH, None)
    assert {each["left"] for each in ran.data["types"]} == {None}
    message = error_of(ran)["message"]
    assert f"at least {2 * BATCH} of {ALL} records" in message
    assert "can't be counted: " in message
    assert message.endswith(": the cause")


def test_where_nothing_is_known_of_what_is_gone_the_backup_is_named_all_the_same(
    memctl, filled, monkeypatch
):
    def take_away():
        (filled / "chroma.sqlite3").rename(filled / "elsewhere")
        raise errors.Unreachable("the cause")

    break_in_batch(monkeypatch, 1, take_away, done=4)

    ran = clear(memctl, filled)

    assert (ran.exit_code, ran.data["deleted"], ran.data["left"]) == (8, 0, None)
    assert f"it is not known how many of {ALL} records" in error_of(ran)["message"]
    assert f"`memctl restore {ran.data['backup']}` brings back" in error_of(ran)["hint"]


def test_a_store_that_breaks_when_it_is_closed_has_deleted_all_the_same(
    memctl, filled, monkeypatch
):
    close = ClientWriter.close

    def broken(self):
        close(self)
        raise errors.DamagedStore("the cause")

    monkeypatch.setattr(ClientWriter, "close", broken)

    ran = clear(memctl, filled, "--no-backup")

    assert (ran.exit_code, ran.data["deleted"], ran.data["left"]) == (8, ALL, 0)
    assert "the cause" in error_of(ran)["message"]


@pytest.mark.parametrize("method", ["end_step", "end_operation"])
@pytest.mark.parametrize("words", [(), ("--no-backup",)])
def test_what_the_journal_can_not_take_down_is_said(memctl, filled, monkeypatch, method, words):
    def full(self, *_):
        raise errors.DiskFull("the journal's disk is full")

    def fill_up():
        monkeypatch.setattr(Journal, method, full)

    break_in_batch(monkeypatch, 4, fill_up, done=BATCH)

    ran = clear(memctl, filled, *words)

    left = len(read_store("chroma", filled))
    assert ran.exit_code == 8
    assert (ran.data["deleted"], ran.data["left"]) == (ALL - left, left)
    assert "the journal's disk is full" in error_of(ran)["message"]


# What the store says, and what it holds


def test_a_store_that_takes_deletions_and_keeps_the_rows_has_deleted_none(
    memctl, filled, monkeypatch
):
    def keep(self, memory_type, ids, selector):
        return WriteResult(len(ids))

    monkeypatch.setattr(ChromaDirectory, "_delete", keep)

    ran = clear(memctl, filled, "--no-backup")

    assert ran.exit_code == 8
    assert (ran.data["deleted"], ran.data["left"]) == (0, ALL)
    assert "although it took their deletion" in error_of(ran)["message"]
    assert last_operation(memctl)["outcome"] == "failed"


class Refilled(MemoryInProcess):
    """A store to which a crew writes one record more after each of the first deletions."""

    written = 0

    def _delete(self, memory_type, ids, selector):
        deleted = super()._delete(memory_type, ids, selector)
        if self.written < 30:
            self.written += 1
            self._write(memory_type, [make_record(1000 + self.written)])
        return deleted


def test_rows_that_others_write_meanwhile_are_not_taken_for_deleted_ones():
    backend = Refilled({}, read_secret=no_secret, access=Access(writable=True))
    backend.upsert(SHORT_TERM, make_records(20))
    step = DeleteType(backend, SHORT_TERM, EVERYTHING, kept=None, batch_size=5, progress=Silent())

    step.do()
    backend.upsert(SHORT_TERM, [make_record(number) for number in range(2000, 2007)])
    step.count(backend)

    assert (step.deleted, step.left, step.returned) == (20 + backend.written, 7, 0)


# Damaged indexes, as chromadb meets them


def index_file(store: Path, name: str) -> Path:
    """Find a file of the index that was saved: the other one has no label map."""
    (labels,) = store.glob("*/index_metadata.pickle")
    return labels.with_name(name)


@pytest.mark.parametrize("name", ["data_level0.bin", "header.bin", "index_metadata.pickle"])
@pytest.mark.parametrize("words", [(), ("--no-backup",), ("--dry-run",)])
def test_an_index_cut_short_is_found_before_anything_is_deleted(memctl, indexed, home, name, words):
    file = index_file(indexed, name)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    before = fingerprint(indexed)

    ran = clear(memctl, indexed, *words)

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "damaged_store")
    assert "nothing was deleted" in error_of(ran)["message"]
    assert fingerprint(indexed) == before
    assert not (home / "backups").exists()


def test_a_damaged_index_keeps_no_other_collection_from_being_cleared(memctl, indexed):
    file = index_file(indexed, "data_level0.bin")
    file.unlink()

    ran = clear(memctl, indexed, "--type", "entity")

    assert (ran.exit_code, ran.data["deleted"]) == (0, len(ENTITIES)), ran.stdout


def test_an_index_that_breaks_chromadb_half_way_leaves_the_truth(memctl, indexed):
    file = index_file(indexed, "link_lists.bin")
    file.unlink()

    ran = clear(memctl, indexed, "--batch-size", "100")

    left = len(read_ids(memctl, indexed))
    assert ran.exit_code == 8, ran.stdout
    assert 0 < left < INDEXED
    assert ran.data["deleted"] + left == INDEXED + len(ENTITIES)
    assert ran.data["left"] == left
    assert ran.data["backup"] in error_of(ran)["hint"]


def read_ids(memctl, path: Path) -> list[str]:
    ran = memctl("records", "list", "--at", f"chroma:{path}", "--jsonl")
    return [json.loads(line)["id"] for line in ran.stdout.splitlines()]


# Ctrl-C


def test_ctrl_c_ends_it_with_130_and_says_what_is_gone_and_left(memctl, tmp_path):
    store = make_store("chroma", tmp_path / "store", make_records(3000))
    process = start_memctl(
        "clear", "--all", "--at", f"chroma:{store}", "--batch-size", "5", "-y", "-v", "--json"
    )
    while "delete short_term ..." not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    output, said = process.communicate(timeout=120)

    document = json.loads(output)
    assert process.returncode == document["exit_code"] == 130, said
    assert document["errors"][0]["code"] == "interrupted"
    left = len(read_ids(memctl, store))
    assert 0 < left <= 3000
    assert (document["data"]["deleted"], document["data"]["left"]) == (3000 - left, left)
    operation = last_operation(memctl)
    assert operation["detail"] == document["errors"][0]["message"]

"""A source that is written to while it is read, by something that writes between two batches."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from memctl.core.backup.catalog import list_backups
from memctl.core.backup.run import BackupOrder, back_up_memory
from memctl.core.diff import DiffOrder, compare_stores
from memctl.core.migrate import MigrateOrder, migrate_memory
from memctl.core.query.rows import Rows, Terms
from memctl.core.selection import StoreRequest
from memctl.model.errors import SourceChanged
from memctl.model.selector import Selector
from memctl.testing.records import make_record, make_records

from ..conftest import make_store, open_backend
from ..formats.crewai.stores import unpack

WRITTEN = make_records(40)
LOCAL = pytest.mark.parametrize("kind", ["chroma", "crewai"])


class Meanwhile:
    """Progress that does something once, after the first batch of a phase."""

    def __init__(self, change, phase="copying"):
        self._change, self._phase = change, phase
        self._is_due = False

    def start(self, label, _):
        self._is_due = self._is_due or label == self._phase

    def advance(self, _):
        if self._is_due:
            self._change()
            self._is_due, self._phase = False, None

    def note(self, text):
        raise AssertionError(text)


def upsert(kind, path, *records):
    with open_backend(kind, path, writable=True) as store:
        assert not store.upsert(records[0].type, records).failed


def delete(kind, path, *ids):
    with open_backend(kind, path, writable=True) as store:
        assert store.delete(WRITTEN[0].type, ids).done == len(ids)


def migrate(kind, path, target, change, **wanted):
    order = MigrateOrder(
        StoreRequest.named(f"{kind}:{path}"),
        StoreRequest.named(f"archive:{target}"),
        Rows(**wanted),
        Terms(batch_size=5),
    )
    return migrate_memory(order, Meanwhile(change))


def exit_code(result):
    return result.errors[0].exit_code if result.errors else 0


def as_owned(kind, record):
    """CrewAI's own store knows no groups."""
    return replace(record, group_id=None) if kind == "crewai" else record


@pytest.fixture
def make(tmp_path):
    def make_source(kind):
        return make_store(kind, tmp_path / "source", [as_owned(kind, each) for each in WRITTEN])

    return make_source


@LOCAL
def test_a_record_that_is_added_is_noticed(make, tmp_path, kind):
    source = make(kind)

    result = migrate(
        kind, source, tmp_path / "to", lambda: upsert(kind, source, as_owned(kind, make_record(99)))
    )

    assert [type(each) for each in result.errors] == [SourceChanged]
    assert exit_code(result) == 8
    assert "short_term" in result.errors[0].message


@LOCAL
def test_a_record_that_is_changed_behind_the_reader_is_noticed(make, tmp_path, kind):
    source = make(kind)
    changed = as_owned(kind, replace(WRITTEN[0], content="something else"))

    result = migrate(kind, source, tmp_path / "to", lambda: upsert(kind, source, changed))

    assert exit_code(result) == 8
    assert result.comparison.different == 1


@LOCAL
def test_records_that_are_deleted_are_noticed(make, tmp_path, kind):
    source = make(kind)

    result = migrate(
        kind, source, tmp_path / "to", lambda: delete(kind, source, WRITTEN[0].id, WRITTEN[30].id)
    )

    assert exit_code(result) == 8


def test_running_again_copies_what_is_new(make, tmp_path):
    source = make("chroma")
    target = tmp_path / "to"
    order = MigrateOrder(
        StoreRequest.named(f"chroma:{source}"),
        StoreRequest.named(f"crewai:{target}"),
        terms=Terms(batch_size=5),
    )
    new = make_record(99)

    first = migrate_memory(order, Meanwhile(lambda: upsert("chroma", source, new)))
    second = migrate_memory(order)

    assert (exit_code(first), exit_code(second)) == (8, 0)
    with open_backend("crewai", target) as store:
        assert store.count(Selector(ids=frozenset({new.id}))) == 1


def test_records_that_nobody_asked_for_may_be_written_meanwhile(make, tmp_path):
    source = make("chroma")
    other = make_record(99, crew_id="support")

    result = migrate(
        "chroma",
        source,
        tmp_path / "to",
        lambda: upsert("chroma", source, other),
        crew_id="research",
    )

    assert result.errors == ()


def test_a_file_of_older_memory_is_watched_too(tmp_path):
    store = unpack("1.9.3-a", tmp_path)
    file = next(store.rglob("long_term_memory_storage.db"))

    def add():
        with closing(sqlite3.connect(file)) as database, database:
            database.execute(
                "INSERT INTO long_term_memories (task_description, metadata, datetime, score)"
                " VALUES ('new', '{}', '1767225600', 1.0)"
            )

    result = migrate("crewai", store, tmp_path / "to", add)

    assert exit_code(result) == 8


def test_no_backup_of_a_part_is_made(make):
    source = make("chroma")
    upsert("chroma", source, make_record(99, crew_id="support"))
    order = BackupOrder(
        StoreRequest.named(f"chroma:{source}"), Rows("research"), Terms(batch_size=5)
    )
    changed = replace(WRITTEN[0], content="something else")

    with pytest.raises(SourceChanged):
        back_up_memory(order, Meanwhile(lambda: upsert("chroma", source, changed)))

    assert list_backups().backups == []


def test_a_diff_says_which_side_was_written_to(make, tmp_path):
    source = make("chroma")
    other = make_store("archive", tmp_path / "other", WRITTEN)
    order = DiffOrder(
        StoreRequest.named(f"chroma:{source}"),
        StoreRequest.named(f"archive:{other}"),
        terms=Terms(batch_size=5),
    )
    new = make_record(99)

    result = compare_stores(
        order, Meanwhile(lambda: upsert("chroma", source, new), phase="comparing")
    )

    assert result.changed == [f"chroma:{source}"]
    assert exit_code(result) == 8

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from memctl.backends import registry
from memctl.backends.base import READ_ONLY, Access
from memctl.backends.renaming import before_renaming, renamed
from memctl.model.backend.capability import WRITING
from memctl.model.errors import UnsupportedOperation
from memctl.model.memory_type import MemoryType
from memctl.model.record import ORIGIN_KEY
from memctl.testing.contract import BackendContract
from memctl.testing.records import make_record, make_records

from ..cli.stores import error_of, read_store
from ..conftest import make_store, no_secret, open_backend
from . import table_rows
from .table_rows import NumberedRows, UuidRows


class TestUuidRows(BackendContract):
    @pytest.fixture
    def new_place(self, tmp_path):
        with UuidRows(
            {"path": str(tmp_path / "rows.db")}, read_secret=no_secret, access=Access(writable=True)
        ) as backend:
            yield backend


class TestNumberedRows(BackendContract):
    @pytest.fixture
    def new_place(self, tmp_path):
        with NumberedRows(
            {"path": str(tmp_path / "rows.db")}, read_secret=no_secret, access=Access(writable=True)
        ) as backend:
            yield backend


def test_a_connection_that_only_reads_can_do_nothing_that_changes_a_store(tmp_path):
    settings = {"path": str(tmp_path / "rows.db")}
    UuidRows(settings, read_secret=no_secret, access=Access(writable=True)).close()

    with UuidRows(settings, read_secret=no_secret, access=READ_ONLY) as backend:
        assert backend.capabilities == UuidRows.info.capabilities - WRITING
        with pytest.raises(UnsupportedOperation):
            backend.upsert(MemoryType.ENTITY, make_records(1))


@pytest.fixture(params=table_rows.PLACES)
def kind(request, monkeypatch):
    """Name a backend that can't hold every id, which the commands know for now."""
    monkeypatch.setitem(sys.modules, table_rows.MODULE, table_rows)
    for name, place in table_rows.PLACES.items():
        monkeypatch.setitem(registry.BACKENDS, name, place)
    return request.param


@pytest.fixture
def made(kind, memctl, tmp_path):
    """Migrate an archive into such a store; give the location of either."""
    written = [*make_records(8), make_record(20, type=MemoryType.ENTITY)]
    source = f"archive:{make_store('archive', tmp_path / 'source', written)}"
    target = f"{kind}:{tmp_path / 'rows.db'}"
    assert memctl("migrate", source, target, "--json").exit_code == 0
    return source, target


def rows_of(location):
    kind, _, path = location.partition(":")
    return read_store(kind, path)


def test_each_record_has_an_id_of_the_store_and_keeps_its_own_in_the_metadata(made, kind):
    found = rows_of(made[1])

    assert {each.metadata[ORIGIN_KEY]["id"] for each in found.values()} == {
        f"record-{n:05d}" for n in [*range(8), 20]
    }
    assert not any(each.startswith("record") for each in found)


def test_running_again_writes_nothing_twice(made, memctl):
    before = rows_of(made[1])

    ran = memctl("migrate", *made, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert rows_of(made[1]).keys() == before.keys()


def test_running_again_finds_renamed_records_without_any_local_state(
    made, memctl, monkeypatch, tmp_path
):
    before = rows_of(made[1])
    monkeypatch.setenv("MEMCTL_HOME", str(tmp_path / "another home"))

    assert memctl("migrate", *made, "--json").exit_code == 0
    assert rows_of(made[1]).keys() == before.keys()


def test_diff_finds_both_sides_the_same_from_either(made, memctl):
    assert memctl("diff", *made).exit_code == 0
    assert memctl("diff", *reversed(made)).exit_code == 0


def test_diff_names_a_renamed_record_that_was_changed_by_the_id_of_the_source(made, memctl):
    kind, _, path = made[1].partition(":")
    with open_backend(kind, path, writable=True) as backend:
        row = next(e for e in rows_of(made[1]).values() if e.content == "memory number 3")
        backend.upsert(row.type, [replace(row, content="another text")])

    ran = memctl("diff", *made)

    assert ran.exit_code == 3
    assert "record-00003" in ran.stdout


def test_ids_come_back_where_the_target_can_hold_them(made, memctl, tmp_path):
    back = f"archive:{tmp_path / 'back'}"

    ran = memctl("migrate", made[1], back, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert rows_of(back).keys() == rows_of(made[0]).keys()
    assert not any(ORIGIN_KEY in each.metadata for each in rows_of(back).values())
    assert memctl("diff", made[0], back).exit_code == 0


def test_a_conflict_is_one_with_the_renamed_record_which_overwriting_replaces(
    made, memctl, tmp_path
):
    changed = [make_record(n, content=f"new {n}") for n in range(8)]
    source = f"archive:{make_store('archive', tmp_path / 'changed', changed)}"

    stopped = memctl("migrate", source, made[1], "--json")
    assert stopped.exit_code == 3
    assert "record-00000" in error_of(stopped)["message"]

    before = rows_of(made[1])
    ran = memctl("migrate", source, made[1], "--on-conflict", "overwrite", "--json")
    assert ran.exit_code == 0, ran.stdout
    after = rows_of(made[1])
    assert after.keys() == before.keys()
    assert {e.content for e in after.values() if e.type is MemoryType.SHORT_TERM} == {
        f"new {n}" for n in range(8)
    }


def test_a_record_of_another_owner_with_the_same_id_is_another_row(made, memctl, tmp_path):
    others = f"archive:{make_store('archive', tmp_path / 'o', make_records(3, crew_id='sales'))}"

    ran = memctl("migrate", others, made[1], "--json")

    assert ran.exit_code == 0, ran.stdout
    assert len(rows_of(made[1])) == 12
    assert memctl("migrate", others, made[1], "--json").exit_code == 0
    assert len(rows_of(made[1])) == 12


def test_a_backup_keeps_the_ids_of_rows_and_a_restore_finds_them(made, memctl):
    before = rows_of(made[1])
    kept = memctl("backup", "create", made[1], "--json")
    assert kept.exit_code == 0, kept.stdout
    kind, _, path = made[1].partition(":")
    gone = [each for each in before.values() if each.content.endswith(("2", "5"))]
    with open_backend(kind, path, writable=True) as backend:
        backend.delete(gone[0].type, [each.id for each in gone])

    backup = kept.data["id"]
    for _ in range(2):
        ran = memctl("restore", backup, made[1], "--json")
        assert ran.exit_code == 0, ran.stdout
        after = rows_of(made[1])
        assert sorted(e.content for e in after.values()) == sorted(
            e.content for e in before.values()
        )


def test_a_restore_elsewhere_gives_ids_back_as_a_copy_does(made, kind, memctl, tmp_path):
    backup = memctl("backup", "create", made[1], "--json").data["id"]

    for target in (f"chroma:{tmp_path / 'chroma'}", f"{kind}:{tmp_path / 'fresh.db'}"):
        for _ in range(2):
            ran = memctl("restore", backup, target, "--json")
            assert ran.exit_code == 0, ran.stdout
            assert len(rows_of(target)) == 9
        for other in made:
            ran = memctl("diff", other, target, "--json")
            assert ran.exit_code == 0, ran.stdout


def test_a_fresh_store_that_takes_uuids_gets_rows_back_as_they_were(made, kind, memctl, tmp_path):
    backup = memctl("backup", "create", made[1], "--json").data["id"]
    target = f"{kind}:{tmp_path / 'fresh.db'}"

    ran = memctl("restore", backup, target, "--json")

    assert ran.exit_code == 0, ran.stdout
    if kind == "uuids":
        assert rows_of(target).keys() == rows_of(made[1]).keys()


def test_a_record_that_was_renamed_twice_comes_back_twice():
    record = make_record(1, metadata={"a": 1})
    once = renamed(record, "x", "c")
    twice = renamed(once, "y")

    assert before_renaming(twice).id == "x"
    assert before_renaming(twice).metadata == once.metadata
    assert before_renaming(before_renaming(twice)).metadata == {"a": 1}

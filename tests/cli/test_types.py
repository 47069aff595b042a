"""Copies into stores that can't hold every memory type."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from memctl.model.errors import Unreachable
from memctl.model.memory_type import MemoryType
from memctl.model.own_type import TYPE_KEY
from memctl.model.record import same_record
from memctl.testing.records import make_record

from ..conftest import make_store
from ..small_store import TYPES, install
from .stores import error_of, read_store

SHORT, LONG, ENTITY, DOCUMENT, UNIFIED = MemoryType
TARGET = "small:host/db"
PLACE = ("--set", "host=host", "--set", "database=db")
AS = ("--as", "document", "--json")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Return the class of a store that holds two types only."""
    return install(monkeypatch)


@pytest.fixture
def held(small):
    """Return what the target holds: type -> id -> record."""
    return lambda name="host/db": {
        each: {key: record for key, (_, record) in rows.items()}
        for each, rows in small.server.database(name).rows.items()
    }


@pytest.fixture
def written():
    """Some records of three types, of which the target can hold one."""
    types = (SHORT, ENTITY, DOCUMENT)
    return [replace(make_record(n), type=types[n % 3]) for n in range(18)]


@pytest.fixture
def source(tmp_path, written):
    return f"archive:{make_store('archive', tmp_path / 'source', written)}"


def copied(memctl, *arguments):
    ran = memctl(*arguments)
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    return ran.data


def test_a_type_that_the_target_lacks_is_refused_before_anything_is_written(memctl, source, small):
    for more in ((), ("--dry-run",)):
        ran = memctl("migrate", source, TARGET, "--json", *more)

        assert ran.exit_code == 7
        assert "6 short_term, 6 entity records" in error_of(ran)["message"]
        assert "`--as TYPE`" in error_of(ran)["hint"]
        assert "`long_term`, `document`" in error_of(ran)["hint"]
        assert small.server.database("host/db").rows == {}


def test_types_that_the_target_holds_need_no_flag(memctl, source, held):
    data = copied(memctl, "migrate", source, TARGET, "--type", "document", "--json")

    assert data["comparison"]["same"] == 6
    assert data["written_as"] == data["given_back"] == {}
    assert held().keys() == {DOCUMENT}


def test_as_makes_them_another_type_and_keeps_their_own(memctl, source, written, held):
    data = copied(memctl, "migrate", source, TARGET, *AS)

    assert data["written_as"] == {"short_term": "document", "entity": "document"}
    assert [(each["type"], each["written"]) for each in data["types"]] == [
        ("short_term", 6),
        ("entity", 6),
        ("document", 6),
    ]
    assert data["comparison"] | {"changed": [], "examples": []} == {
        "source": 18,
        "same": 18,
        "missing": 0,
        "different": 0,
        "examples": [],
        "changed": [],
    }
    found = held()
    assert found.keys() == {DOCUMENT}
    assert {key: each.metadata.get(TYPE_KEY) for key, each in found[DOCUMENT].items()} == {
        each.id: None if each.type is DOCUMENT else each.type for each in written
    }


def test_the_types_are_given_back_by_a_store_that_holds_them(memctl, source, written, tmp_path):
    copied(memctl, "migrate", source, TARGET, *AS)

    data = copied(memctl, "migrate", TARGET, f"chroma:{tmp_path}/back", "--json")

    assert data["given_back"] == {"short_term": 6, "entity": 6}
    assert data["comparison"]["same"] == 18
    back = read_store("chroma", tmp_path / "back")
    assert all(same_record(each, back[each.id]) for each in written)
    again = copied(memctl, "migrate", TARGET, f"chroma:{tmp_path}/back", "--json")
    assert [each["present"] for each in again["types"]] == [6, 6, 6]


def test_running_again_adds_nothing(memctl, source, held):
    copied(memctl, "migrate", source, TARGET, *AS)
    before = held()

    data = copied(memctl, "migrate", source, TARGET, *AS)

    assert [(each["written"], each["present"]) for each in data["types"]] == [(0, 6)] * 3
    assert held()[DOCUMENT].keys() == before[DOCUMENT].keys()


def test_a_dry_run_says_what_would_become_of_types(memctl, source, small):
    data = copied(memctl, "migrate", source, TARGET, "--dry-run", *AS)
    shown = memctl("migrate", source, TARGET, "--dry-run", "--as", "document")

    assert data["written_as"] == {"short_term": "document", "entity": "document"}
    assert "entity records would become document ones" in " ".join(shown.stderr.split())
    assert small.server.database("host/db").rows == {}


def test_type_selects_by_the_type_of_the_source(memctl, source, held):
    data = copied(memctl, "migrate", source, TARGET, "--type", "entity", *AS)

    assert [each["type"] for each in data["types"]] == ["entity"]
    assert {each.metadata[TYPE_KEY] for each in held()[DOCUMENT].values()} == {"entity"}


@pytest.mark.parametrize("order", [(SHORT, DOCUMENT), (DOCUMENT, SHORT)])
def test_equal_ids_of_two_types_stay_two_records(memctl, tmp_path, held, order):
    twins = [replace(make_record(n), type=each) for each in order for n in range(4)]
    source = f"archive:{make_store('archive', tmp_path / 'twins', twins)}"
    for each in order:
        copied(memctl, "migrate", source, TARGET, "--type", each, *AS)

    data = copied(memctl, "migrate", source, TARGET, *AS)

    assert [each["present"] for each in data["types"]] == [4, 4]
    assert len(held()[DOCUMENT]) == 8
    copied(memctl, "migrate", TARGET, f"archive:{tmp_path}/back", "--json")
    ran = memctl("diff", source, f"archive:{tmp_path}/back", "--json")
    assert ran.exit_code == 0, ran.stdout


def test_equal_ids_of_two_types_are_told_apart_in_one_run(memctl, tmp_path, held):
    twins = [replace(make_record(n), type=each) for each in (SHORT, DOCUMENT) for n in range(4)]
    source = f"archive:{make_store('archive', tmp_path / 'twins', twins)}"

    data = copied(memctl, "migrate", source, TARGET, *AS)

    assert data["comparison"]["same"] == len(held()[DOCUMENT]) == 8
    assert memctl("diff", source, TARGET).exit_code == 0


def test_diff_compares_the_types_that_records_have(memctl, source, small):
    copied(memctl, "migrate", source, TARGET, *AS)

    for sides in ((source, TARGET), (TARGET, source), (TARGET, TARGET)):
        ran = memctl("diff", *sides, "--json")
        assert ran.exit_code == 0, ran.stdout
        same = [(each["type"], each["same"]) for each in ran.data["types"] if each["same"]]
        assert same == [
            ("short_term", 6),
            ("entity", 6),
            ("document", 6),
        ]
    rows = small.server.database("host/db").rows[DOCUMENT]
    lost = next(key for key, (_, each) in rows.items() if each.metadata.get(TYPE_KEY) == "entity")
    del rows[lost]
    ran = memctl("diff", source, TARGET, "--json")
    assert ran.exit_code == 3
    assert [(each["type"], each["state"], each["id"]) for each in ran.data["differences"]] == [
        ("entity", "only_in_source", lost)
    ]


@pytest.mark.parametrize("choice", ["stop", "skip", "overwrite"])
def test_a_conflict_is_one_of_the_record_that_was_written_as_another(memctl, source, small, choice):
    copied(memctl, "migrate", source, TARGET, *AS)
    rows = small.server.database("host/db").rows[DOCUMENT]
    changed = next(k for k, (_, each) in rows.items() if each.metadata.get(TYPE_KEY) == "entity")
    position, record = rows[changed]
    rows[changed] = (position, replace(record, content="another text"))

    ran = memctl("migrate", source, TARGET, *AS, "--on-conflict", choice)

    assert ran.exit_code == (3 if choice == "stop" else 0), ran.stdout
    is_kept = rows[changed][1].content == "another text"
    assert is_kept == (choice != "overwrite")
    assert len(rows) == 18


def test_a_copy_that_broke_off_goes_on(memctl, source, small, held, monkeypatch):
    written = []

    def breaks_off(self, memory_type, records):
        if len(written) == 4:
            raise Unreachable("the server went away")
        written.append(records)
        return write(self, memory_type, records)

    write = small._write
    monkeypatch.setattr(small, "_write", breaks_off)
    arguments = ("migrate", source, TARGET, "--batch-size", "2", *AS)
    assert memctl(*arguments).exit_code == 8
    assert len(held()[DOCUMENT]) == 8
    monkeypatch.setattr(small, "_write", write)

    data = copied(memctl, *arguments)

    assert data["resumed"] is True
    assert [each["written"] for each in data["types"]] == [0, 4, 6]
    assert data["comparison"]["same"] == 18


def test_a_copy_into_another_type_does_not_go_on_where_this_one_was(memctl, source, held):
    copied(memctl, "migrate", source, TARGET, *AS)

    copied(memctl, "migrate", source, TARGET, "--as", "long_term", "--json")

    assert len(held()[LONG]) == 12
    assert len(held()[DOCUMENT]) == 18


@pytest.mark.parametrize("more", [(), ("--type", "document")])
def test_a_type_that_the_target_lacks_is_none_to_make_others_of(memctl, source, small, more):
    ran = memctl("migrate", source, TARGET, "--as", "unified", *more, "--json")

    assert ran.exit_code == 7
    assert "can't hold `unified`" in error_of(ran)["message"]
    assert small.server.database("host/db").rows == {}


def test_as_does_nothing_where_the_target_holds_every_type(memctl, source, written, tmp_path):
    data = copied(memctl, "migrate", source, f"chroma:{tmp_path}/target", *AS)

    assert data["written_as"] == {}
    found = read_store("chroma", tmp_path / "target")
    assert all(same_record(each, found[each.id]) for each in written)


def test_a_backup_keeps_records_as_the_store_does_and_is_restored_so(memctl, source, small, held):
    copied(memctl, "migrate", source, TARGET, *AS)
    before = held()[DOCUMENT]

    backup = copied(memctl, "backup", TARGET, "--json")["id"]
    small.server.clear()
    restored = copied(memctl, "restore", backup, "--json")

    assert [(each["type"], each["written"]) for each in restored["types"]] == [("document", 18)]
    after = held()[DOCUMENT]
    assert after.keys() == before.keys()
    assert all(same_record(each, after[key]) for key, each in before.items())


def test_a_backup_of_it_gives_types_back_to_a_store_that_holds_them(
    memctl, source, written, tmp_path
):
    copied(memctl, "migrate", source, TARGET, *AS)
    backup = copied(memctl, "backup", TARGET, "--json")["id"]

    data = copied(memctl, "restore", backup, f"chroma:{tmp_path}/back", "--json")

    assert data["given_back"] == {"short_term": 6, "entity": 6}
    back = read_store("chroma", tmp_path / "back")
    assert all(same_record(each, back[each.id]) for each in written)


def test_restore_refuses_and_makes_types_as_migrate_does(memctl, source, tmp_path, held):
    backup = copied(memctl, "backup", source, "--json")["id"]

    refused = memctl("restore", backup, TARGET, "--json")
    assert refused.exit_code == 7
    assert "`--as TYPE`" in error_of(refused)["hint"]
    assert held() == {}
    for number in (18, 0):
        data = copied(memctl, "restore", backup, TARGET, *AS)
        assert sum(each["written"] for each in data["types"]) == number
        assert data["comparison"]["same"] == 18


def test_setup_makes_room_for_what_the_store_can_hold(memctl, held):
    ran = memctl("config", "create", "two", "--backend", "small", *PLACE)
    assert ran.exit_code == 0, ran.stderr

    from memctl.core.setup.order import SetupOrder
    from memctl.core.setup.run import set_up

    set_up(SetupOrder("small", "default", "two", settings={"host": "host", "database": "db"}))

    assert held().keys() == TYPES


def test_vectors_of_types_that_become_one_must_have_one_dimension(memctl, tmp_path, small):
    records = [
        make_record(n, type=each, embedding=np.ones(4 + n, np.float32))
        for n, each in enumerate((SHORT, ENTITY))
    ]
    source = make_store("archive", tmp_path / "source", records)

    ran = memctl("migrate", f"archive:{source}", TARGET, *AS)

    assert ran.exit_code == 4
    assert small.server.database("host/db").rows == {}


def test_a_probe_asks_for_no_type_that_the_store_cant_hold(memctl, small):
    for some in ({LONG}, TYPES):
        rows = small.server.database("host/db").rows
        rows.update({each: {} for each in some})

        ran = memctl("verify", "--probe", "--at", TARGET, "--json")

        probe = ran.data["checks"][-1]
        expected = "warning" if some == TYPES else "ok"
        assert (ran.exit_code, probe["name"], probe["status"]) == (0, "probe", expected)
        assert rows == {each: {} for each in some}

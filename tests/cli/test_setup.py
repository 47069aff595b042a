from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from memctl.core.setup.run import KEPT_BY_DEFAULT
from memctl.testing.records import make_record, make_records

from ..conftest import fingerprint, make_store, start_memctl
from ..formats.chroma.stores import copy_store, unpack
from .stores import change, error_of, read_store


@pytest.fixture
def setup(memctl):
    """Set up a Chroma store and give what was done."""

    def run(*arguments):
        ran = memctl("setup", "chroma", *arguments, "--json")
        assert ran.exit_code == 0, ran.stdout
        return ran.data

    return run


def outcomes(data: dict) -> dict[str, str]:
    return {each["name"]: each["outcome"] for each in data["steps"]}


CREATED = ["create the store", *(f"create collection {each}" for each in KEPT_BY_DEFAULT)]


# From nothing


def test_setup_makes_a_store_its_collections_and_a_profile(setup, memctl, home):
    data = setup()

    assert outcomes(data) == dict.fromkeys([*CREATED, "save the profile"], "done")
    assert data["backend"] == "chroma"
    assert data["location"] == f"chroma:{home}/memory/default/chroma"
    assert (data["profile"]["name"], data["profile"]["is_default"]) == ("chroma", True)
    assert data["profile"]["settings"] == {"path": f"{home}/memory/default/chroma"}
    assert memctl("verify", "--strict").exit_code == 0


def test_the_store_is_its_owners_only(setup, tmp_path):
    old = os.umask(0o000)
    try:
        setup("--path", tmp_path / "new")
    finally:
        os.umask(old)

    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_setup_twice_makes_nothing_twice(setup, tmp_path, home):
    first = setup("--path", tmp_path / "store", "-g", "acme")
    before = fingerprint(tmp_path / "store")

    second = setup("--path", tmp_path / "store", "-g", "acme")

    assert set(outcomes(second).values()) == {"found"}
    assert second["profile"] == first["profile"]
    assert fingerprint(tmp_path / "store") == before


def test_setup_again_makes_what_is_missing(setup, memctl, tmp_path):
    import chromadb

    setup("--path", tmp_path / "store")
    client = chromadb.PersistentClient(str(tmp_path / "store"))
    client.delete_collection("entity")
    client.close()

    again = outcomes(setup())

    assert [name for name, outcome in again.items() if outcome == "done"] == [
        "create collection entity"
    ]
    assert memctl("verify", "--strict").exit_code == 0


def test_setup_without_settings_finds_those_of_the_profile(setup, tmp_path):
    setup("--path", tmp_path / "store", "--dimension", "8", "--metric", "l2")

    again = setup()

    assert again["location"] == f"chroma:{tmp_path}/store"
    assert again["profile"]["settings"]["dimension"] == 8


@pytest.mark.parametrize("metric", ["cosine", "l2", "ip"])
def test_the_collections_rank_as_asked(setup, memctl, metric):
    setup("--metric", metric)

    collections = memctl("stats", "--json").data["collections"]

    assert {each["metric"] for each in collections} == {metric}


def test_a_dimension_binds_from_the_first_record_on(setup, memctl, tmp_path):
    setup("--dimension", "8")
    source = make_store("archive", tmp_path / "source", make_records(2))

    ran = memctl("migrate", f"archive:{source}", "chroma", "--json")

    assert ran.exit_code == 4
    assert error_of(ran)["code"] == "wrong_dimension"


# The profile


def test_the_first_profile_of_a_group_is_its_default_and_the_next_one_is_not(setup):
    assert setup("--name", "one")["profile"]["is_default"]
    assert not setup("--name", "two")["profile"]["is_default"]
    assert setup("--name", "two", "-g", "acme")["profile"]["is_default"]


def test_set_default_makes_it_the_default_even_where_there_is_another(setup, memctl):
    setup("--name", "one")
    setup("--name", "two", "--set-default")

    assert memctl("config", "which", "--json").data["profile"] == "two"

    assert outcomes(setup("--name", "one", "--set-default"))["save the profile"] == "done"

    assert memctl("config", "which", "--json").data["profile"] == "one"


def test_each_profile_has_a_place_of_its_own(setup):
    places = {
        setup(*options)["location"]
        for options in ((), ("--name", "two"), ("-g", "acme"), ("-g", "acme", "--name", "two"))
    }

    assert len(places) == 4


def test_a_path_is_kept_absolute(setup, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))

    assert setup("--path", "store")["location"] == f"chroma:{tmp_path}/store"
    assert setup("--path", "~/x", "--name", "x")["location"] == f"chroma:{tmp_path}/me/x"


def test_settings_may_come_from_the_environment(setup, tmp_path, monkeypatch):
    monkeypatch.setenv("MEMCTL_CHROMA_PATH", str(tmp_path / "there"))
    monkeypatch.setenv("MEMCTL_CHROMA_METRIC", "ip")

    data = setup()

    assert data["location"] == f"chroma:{tmp_path}/there"
    assert data["profile"]["settings"]["metric"] == "ip"


@pytest.mark.parametrize("option", [("--dimension", "8"), ("--metric", "l2"), ("--path", "other")])
def test_setup_again_with_other_settings_is_refused(setup, memctl, tmp_path, option):
    setup("--path", tmp_path / "store")
    before = fingerprint(tmp_path)

    ran = memctl("setup", "chroma", *option, "--json")

    assert ran.exit_code == 4
    assert error_of(ran)["code"] == "profile_exists"
    assert "--name" in error_of(ran)["hint"]
    assert fingerprint(tmp_path) == before


# Nothing is written in a dry run


def test_a_dry_run_writes_nothing(setup, tmp_path, home):
    data = setup("--path", tmp_path / "new" / "store", "-g", "acme", "-n")

    assert outcomes(data) == dict.fromkeys([*CREATED, "save the profile"], "planned")
    assert (data["dry_run"], data["operation_id"]) == (True, None)
    assert list(tmp_path.iterdir()) == []
    assert list(home.iterdir()) == []


def test_a_dry_run_on_what_is_there_writes_nothing(setup, tmp_path, home):
    setup("--path", tmp_path / "store")
    before = fingerprint(tmp_path), contents(home)

    data = setup("-n")

    assert set(outcomes(data).values()) == {"found"}
    assert (fingerprint(tmp_path), contents(home)) == before


def contents(directory: Path) -> dict[str, bytes]:
    """Read every file: the times of memctl's home change as SQLite's log comes and goes."""
    return {str(each): each.read_bytes() for each in directory.rglob("*") if each.is_file()}


# What is there already


def test_a_path_with_other_files_is_refused_and_untouched(memctl, tmp_path, home):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").write_text("dear")
    before = fingerprint(tmp_path)

    ran = memctl("setup", "chroma", "--path", tmp_path / "letters", "--json")

    assert ran.exit_code == 4
    assert error_of(ran)["code"] == "not_a_store"
    assert fingerprint(tmp_path) == before
    assert memctl("config", "list", "--json").data["profiles"] == []


def test_an_empty_directory_is_used_as_it_is(setup, tmp_path):
    (tmp_path / "mine").mkdir(0o750)

    setup("--path", tmp_path / "mine")

    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o750
    assert (tmp_path / "mine" / "chroma.sqlite3").exists()


def test_another_programs_store_gets_a_profile_and_stays_byte_identical(setup, memctl, indexed):
    before = fingerprint(indexed)

    data = setup("--path", indexed, "-g", "acme")

    assert outcomes(data) == {"save the profile": "done"}
    assert fingerprint(indexed) == before
    assert memctl("stats", "-g", "acme", "--json").data["total"] == 20
    assert fingerprint(indexed) == before


def test_a_store_of_memctl_is_taken_over_with_its_records(setup, memctl, own):
    data = setup("--path", own, "-g", "acme")

    assert outcomes(data)["create collection short_term"] == "found"
    assert memctl("stats", "-g", "acme", "--json").data["total"] == 20


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_a_path_that_is_none_is_refused(memctl, home, tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)

    ran = memctl("setup", "chroma", f"--path={path}", "--json")

    assert ran.exit_code == 4
    assert error_of(ran)["code"] == "invalid_setting"
    assert (list(tmp_path.iterdir()), list(home.iterdir())) == ([], [])


@pytest.mark.parametrize("option", ["--dimension=0", "--dimension=-3", "--metric=hamming"])
def test_a_setting_that_is_none_is_refused_before_anything_is_made(memctl, home, option):
    ran = memctl("setup", "chroma", option, "--json")

    assert ran.exit_code == 4
    assert list(home.iterdir()) == []


# A failing step


def keep_from_saving(memctl, home: Path) -> None:
    """Let the last step of every setup fail."""
    memctl("config", "create", "other", "--backend", "chroma", "--set", "path=/x")
    with closing(sqlite3.connect(home / "state.db")) as connection, connection:
        connection.execute(
            "CREATE TRIGGER no BEFORE INSERT ON profiles BEGIN SELECT RAISE(ABORT, 'no'); END"
        )


def test_a_failing_step_takes_back_what_the_run_made(memctl, tmp_path, home):
    keep_from_saving(memctl, home)

    ran = memctl("setup", "chroma", "--path", tmp_path / "new" / "store", "--json")

    assert ran.exit_code == 4, ran.stdout
    assert not (tmp_path / "new" / "store").exists()
    (operation,) = [
        each
        for each in memctl("history", "--json").data["operations"]
        if each["command"] == "setup chroma"
    ]
    assert operation["outcome"] == "failed"
    assert {each["name"]: each["outcome"] for each in operation["steps"]} == {
        **dict.fromkeys(CREATED, "undone"),
        "save the profile": "failed",
    }


def test_a_rollback_leaves_an_empty_directory_that_was_there(memctl, tmp_path, home):
    keep_from_saving(memctl, home)
    (tmp_path / "mine").mkdir()

    ran = memctl("setup", "chroma", "--path", tmp_path / "mine", "--json")

    assert ran.exit_code == 4, ran.stdout
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_rollback_keeps_the_store_and_collections_that_were_there(memctl, home, own):
    keep_from_saving(memctl, home)
    before = fingerprint(own)

    ran = memctl("setup", "chroma", "--path", own, "--json")

    assert ran.exit_code == 4, ran.stdout
    assert fingerprint(own) == before


def test_a_setup_on_a_full_disk_leaves_nothing_behind(small_disk):
    disk = small_disk(200)

    process = start_memctl("setup", "chroma", "--path", disk / "store", "--json")
    output, errors = process.communicate()

    assert process.returncode == 8, output + errors
    assert list(disk.iterdir()) == []


# Older stores


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """Unpack a store of an older chromadb once, by name."""
    found = {}

    def path(name):
        if name not in found:
            found[name] = unpack(name, tmp_path_factory.mktemp("older"))
        return found[name]

    return path


OLDER = {"0.5-below": "0.5", "1.0-below": "1.0", "1.1-below": "1.0"}


@pytest.mark.parametrize("name", OLDER)
def test_an_older_store_gets_a_profile_and_is_not_rewritten(
    setup, memctl, unpacked, tmp_path, name
):
    store = copy_store(unpacked(name), tmp_path)
    before = fingerprint(store)

    setup("--path", store, "-g", "acme")
    memctl("stats", "-g", "acme")
    memctl("verify", "-g", "acme")

    assert fingerprint(store) == before


@pytest.mark.parametrize("name", OLDER)
def test_an_older_store_is_refused_for_writing_and_untouched(memctl, unpacked, tmp_path, name):
    store = copy_store(unpacked(name), tmp_path)
    source = make_store("archive", tmp_path / "source", [make_record(1)])
    before = fingerprint(store)

    written = memctl("migrate", f"archive:{source}", f"chroma:{store}", "--json")
    planned = memctl("migrate", f"archive:{source}", f"chroma:{store}", "-n", "--json")

    assert (written.exit_code, planned.exit_code) == (7, 7)
    assert error_of(written)["code"] == "unsupported_schema"
    assert "can no longer open it" in error_of(written)["message"]
    assert "--upgrade-store" in error_of(written)["hint"]
    assert fingerprint(store) == before


@pytest.mark.parametrize(("name", "oldest"), OLDER.items())
def test_an_upgrade_rewrites_an_older_store_and_names_who_can_no_longer_open_it(
    memctl, unpacked, tmp_path, name, oldest
):
    store = copy_store(unpacked(name), tmp_path)
    at = ("--at", f"chroma:{store}", "--map", "document=by_cosine")
    before = memctl("records", "list", *at, "--with-embeddings", "--json").data["records"]

    planned = memctl("setup", "chroma", "--path", store, "--upgrade-store", "-n", "--json")
    ran = memctl("setup", "chroma", "--path", store, "--upgrade-store", "--json")

    assert (planned.exit_code, ran.exit_code) == (0, 0), ran.stdout
    (step,) = [each for each in ran.data["steps"] if each["name"].startswith("upgrade")]
    assert step["outcome"] == "done"
    assert oldest in step["name"]
    assert "CrewAI" in step["name"]
    assert [each["outcome"] for each in planned.data["steps"]] == ["planned", "planned"]
    (level,) = [
        each for each in memctl("verify", "--json").data["checks"] if each["name"] == "schema level"
    ]
    assert level["found"].startswith("chromadb 1.5")
    assert memctl("records", "list", *at, "--with-embeddings", "--json").data["records"] == before

    again = memctl("setup", "chroma", "--upgrade-store", "--json")

    assert {each["outcome"] for each in again.data["steps"]} == {"found"}


def test_an_upgrade_is_allowed_by_migrate_too(memctl, unpacked, tmp_path):
    store = copy_store(unpacked("1.1-below"), tmp_path)
    source = make_store("archive", tmp_path / "source", [make_record(1)])

    ran = memctl("migrate", f"archive:{source}", f"chroma:{store}", "--upgrade-store", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert read_store("chroma", store).keys() == {"record-00001"}


# What is said


def test_people_are_told_what_was_made_and_what_comes_next(memctl):
    ran = memctl("setup", "chroma", "-g", "acme")

    assert "save the profile" in ran.stdout
    assert "memctl" in ran.stderr
    assert "-g acme" in ran.stderr


def test_setup_is_in_the_history_with_its_steps(setup, memctl):
    data = setup("-g", "acme")

    (operation,) = memctl("history", "-g", "acme", "--json").data["operations"]

    assert operation["id"] == data["operation_id"]
    assert (operation["command"], operation["outcome"]) == ("setup chroma", "done")
    assert [each["name"] for each in operation["steps"]] == [*CREATED, "save the profile"]
    assert {each["outcome"] for each in operation["steps"]} == {"done"}


def test_a_store_that_was_lost_is_made_again(setup, memctl, tmp_path):
    setup("--path", tmp_path / "store")
    shutil.rmtree(tmp_path / "store")

    again = outcomes(setup())

    assert again["create the store"] == "done"
    assert again["save the profile"] == "found"
    assert memctl("verify").exit_code == 0


def test_a_future_store_gets_no_profile(memctl, own):
    change(own, "UPDATE migrations SET version = 99 WHERE dir = 'sysdb' AND version = 1")

    ran = memctl("setup", "chroma", "--path", own, "--json")

    assert ran.exit_code == 7
    assert memctl("config", "list", "--json").data["profiles"] == []

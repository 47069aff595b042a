"""CrewAI's own memory where no profile is in force: shown to whoever names nobody, never changed.

A name that is mistyped, or a group without a profile, leads no command to memory of others.
"""

from __future__ import annotations

import shutil

import pytest

import memctl as library
from memctl.model.errors import NoProfileInForce
from memctl.testing.records import make_records

from ..conftest import fingerprint, make_store
from ..formats.crewai.stores import unpack
from .stores import error_of

LOOKING = (
    ("stats",),
    ("records", "list"),
    ("records", "show", "nobody"),
    ("search", "--vector", "-"),
    ("verify",),
    ("config", "which"),
)
CHANGING = (
    ("clear", "--all", "--yes"),
    ("clear", "--all", "--yes", "--no-backup", "--include-unscoped"),
    ("clear", "--all", "--dry-run"),
    ("clear", "researcher", "--yes"),
    ("clear", "--all", "--yes", "--upgrade-store"),
    ("clear", "--all", "--yes", "--purge-versions"),
    ("verify", "--probe"),
    ("verify", "--upgrade-store"),
    ("verify", "--probe", "--upgrade-store"),
    ("index", "list"),
    ("index", "show", "short_term"),
    ("index", "create", "entity"),
    ("index", "empty", "short_term", "--yes"),
    ("index", "delete", "--all", "--yes"),
)
VECTOR = "[1, 0, 0, 0, 0, 0, 0, 0]"


@pytest.fixture
def own_memory(tmp_path, monkeypatch):
    """The project's own memory on this machine, which can be written."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setenv("CREWAI_STORAGE_DIR", "given")
    return shutil.move(unpack("1.15.30-b", tmp_path / "unpacked"), project / "given")


def assert_refused(ran):
    assert (ran.exit_code, error_of(ran)["code"]) == (4, "no_profile_in_force")
    assert "--at crewai:" in error_of(ran)["hint"]


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
def test_without_a_profile_what_only_looks_shows_the_machines_own_memory(memctl, own_memory, words):
    before = fingerprint(own_memory)

    assert memctl(*words, "--json", stdin=VECTOR).exit_code in {0, 3}  # 3: `verify` finds something

    assert memctl("stats", "--json").data["total"] == 4
    assert fingerprint(own_memory) == before


@pytest.mark.parametrize("words", CHANGING, ids=" ".join)
@pytest.mark.parametrize("named", [(), ("-g", "typo"), ("-g", "default")], ids=" ".join)
def test_without_a_profile_no_other_command_reaches_it(memctl, own_memory, home, words, named):
    before = fingerprint(own_memory)

    assert_refused(memctl(*words, *named, "--json"))

    assert fingerprint(own_memory) == before
    assert not (home / "backups").exists()


@pytest.mark.parametrize("words", [*LOOKING, *CHANGING], ids=" ".join)
def test_whoever_names_a_group_without_a_profile_gets_nothing_at_all(
    memctl, own_memory, monkeypatch, words
):
    before = fingerprint(own_memory)
    monkeypatch.setenv("MEMCTL_GROUP", "typo")

    ran = memctl(*words, "--json", stdin=VECTOR)

    assert_refused(ran)
    assert "group `typo` has no active profile" in error_of(ran)["message"]
    assert fingerprint(own_memory) == before


@pytest.mark.parametrize("words", CHANGING, ids=" ".join)
@pytest.mark.parametrize("named", [(), ("-p", "disabled")], ids=" ".join)
def test_a_disabled_group_lets_nothing_be_changed(memctl, own_memory, monkeypatch, words, named):
    monkeypatch.setenv("MEMCTL_GROUP", "acme")
    memctl("config", "create", "one", "--backend", "chroma", "--set", "path=/nowhere")
    memctl("config", "disable")
    before = fingerprint(own_memory)

    assert_refused(memctl(*words, *named, "--json"))

    assert memctl("stats", *named, "--json").data["total"] == 4
    assert fingerprint(own_memory) == before


@pytest.mark.parametrize(
    "words",
    [
        ("backup", "disabled"),
        ("backup", "disabled", "--dry-run"),
        ("migrate", "disabled", "archive:copy"),
        ("migrate", "chroma:source", "disabled", "--dry-run"),
        ("migrate", "chroma:source", "disabled", "--set-default"),
        ("diff", "disabled", "chroma:source"),
        ("diff", "chroma:source", "disabled"),
    ],
    ids=" ".join,
)
def test_a_disabled_configuration_is_neither_source_nor_target(memctl, own_memory, words):
    make_store("chroma", own_memory.parent / "source", make_records(4))
    memctl("config", "disable")
    before = fingerprint(own_memory)

    assert_refused(memctl(*words, "--json"))

    assert fingerprint(own_memory) == before
    assert not (own_memory.parent / "copy").exists()


def test_a_backup_is_not_restored_to_a_disabled_configuration(memctl, own_memory):
    make_store("chroma", own_memory.parent / "source", make_records(4))
    made = memctl("backup", "chroma:source", "--json").data["id"]
    memctl("config", "disable")
    before = fingerprint(own_memory)

    assert_refused(memctl("restore", made, "disabled", "--json"))

    assert fingerprint(own_memory) == before


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("-g", ""), "invalid_setting"),
        (("-p", ""), "profile_not_found"),
        (("-p", "typo"), "profile_not_found"),
        (("-g", "ACME"), "no_profile_in_force"),
        (("-g", "acme "), "no_profile_in_force"),
        (("-g", "acme", "-p", "MAIN"), "profile_not_found"),
        (("-g", "typo", "-p", "main"), "profile_not_found"),
    ],
    ids=str,
)
def test_a_name_that_is_nearly_right_is_nobodys(memctl, own_memory, words, code):
    store = make_store("crewai", own_memory.parent / "acme", make_records(4, scope=None))
    path = f"path={store}"
    memctl("config", "create", "main", "--backend", "crewai", "--set", path, "-g", "acme")
    before = fingerprint(own_memory), fingerprint(store)

    ran = memctl("clear", "--all", "--yes", *words, "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, code)
    assert (fingerprint(own_memory), fingerprint(store)) == before


def test_the_group_of_a_profile_that_is_gone_has_nothing_to_clear(memctl, own_memory):
    memctl("setup", "chroma", "-g", "acme", "--name", "one")
    memctl("config", "delete", "one", "-g", "acme")
    before = fingerprint(own_memory)

    assert_refused(memctl("clear", "--all", "--yes", "-g", "acme", "--json"))

    assert fingerprint(own_memory) == before


def test_what_is_named_by_its_location_is_cleared(memctl, own_memory):
    ran = memctl("clear", "--all", "--yes", "--at", "crewai:", "--json")

    assert (ran.exit_code, ran.data["deleted"]) == (0, 4)


# A shared profile


@pytest.mark.parametrize(
    "words",
    [("clear", "--all", "--yes"), ("clear", "--all", "-n"), ("clear", "x", "--yes")],
    ids=" ".join,
)
def test_a_mistyped_group_does_not_clear_a_shared_store_that_knows_no_groups(
    memctl, tmp_path, words
):
    store = unpack("1.15.30-b", tmp_path)
    memctl("config", "create", "shared", "--backend", "crewai", "--set", f"path={store}")
    before = fingerprint(store)

    ran = memctl(*words, "-g", "typo", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "no_profile_in_force")
    assert "--at" in error_of(ran)["hint"]
    assert fingerprint(store) == before
    assert memctl("clear", "--all", "--yes", "-g", "default", "--json").data["deleted"] == 4


def test_a_mistyped_group_clears_no_row_of_a_shared_store_that_knows_groups(memctl, tmp_path):
    path = make_store("chroma", tmp_path / "shared", make_records(8, group_id="acme"))
    memctl("config", "create", "shared", "--backend", "chroma", "--set", f"path={path}")

    ran = memctl("clear", "--all", "--yes", "-g", "typo", "--json")

    assert (ran.exit_code, ran.data["deleted"]) == (0, 0)
    assert memctl("stats", "--at", f"chroma:{path}", "--json").data["total"] == 8


# What is said about it


def test_which_says_who_is_refused(memctl, own_memory):
    ran = memctl("config", "which", "--json")
    assert ran.data["selected_by"] == "local"
    assert "no profile is in force" in ran.data["refused"]
    assert "commands that change or copy refuse" in memctl("config", "which").stderr

    memctl("setup", "chroma", "--name", "one")
    assert memctl("config", "which", "--json").data["refused"] is None

    shared = unpack("1.15.30-b", own_memory.parent / "shared")
    memctl("config", "create", "two", "--backend", "crewai", "--set", f"path={shared}")
    memctl("config", "set-default", "two")
    assert "knows no groups" in memctl("config", "which", "-g", "acme", "--json").data["refused"]
    assert memctl("config", "which", "--json").data["refused"] is None


def test_the_library_reads_the_machines_own_memory_unless_a_group_is_named(own_memory):
    with library.connect() as memory:
        assert memory.count() == 4
    with pytest.raises(NoProfileInForce), library.connect(group="typo"):
        pass


# The shared default


@pytest.fixture
def shared(memctl, tmp_path):
    """The shared group's default: a store of rows of no group."""
    store = make_store("chroma", tmp_path / "store", make_records(3, group_id=None))
    assert memctl("setup", "chroma", "--path", store).exit_code == 0
    return store


def test_rows_of_no_group_are_not_cleared_for_a_group_without_a_profile(memctl, shared):
    words = ("clear", "--all", "--include-unscoped", "--yes", "--no-backup", "--json")
    before = fingerprint(shared)

    refused = memctl(*words, "-g", "typo")

    assert_refused_shared(refused)
    assert fingerprint(shared) == before
    assert memctl(*words, "-g", "default").data["deleted"] == 3


def test_no_profile_of_a_group_that_was_named_is_not_all_of_them_checked(memctl, shared):
    assert memctl("verify", "--all-profiles", "-g", "typo").exit_code == 4
    assert memctl("verify", "--all-profiles").exit_code in {0, 3}


def assert_refused_shared(ran):
    assert (ran.exit_code, error_of(ran)["code"]) == (4, "no_profile_in_force")
    assert "-g default" in error_of(ran)["hint"]

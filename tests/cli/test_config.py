from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from ..conftest import start_memctl


@pytest.fixture
def create(memctl):
    """Create a profile that names a Chroma directory."""

    def run(name: str, *arguments: str):
        ran = memctl(
            "config", "create", name, "--backend", "chroma", "--set", f"path=/{name}", "--json",
            *arguments,
        )  # fmt: skip
        assert ran.exit_code == 0, ran.stdout
        return ran.data["profile"]

    return run


def test_list_gives_the_documented_keys(memctl, create):
    create("prod")

    (profile,) = memctl("config", "list", "--json").data["profiles"]

    assert profile.keys() >= {"id", "name", "group_id", "backend_type", "is_default", "is_active"}
    assert (profile["name"], profile["group_id"]) == ("prod", "default")


def test_a_groups_first_profile_becomes_its_default(create):
    assert create("one")["is_default"]
    assert not create("two")["is_default"]
    assert create("two", "-g", "acme")["is_default"]


def test_a_profile_name_is_unique_in_its_group(memctl, create):
    create("one")

    ran = memctl("config", "create", "one", "--backend", "chroma", "--set", "path=/x", "--json")

    assert ran.exit_code == 4
    assert ran.document["errors"][0]["code"] == "profile_exists"


def test_create_reads_what_show_prints(memctl, create):
    create("prod", "--description", "the one", "--disable", "entity")
    shown = memctl("config", "show", "prod", "--json")

    ran = memctl("config", "create", "--from", "-", "-g", "ci", "--json", stdin=shown.stdout)

    assert ran.exit_code == 0
    copy, original = ran.data["profile"], shown.data["profile"]
    carried = {"name", "description", "backend_type", "settings", "enable_entity"}
    assert {key: copy[key] for key in carried} == {key: original[key] for key in carried}
    assert copy["id"] != original["id"]


def test_create_from_what_is_no_profile_is_refused(memctl, tmp_path):
    for text in ("", "[]", "{}", '{"data": {"profile": {"name": 3}}}', '{"name": "x"}', "nonsense"):
        file = tmp_path / "profile.json"
        file.write_text(text)

        assert memctl("config", "create", "--from", file).exit_code == 4, text


def test_show_names_the_source_of_each_value(memctl, create):
    create("prod")

    sources = memctl("config", "show", "prod", "--json").data["sources"]

    assert sources == {
        "path": "profile",
        "dimension": "default",
        "metric": "default",
        "map": "default",
        "embedder": "default",
    }


def test_update_changes_only_what_is_named(memctl, create):
    before = create("prod", "--description", "old")

    ran = memctl("config", "update", "prod", "--set", "dimension=8", "--json")

    after = ran.data["profile"]
    assert after["settings"] == {"path": "/prod", "dimension": 8}
    assert after["description"] == "old"
    assert after["updated_at"] > before["updated_at"]


def test_update_without_a_change_is_a_usage_error(memctl, create):
    create("prod")

    assert memctl("config", "update", "prod").exit_code == 2


@pytest.mark.parametrize(
    "setting", ["nonsense=1", "dimension=0", "dimension=x", "metric=hamming", "path="]
)
def test_an_invalid_setting_is_refused(memctl, create, setting):
    create("prod")

    ran = memctl("config", "update", "prod", "--set", setting, "--json")

    assert ran.exit_code == 4
    assert ran.document["errors"][0]["code"] == "invalid_setting"


def test_deleting_the_default_promotes_the_newest_other_and_says_so(memctl, create):
    for name in ("one", "two", "three"):
        create(name)

    ran = memctl("config", "delete", "one", "--json")

    assert ran.data["promoted"] == "three"
    profiles = memctl("config", "list", "--json").data["profiles"]
    assert [(each["name"], each["is_default"]) for each in profiles] == [
        ("three", True),
        ("two", False),
    ]


def test_disable_keeps_the_old_profiles_and_set_default_brings_one_back(memctl, create):
    create("one")
    create("two")

    ran = memctl("config", "disable", "--json")

    assert sorted(ran.data["switched_off"]) == ["one", "two"]
    listed = memctl("config", "list", "--json").data["profiles"]
    assert {each["name"]: each["is_active"] for each in listed} == {
        "disabled": True,
        "one": False,
        "two": False,
    }
    assert memctl("config", "which", "--json").data["selected_by"] == "local"

    memctl("config", "set-default", "two")

    assert memctl("config", "which", "--json").data["profile"] == "two"
    listed = memctl("config", "list", "--json").data["profiles"]
    assert {each["name"]: each["is_active"] for each in listed} == {"one": False, "two": True}


def test_set_default_of_a_missing_profile_changes_nothing(memctl, create):
    create("one")

    assert memctl("config", "set-default", "two").exit_code == 4
    assert memctl("config", "which", "--json").data["profile"] == "one"


@pytest.mark.parametrize(
    ("arguments", "profile", "selected_by"),
    [
        (["-g", "acme"], "second", "group_default"),
        (["-g", "acme", "-p", "first"], "first", "profile"),
        (["-g", "other"], "shared", "shared_default"),
        ([], "shared", "group_default"),
    ],
)
def test_which_follows_the_rule(memctl, create, arguments, profile, selected_by):
    create("shared")
    create("first", "-g", "acme")
    create("second", "-g", "acme", "--set-default")

    data = memctl("config", "which", *arguments, "--json").data

    assert (data["profile"], data["selected_by"]) == (profile, selected_by)
    assert data["reason"]


def test_which_without_any_profile_is_crewais_own_memory(memctl):
    data = memctl("config", "which", "--json").data

    assert (data["profile"], data["location"], data["selected_by"]) == (None, "crewai:", "local")
    assert len(data["considered"]) == 4


def test_the_profile_may_come_from_the_environment(memctl, create, monkeypatch):
    create("one")
    create("two")
    monkeypatch.setenv("MEMCTL_PROFILE", "two")

    assert memctl("config", "which", "--json").data["profile"] == "two"
    assert memctl("config", "which", "-p", "one", "--json").data["profile"] == "one"


def test_a_location_outranks_the_profile_of_the_environment(memctl, monkeypatch):
    monkeypatch.setenv("MEMCTL_PROFILE", "two")

    assert memctl("config", "which", "--at", "chroma:x", "--json").data["selected_by"] == "at"


def test_a_location_and_a_profile_exclude_each_other(memctl):
    ran = memctl("config", "which", "--at", "chroma:x", "-p", "y")

    assert ran.exit_code == 2
    assert "--at" in ran.stderr
    assert "--profile" in ran.stderr


def test_a_damaged_state_file_is_an_error_and_never_no_configuration(memctl, home):
    (home / "state.db").write_bytes(b"not a database, but long enough to be looked at" * 50)

    ran = memctl("config", "which", "--json")

    assert ran.document["errors"][0]["code"] == "local_state_unusable"
    assert ran.exit_code == 4


def test_a_state_file_of_a_newer_memctl_is_refused(memctl, create, home):
    create("one")
    with sqlite3.connect(home / "state.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    assert memctl("config", "list").exit_code == 4


def test_processes_writing_at_once_lose_nothing(memctl, home):
    def create_in_a_process(number: int) -> int:
        process = start_memctl(
            "config", "create", f"p{number}", "--backend", "chroma", "--set", f"path=/p{number}"
        )
        process.communicate()
        return process.returncode

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(create_in_a_process, range(8)))

    assert codes == [0] * 8
    profiles = memctl("config", "list", "--json").data["profiles"]
    assert {each["name"] for each in profiles} == {f"p{number}" for number in range(8)}
    assert sum(each["is_default"] for each in profiles) == 1


def test_changes_of_profiles_are_in_the_history(memctl, create):
    create("one")
    memctl("config", "delete", "one")

    operations = memctl("history", "--json").data["operations"]

    assert [each["command"] for each in operations] == ["config delete", "config create"]
    assert {each["outcome"] for each in operations} == {"done"}


def test_a_group_id_with_control_characters_is_refused(memctl):
    ran = memctl("config", "list", "-g", "a\nb", "--json")

    assert ran.exit_code == 4
    assert "\n" not in json.loads(ran.stdout)["errors"][0]["message"]

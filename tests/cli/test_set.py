"""Settings beside a location: `--set`, and `--set-target` where there are two sides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_record

from ..conftest import make_store
from ..small_store import install
from .stores import error_of, make_foreign_store, rows

SECRET = "hunter2-nobody-may-see"  # noqa: S105 - a canary
DOCUMENT = MemoryType.DOCUMENT


@pytest.fixture(autouse=True)
def small(monkeypatch):
    return install(monkeypatch)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """A Chroma store one of whose collections has a name that says no memory type."""
    return make_foreign_store(tmp_path_factory.mktemp("foreign") / "store", {"notes": rows(3)})


@pytest.fixture
def source(tmp_path):
    written = [replace(make_record(n), type=DOCUMENT) for n in range(3)]
    return f"archive:{make_store('archive', tmp_path / 'source', written)}"


ONE_SIDED = [
    ("stats", "--at", "{}"),
    ("records", "list", "--at", "{}"),
    ("records", "show", "some-id", "--at", "{}"),
    ("verify", "--at", "{}"),
    ("clear", "--all", "--dry-run", "--at", "{}"),
    ("search", "some text", "--at", "{}"),
    ("backup", "{}"),
    ("diff", "{}", "memory:"),
    ("migrate", "{}", "archive:./target"),
]


@pytest.mark.parametrize("arguments", ONE_SIDED, ids=lambda each: each[0])
def test_an_unknown_setting_is_refused_and_the_nearest_is_named_first(memctl, arguments):
    command = [each.format("small:host/db") for each in arguments]

    ran = memctl(*command, "--set", "pol=3", "--json")

    assert ran.exit_code == 4, ran.stdout + ran.stderr
    error = error_of(ran)
    assert error["code"] == "invalid_setting"
    assert "`small` has no setting `pol`" in error["message"]
    assert error["hint"] == "its settings are `pool`, `database`, `host`, `port`"


def test_a_setting_of_the_target_is_given_with_a_flag_of_its_own(memctl, source, small):
    for flag, name in (("--set-target", "small"), ("--set", "archive")):
        ran = memctl("migrate", source, "small:host/db", flag, "colour=red", "--json")
        assert ran.exit_code == 4
        assert f"`{name}` has no setting `colour`" in error_of(ran)["message"]

    ran = memctl("migrate", source, "small:host/db", "--set-target", "pool=2", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert len(small.server.database("host/db").rows[DOCUMENT]) == 3
    ran = memctl("diff", source, "small:host/db", "--set-target", "pool=2", "--json")
    assert ran.exit_code == 0, ran.stdout
    ran = memctl("diff", "small:host/db", source, "--set", "pool=2", "--json")
    assert ran.exit_code == 0, ran.stdout


def test_restore_takes_settings_of_its_target(memctl, source, small):
    backup = memctl("backup", source, "--json").data["id"]

    refused = memctl("restore", backup, "small:host/db", "--set", "poool=2", "--json")
    ran = memctl("restore", backup, "small:host/db", "--set", "pool=2", "--json")

    assert refused.exit_code == 4
    assert ran.exit_code == 0, ran.stdout
    assert len(small.server.database("host/db").rows[DOCUMENT]) == 3


def test_a_restore_to_where_the_backup_came_from_takes_no_settings(memctl, source, small):
    memctl("migrate", source, "small:host/db")
    backup = memctl("backup", "small:host/db", "--json").data["id"]
    memctl("clear", "--all", "--yes", "--at", "small:host/db")

    for pair in ("pool=2", "colour=red"):
        ran = memctl("restore", backup, "--set", pair, "--json")
        assert ran.exit_code == 2, ran.stdout
        assert "`--set` gives settings of a store that a location names" in error_of(ran)["message"]
        assert small.server.database("host/db").rows[DOCUMENT] == {}


def test_a_restore_reads_its_target_with_the_settings_that_are_given(memctl, foreign, tmp_path):
    named = ("--map", "document=notes")
    backup = memctl("backup", f"chroma:{foreign}", *named, "--json").data["id"]

    target = f"chroma:{tmp_path}/copy"
    ran = memctl("restore", backup, target, "--set", "map=other=document", "--json")

    assert ran.exit_code == 0, ran.stdout + ran.stderr
    found = memctl("stats", "--at", target, "--json").data["types"]
    assert {each["type"]: each["records"] for each in found}["document"] == 3


@pytest.mark.parametrize(
    ("at", "pair"), [("chroma:", "path={}"), ("crewai:", "path={}"), ("archive:", "path={}")]
)
def test_a_setting_says_where_the_store_lies_where_the_location_does_not(
    memctl, tmp_path, monkeypatch, at, pair
):
    """Or the command would work on this machine's own store instead of the one that is named."""
    monkeypatch.setenv("CREWAI_STORAGE_DIR", str(tmp_path / "own"))
    named = pair.format(tmp_path / "named")

    ran = memctl("stats", "--at", at, "--set", named, "--json")

    assert ran.exit_code == 4, ran.stdout
    assert str(tmp_path / "named") in error_of(ran)["message"]


def test_a_dimension_that_the_source_does_not_have_is_refused_before_a_store_is_made(
    memctl, source, tmp_path
):
    target = f"chroma:{tmp_path}/target"

    for more in (("--dry-run",), ()):
        ran = memctl("migrate", source, target, "--set-target", "dimension=5", "--json", *more)
        assert ran.exit_code == 4, ran.stdout
        assert error_of(ran)["code"] == "wrong_dimension"
        assert not (tmp_path / "target").exists()


@pytest.mark.parametrize(
    ("value", "expected"),
    [("pool=none", "`none` is not a whole number"), ("pool=0", "`0` is not a whole number")],
)
def test_a_value_of_the_wrong_form_is_refused(memctl, value, expected):
    ran = memctl("stats", "--at", "small:host/db", "--set", value, "--json")

    assert ran.exit_code == 4
    assert expected in error_of(ran)["message"]


def test_a_setting_changes_how_the_store_is_read(memctl, foreign):
    at = ("stats", "--at", f"chroma:{foreign}", "--json")

    without = memctl(*at)
    ran = memctl(*at, "--set", "map=notes=document")

    assert [(each["type"], each["records"]) for each in without.data["types"]] == []
    assert [(each["type"], each["records"]) for each in ran.data["types"]] == [("document", 3)]
    assert memctl(*at, "--map", "document=notes").data["types"] == ran.data["types"]


@pytest.mark.parametrize("value", ["", "notes=entity"])
def test_what_a_flag_of_its_own_says_is_not_given_again(memctl, foreign, value):
    at = ("stats", "--at", f"chroma:{foreign}", "--map", "document=notes")

    ran = memctl(*at, "--set", f"map={value}", "--json")

    assert ran.exit_code == 2, ran.stdout
    assert "by `--map` and by `--set`" in error_of(ran)["message"]


@pytest.mark.parametrize("pair", ["map=notes", "map=notes=document,more"])
def test_pairs_without_a_value_are_refused(memctl, foreign, pair):
    ran = memctl("stats", "--at", f"chroma:{foreign}", "--set", pair, "--json")

    assert ran.exit_code == 4
    assert "KEY=VALUE pairs" in error_of(ran)["message"]


@pytest.mark.parametrize("word", ["pool", "=3", ""])
def test_a_word_that_is_no_pair_is_refused(memctl, word):
    ran = memctl("stats", "--at", "small:host/db", "--set", word, "--json")

    assert ran.exit_code == 2
    assert "is not SETTING=VALUE" in error_of(ran)["message"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("stats", "--set", "pool=2"),
        ("stats", "-p", "prod", "--set", "pool=2"),
        ("backup", "prod", "--set", "pool=2"),
        ("migrate", "memory:", "prod", "--set-target", "pool=2"),
    ],
    ids=" ".join,
)
def test_a_profile_has_settings_of_its_own(memctl, arguments):
    place = ("--set", "host=host", "--set", "database=db")
    memctl("config", "create", "prod", "--backend", "small", *place)

    ran = memctl(*arguments, "--json")

    assert ran.exit_code == 2
    assert f"`{arguments[-2]}`" in error_of(ran)["message"]
    assert "`memctl config update`" in error_of(ran)["hint"]


def test_what_the_location_says_is_not_given_again(memctl, tmp_path):
    for at, pair in (
        ("small:host/db", "database=other"),
        ("chroma:http://localhost:8000", "port=9000"),
        (f"archive:{tmp_path}", "path=elsewhere"),
    ):
        ran = memctl("stats", "--at", at, "--set", pair, "--json")
        assert ran.exit_code == 2, ran.stdout
        assert f"`{pair.partition('=')[0]}` is said by the location" in error_of(ran)["message"]


def test_a_secret_is_not_given_so_and_is_told_nowhere(memctl):
    ran = memctl("stats", "--at", "small:host/db", "--set", f"password={SECRET}", "--json")

    assert ran.exit_code == 4
    assert "is a secret" in error_of(ran)["message"]
    assert "`MEMCTL_SMALL_PASSWORD`" in error_of(ran)["hint"]
    assert SECRET not in ran.stdout + ran.stderr


@pytest.mark.parametrize("name", ["embedder_url", "map", "host"])
def test_a_url_with_a_password_is_refused_and_told_nowhere(memctl, tmp_path, name):
    value = f"https://someone:{SECRET}@host/v1"
    pair = f"{name}=notes={value}" if name == "map" else f"{name}={value}"
    more = ("--set", "embedder=openai:some-model") if name == "embedder_url" else ()

    ran = memctl("stats", "--at", f"chroma:{tmp_path}", "--set", pair, *more, "--json")

    assert ran.exit_code == 4, ran.stdout
    assert SECRET not in ran.stdout + ran.stderr

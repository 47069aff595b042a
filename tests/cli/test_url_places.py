"""Stores whose location is a URL: it is split into its parts, and never taken for a path."""

from __future__ import annotations

from dataclasses import replace

import pytest

from memctl.core.selection import StoreRequest, select
from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_record

from ..conftest import make_store
from ..small_store import SmallStore, install
from .stores import error_of

SECRET = "hunter2-nobody-may-see"  # noqa: S105 - a canary
PLACES = [
    "//host/db",
    "//host:9000/db",
    "//host/db?pool=2",
    "//10.0.0.1:9000/a/b//c?pool=7",
]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    return install(monkeypatch)


@pytest.fixture
def source(tmp_path):
    written = [replace(make_record(n), type=MemoryType.DOCUMENT) for n in range(3)]
    return f"archive:{make_store('archive', tmp_path / 'source', written)}"


@pytest.mark.parametrize("place", PLACES)
def test_a_place_becomes_settings_and_these_the_place(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    selection = select(StoreRequest(at=f"small:{place}"))

    assert SmallStore.info.place_of(selection.settings) == place
    assert selection.location == selection.whole_location == f"small:{place}"


def test_how_it_is_written_is_told_of_the_backend(memctl):
    told = memctl("backends", "--json").data["backends"]

    assert {each["name"]: each["location"] for each in told}[
        "small"
    ] == "small://HOST:PORT/DATABASE"


def test_its_parts_are_settings_of_their_own_forms(memctl):
    for place, expected in (
        ("//host:0/db", "port"),
        ("//host/db?pool=none", "pool"),
        ("//host/db?colour=red", "colour"),
        ("//host", "database"),
    ):
        ran = memctl("stats", "--at", f"small:{place}", "--json")
        assert ran.exit_code == 4, ran.stdout
        assert expected in error_of(ran)["message"]


def test_what_the_query_says_is_not_given_beside_it(memctl):
    ran = memctl("stats", "--at", "small://host/db?pool=2", "--set", "pool=3", "--json")

    assert ran.exit_code == 2
    assert "`pool` is said by the location" in error_of(ran)["message"]


def test_a_password_in_it_is_refused_and_told_nowhere(memctl, source):
    place = f"small://someone:{SECRET}@host/db"
    for arguments in (("stats", "--at", place), ("migrate", source, place)):
        ran = memctl(*arguments, "--json")
        assert ran.exit_code == 4, ran.stdout
        assert SECRET not in ran.stdout + ran.stderr


def test_it_is_copied_to_backed_up_and_restored_wherever_memctl_runs(
    memctl, source, small, tmp_path, monkeypatch
):
    place = "small://host:9000/some/db"
    assert memctl("migrate", source, place, "--json").exit_code == 0
    backup = memctl("backup", place, "--json").data
    assert backup["source"]["location"] == place
    monkeypatch.chdir(tmp_path)
    small.server.clear()

    ran = memctl("restore", backup["id"], "--json")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["target"]["location"] == place
    assert len(small.server.database("host:9000/some/db").rows[MemoryType.DOCUMENT]) == 3
    assert [*tmp_path.iterdir()] == [tmp_path / "source"]


@pytest.mark.parametrize("other", ["//HOST/db", "//host:7700/db/", "//host/db?pool=2", "host/db"])
def test_it_is_not_copied_onto_itself_however_it_is_spelled(memctl, source, other):
    memctl("migrate", source, "small://host/db")

    ran = memctl("migrate", "small://host/db", f"small:{other}", "--json")

    assert ran.exit_code == 2, ran.stdout
    assert "the same store" in error_of(ran)["message"]


def test_a_setup_makes_no_directory_its_place(memctl, small):
    from memctl.core.setup.order import SetupOrder
    from memctl.core.setup.run import set_up
    from memctl.model.errors import InvalidSetting

    with pytest.raises(InvalidSetting, match="needs the setting `host`"):
        set_up(SetupOrder("small", "default", settings={"database": "db"}))


@pytest.mark.parametrize("backend", ["archive", "chroma", "crewai"])
@pytest.mark.parametrize("place", ["s3://bucket/dir", "gs://bucket/dir", "file:///tmp/dir"])
def test_a_directory_is_no_url(memctl, backend, place):
    ran = memctl("stats", "--at", f"{backend}:{place}", "--json")

    assert ran.exit_code == 4
    assert (
        "looks like a URL, and only a directory of this machine is taken"
        in error_of(ran)["message"]
    )

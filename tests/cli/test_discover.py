from __future__ import annotations

import shutil

import pytest

from ..backends.crewai.foreign import make_table, row
from ..conftest import fingerprint
from ..formats.crewai.stores import LEGACY, UNIFIED, unpack
from .stores import error_of, make_foreign_store, rows


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with an empty home and data directory, whose working directory is `project`."""
    for each in ("home", "data", "project"):
        (tmp_path / each).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path


@pytest.fixture
def discover(memctl, machine):
    """Discover, and give the stores by their directory's name and generation."""

    def run(*paths):
        ran = memctl("discover", *paths, "--json")
        assert ran.exit_code == 0
        stores = ran.data["stores"]
        found = {(each["location"].rpartition("/")[2], each["generation"]): each for each in stores}
        assert len(found) == len(stores)
        return found

    return run


def put(name, *places):
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(unpack(name, place.parent / f"unpacked-{place.name}"), place)


FOUND = {
    "0.165.1-a": ("G1", 12, 16),
    "0.165.1-b": ("G1", 7, 8),
    "1.9.3-a": ("G2", 18, 16),
    "1.9.3-b": ("G2", 7, 8),
    "1.9.3-b-opened": ("G2", 7, 8),
    "1.15.30-a": ("G3", 9, 16),
    "1.15.30-b": ("G3", 4, 8),
    "1.15.30-tz": ("G3", 2, 8),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_store_is_found_and_described(discover, memctl, tmp_path, name):
    store = unpack(name, tmp_path)
    before = fingerprint(store)
    generation, total, dimension = FOUND[name]

    found = discover(tmp_path)["store", generation]

    stats = memctl("stats", "--at", found["location"], "--json").data
    assert found["records"] == stats["total"] == total
    assert {each["type"]: each["records"] for each in found["types"]} == {
        each["type"]: each["records"] for each in stats["types"]
    }
    assert found["dimensions"] == [dimension]
    assert found["size_bytes"] == stats["size_bytes"]
    assert found["last_write"]
    assert ("memctl migrate" in (found["hint"] or "")) == (generation != "G3")
    assert fingerprint(store) == before


def test_what_is_no_memory_is_listed_and_not_counted(discover, tmp_path):
    found = discover(unpack("1.9.3-a", tmp_path))["store", "G2"]

    assert {each["name"]: each["records"] for each in found["uncounted"]} == {
        "knowledge_crew": 2,
        "knowledge_Senior_Researcher": 1,
        "latest_kickoff_task_outputs": 1,
        "flow_states": 2,
        "pending_feedback": 0,
    }
    assert "Senior_Researcher_Reporting_Analyst" in found["crews"]


def test_what_a_newer_chromadb_rewrote_no_crewai_can_read(discover, tmp_path):
    assert discover(unpack("1.9.3-b", tmp_path / "a"))["store", "G2"]["readers"] == (
        "CrewAI 0.193 to 1.9"
    )
    opened = discover(unpack("1.9.3-b-opened", tmp_path / "b"))["store", "G2"]
    assert opened["readers"].startswith("none")


def test_every_usual_place_is_searched(discover, machine, monkeypatch):
    monkeypatch.setenv("CREWAI_STORAGE_DIR", "given")
    put("1.15.30-b", machine / "project" / "given")
    put(
        "1.9.3-b",
        machine / "data" / "given-too",
        machine / "data" / "project",
        machine / "data" / "another",
        machine / "data" / "kasal_default_acme_crew_1a2b3c4d",
        machine / "data" / "CrewAI" / "documented",
        machine / "home" / ".kasal" / "memory" / "kasal_default_acme",
    )

    found = discover()

    assert found.keys() == {
        ("given", "G3"),
        ("given-too", "G2"),
        ("project", "G2"),
        ("another", "G2"),
        ("kasal_default_acme_crew_1a2b3c4d", "G2"),
        ("documented", "G2"),
        ("kasal_default_acme", "G2"),
    }
    assert found["kasal_default_acme_crew_1a2b3c4d", "G2"]["crews"] == ["acme_crew_1a2b3c4d"]


def test_a_store_in_two_places_is_found_once(discover, machine):
    put("1.9.3-b", machine / "data" / "project")

    found = discover(machine / "data", machine / "data" / "project")

    assert found.keys() == {("project", "G2")}


def test_each_generation_in_a_directory_is_told(discover, tmp_path):
    store = unpack("1.9.3-b", tmp_path)
    make_table(store, [row(1, dimension=1536)])
    shutil.copytree(unpack("0.165.1-b", tmp_path / "b") / "entities", store / "entities")

    found = discover(store)

    assert {key: each["records"] for key, each in found.items()} == {
        ("store", "G1"): 2,
        ("store", "G2"): 7,
        ("store", "G3"): 1,
    }
    assert "text-embedding-3-small" in found["store", "G3"]["hint"]


def test_long_term_memory_alone_is_found(discover, tmp_path):
    store = unpack("1.9.3-b", tmp_path)
    (store / "chroma.sqlite3").unlink()

    found = discover(store)["store", "G2"]

    assert (found["records"], found["readers"]) == (2, "CrewAI 0.28 to 1.9")


def test_other_programs_stores_are_not_crewais(discover, tmp_path, machine):
    make_foreign_store(tmp_path / "data" / "app", {"products": rows(3)})
    (tmp_path / "data" / "x").mkdir()
    (tmp_path / "data" / "x" / "long_term_memory_storage.db").write_bytes(b"")
    (tmp_path / "data" / "applications").mkdir()

    found = discover(tmp_path / "data")

    assert [(name, each["records"]) for (name, _), each in found.items()] == [("x", None)]


def test_where_nothing_is_every_place_that_was_searched_is_named(memctl, machine):
    ran = memctl("discover")

    assert ran.exit_code == 0
    assert f"{machine}/data/project" in ran.stderr.replace("\n", "")


def test_a_directory_that_is_not_there_is_an_error(memctl, tmp_path):
    ran = memctl("discover", tmp_path / "none", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "store_not_found")


def test_people_are_told_what_to_do_about_memory_that_nothing_reads(memctl, machine):
    for name in [*LEGACY, *UNIFIED]:
        put(name, machine / "data" / name)

    shown = memctl("discover").stdout.replace("\n", " ")

    assert "66 records in 8 stores" in shown
    assert "no longer reads these 18 memories" in " ".join(shown.split())

"""CrewAI's own memory on the command line: looked at, rescued, cleared, and whatever is wrong."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from contextlib import closing
from datetime import datetime

import lancedb
import pytest

from memctl.backends.crewai.unified.table import Table
from memctl.backends.holding import RECORD_KEY as MARK
from memctl.model.errors import StoreLocked
from memctl.model.memory_type import MemoryType
from memctl.model.record import same_record
from memctl.testing.records import make_record

from ..backends.crewai.damage import cut_data, make_table_newer
from ..backends.crewai.foreign import make_table, row
from ..conftest import fingerprint, make_store
from ..formats.crewai.stores import LEGACY, UNIFIED, unpack
from .stores import error_of, read_store

SCOPE = "/crew/rescued"
SKIP = "--skip-without-vectors"


def rows_of(store):
    """Read the table of a store with lancedb itself."""
    return lancedb.connect(str(store / "memory")).open_table("memories").to_arrow().to_pylist()


def texts_of(store):
    return {each["content"]: each for each in rows_of(store)}


# Looking


@pytest.mark.parametrize("name", [*LEGACY, *UNIFIED])
def test_looking_changes_nothing(memctl, tmp_path, name):
    store = unpack(name, tmp_path)
    at, before = f"crewai:{store}", fingerprint(store)

    codes = [
        memctl(*words, "--json").exit_code
        for words in (
            ("stats", "--at", at),
            ("stats", "-g", "acme", "--at", at),
            ("records", "list", "--at", at),
            ("records", "list", "--with-embeddings", "--at", at),
            ("records", "show", "nobody", "--at", at),
            ("search", "--like", "nobody", "--at", at),
            ("discover", store),
            ("clear", "nobody", "--at", at, "-n"),
            ("migrate", at, f"archive:{tmp_path}/copy"),
            ("migrate", at, f"crewai:{tmp_path}/new", "--scope", SCOPE, SKIP, "-n"),
        )
    ]
    memctl("verify", "--at", at)

    assert fingerprint(store) == before
    assert codes == [0, 0, 0, 0, 3, 3, 0, 0, 0, 0]
    assert not (tmp_path / "new").exists()


def test_without_a_profile_the_projects_own_memory_is_meant(memctl, tmp_path, monkeypatch):
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    shutil.move(unpack("1.9.3-b", tmp_path / "unpacked"), tmp_path / "data" / "project")

    data = memctl("stats", "--json").data

    assert (data["selected_by"], data["total"]) == ("local", 7)
    assert data["location"] == f"crewai:{tmp_path}/data/project"
    assert memctl("stats", "--at", "crewai:", "--json").data["total"] == 7
    assert memctl("stats", "-g", "acme", "--at", "crewai:", "--json").data["total"] == 7


def test_memory_that_one_variable_put_in_two_places_is_one_store(memctl, tmp_path, monkeypatch):
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("CREWAI_STORAGE_DIR", "given")
    shutil.move(unpack("1.15.30-b", tmp_path / "a"), tmp_path / "project" / "given")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    shutil.move(unpack("1.9.3-b", tmp_path / "b"), tmp_path / "data" / "given")

    assert memctl("stats", "--json").data["total"] == 11


def test_two_projects_in_directories_of_one_name_share_their_memory(memctl, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    shutil.move(unpack("1.9.3-a", tmp_path / "unpacked"), tmp_path / "data" / "project")

    for parent in ("a", "b"):
        (tmp_path / parent / "project").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / parent / "project")
        assert memctl("stats", "--json").data["total"] == 18


def test_where_nothing_is_the_error_says_how_to_find_memory(memctl, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    ran = memctl("stats", "--json")

    assert ran.exit_code == 4
    assert "memctl discover" in error_of(ran)["hint"]


def test_a_directory_of_kasals_directories_is_one_store_of_many_crews(memctl, tmp_path):
    for crew in ("acme_crew_1a2b3c4d", "acme_crew_5e6f7a8b"):
        name = f"kasal_default_{crew}"
        shutil.move(unpack("1.9.3-b", tmp_path / crew), tmp_path / "all" / name)
    at = f"crewai:{tmp_path}/all"

    crews = memctl("stats", "--at", at, "--json").data["crews"]

    assert {each["crew_id"]: each["records"] for each in crews} == {
        "acme_crew_1a2b3c4d": 7,
        "acme_crew_5e6f7a8b": 7,
    }
    ran = memctl("migrate", at, f"archive:{tmp_path}/one", "--crew", "acme_crew_5e6f7a8b", "--json")
    assert ran.data["comparison"]["source"] == 7


# Rescue


def test_old_memory_is_moved_into_a_crews_scope_and_moving_it_again_adds_nothing(memctl, tmp_path):
    store, new = unpack("1.9.3-a", tmp_path), tmp_path / "new"
    order = ("migrate", f"crewai:{store}", f"crewai:{new}", "--scope", SCOPE, SKIP, "--json")

    first, again = memctl(*order), memctl(*order)

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert sum(each["written"] for each in first.data["types"]) == 14
    assert sum(each["written"] for each in again.data["types"]) == 0
    assert sum(each["present"] for each in again.data["types"]) == 14
    rows = rows_of(new)
    assert len(rows) == len({each["id"] for each in rows}) == 14
    assert {each["scope"] for each in rows} == {SCOPE}
    assert {each["categories_str"] for each in rows} == {'["short-term"]', '["entity"]'}
    for each in rows:
        assert datetime.fromisoformat(each["created_at"]).tzinfo is None
        assert set(json.loads(each["metadata_str"])) - {MARK, "memctl:origin"} <= {
            "observation",
            "relationships",
            "entity_name",
            "entity_type",
        }


def test_agents_of_old_memory_get_scopes_of_their_own(memctl, tmp_path):
    store, new = unpack("0.165.1-a", tmp_path), tmp_path / "new"

    ran = memctl(
        "migrate", f"crewai:{store}", f"crewai:{new}", "--scope", SCOPE, "-t", "short_term", SKIP
    )

    assert ran.exit_code == 0
    assert {each["scope"] for each in rows_of(new)} == {
        f"{SCOPE}/agent/lone-wolf",
        f"{SCOPE}/agent/senior-researcher",
    }


def test_without_a_scope_each_crew_gets_its_own(memctl, tmp_path):
    store, new = unpack("1.9.3-b", tmp_path), tmp_path / "new"

    assert memctl("migrate", f"crewai:{store}", f"crewai:{new}", SKIP).exit_code == 0

    assert {each["scope"] for each in rows_of(new)} == {"/crew/r_dacteur____diteur__z"}
    data = memctl("stats", "--at", f"crewai:{new}", "--json").data
    assert [each["crew_id"] for each in data["crews"]] == ["R_dacteur____diteur__z"]


def test_old_memory_is_rescued_into_the_directory_that_it_lies_in(memctl, tmp_path):
    store = unpack("1.9.3-b", tmp_path)
    before = fingerprint(store)
    order = ("migrate", f"crewai:{store}", f"crewai:{store}", "--scope", SCOPE, SKIP, "--json")

    first, again = memctl(*order), memctl(*order)

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert sum(each["renamed"] for each in [*first.data["types"], *again.data["types"]]) == 0
    assert len(rows_of(store)) == 5
    after = fingerprint(store)
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {str(store)}  # a directory has come into it
    checks = memctl("verify", "--at", f"crewai:{store}", "--json").data["checks"]
    (left,) = [each for each in checks if each["name"] == "memory that CrewAI no longer reads"]
    assert left["found"] == "7"


def test_long_term_rows_have_no_vectors_and_are_refused_before_anything_is_made(memctl, tmp_path):
    store, new = unpack("1.9.3-a", tmp_path), tmp_path / "new"

    ran = memctl("migrate", f"crewai:{store}", f"crewai:{new}", "--scope", SCOPE, "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (7, "loss_refused")
    assert SKIP in error_of(ran)["hint"]
    assert not new.exists()


@pytest.mark.parametrize("name", [*LEGACY, *UNIFIED])
def test_memory_of_every_generation_is_moved_to_other_backends(memctl, tmp_path, name):
    at = f"crewai:{unpack(name, tmp_path)}"

    archived = memctl("migrate", at, f"archive:{tmp_path}/archive", "--json")
    moved = memctl("migrate", at, f"chroma:{tmp_path}/chroma", SKIP, "--json")

    assert (archived.exit_code, moved.exit_code) == (0, 0)
    comparison = archived.data["comparison"]
    assert comparison["same"] == comparison["source"] > 0
    assert len(read_store("chroma", tmp_path / "chroma")) == moved.data["comparison"]["same"]


def test_memory_outside_of_any_crew_is_placed_in_a_scope(memctl, tmp_path):
    store, new = (
        make_table(tmp_path / "old", [row(1, scope="/"), row(2, scope="/notes/x")]),
        (tmp_path / "new"),
    )

    ran = memctl("migrate", f"crewai:{store}", f"crewai:{new}", "--scope", SCOPE)

    assert ran.exit_code == 0
    assert [each["scope"] for each in rows_of(new)] == [SCOPE, f"{SCOPE}/notes/x"]
    problem = [
        each["found"]
        for each in memctl("verify", "--at", f"crewai:{new}", "--json").data["checks"]
        if each["name"] == "records outside any crew's root"
    ]
    assert problem == ["none"]


def test_rows_of_one_id_and_of_zones_are_moved_without_their_faults(memctl, tmp_path):
    store = unpack("1.15.30-a", tmp_path / "a")
    zones = unpack("1.15.30-tz", tmp_path / "b")

    assert memctl("migrate", f"crewai:{store}", f"crewai:{tmp_path}/new").exit_code == 0
    assert memctl("migrate", f"crewai:{zones}", f"crewai:{tmp_path}/naive").exit_code == 0

    assert memctl("verify", "--at", f"crewai:{tmp_path}/new", "--json").exit_code == 0
    assert len(rows_of(tmp_path / "new")) == 9
    assert {each["created_at"] for each in rows_of(tmp_path / "naive")} == {
        "2026-01-02T12:00:00.123456",
        "2026-02-01T00:00:00",
    }


def test_vectors_of_another_dimension_are_refused_before_anything_is_written(memctl, tmp_path):
    store, new = unpack("1.9.3-b", tmp_path), make_table(tmp_path / "new", [row(1, dimension=4)])
    before = fingerprint(new)

    ran = memctl("migrate", f"crewai:{store}", f"crewai:{new}", "--scope", SCOPE, SKIP, "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "wrong_dimension")
    assert fingerprint(new) == before


@pytest.mark.parametrize("scope", ["/", "crew/x", "/crew/My Crew"])
def test_a_scope_in_which_crewai_never_looks_is_refused(memctl, tmp_path, scope):
    store = unpack("1.9.3-b", tmp_path)

    ran = memctl("migrate", f"crewai:{store}", f"crewai:{tmp_path}/n", "--scope", scope, "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "invalid_setting")


def test_only_crewais_memory_has_scopes(memctl, tmp_path):
    order = ("migrate", "archive:x", f"chroma:{tmp_path}/c", "--scope", SCOPE, "--json")

    assert memctl(*order).exit_code == 4


# Clearing


@pytest.fixture
def crews(tmp_path):
    """Unified memory of several crews, one whose name begins with another's, and a flow."""
    scopes = ["/", "/crew/a", "/crew/a/agent/x", "/crew/a-2", "/crew/a.b", "/flow/a", "/other"]
    return make_table(tmp_path / "crews", [row(n, scope=each) for n, each in enumerate(scopes)])


def cleared(memctl, store, *words):
    """Clear, and give the scopes of the rows that went; all others are as they were."""
    before = texts_of(store)
    ran = memctl("clear", *words, "--at", f"crewai:{store}", "-y", "--json")
    assert ran.exit_code == 0, ran.stdout
    after = texts_of(store)
    assert {key: before[key] for key in after} == after
    return sorted(before[key]["scope"] for key in before.keys() - after.keys())


def test_a_crew_is_cleared_and_its_siblings_are_not(memctl, crews):
    assert cleared(memctl, crews, "a") == ["/crew/a", "/crew/a/agent/x"]


def test_a_crew_of_a_longer_name_is_cleared_alone(memctl, crews):
    assert cleared(memctl, crews, "a-2") == ["/crew/a-2"]


def test_a_flow_is_cleared_by_its_path(memctl, crews):
    assert cleared(memctl, crews, "/flow/a") == ["/flow/a"]


def test_an_age_is_heeded_within_a_crew(memctl, crews):
    assert cleared(memctl, crews, "a", "--older-than", "2025-01-01") == []
    assert cleared(memctl, crews, "a", "--older-than", "2026-01-02") == [
        "/crew/a",
        "/crew/a/agent/x",
    ]


def test_ids_and_a_crew_both_count(memctl, crews):
    ids = [flag for n in (0, 1) for flag in ("--id", row(n)["id"])]

    assert cleared(memctl, crews, "a", *ids) == ["/crew/a"]


def test_a_type_is_cleared_alone(memctl, tmp_path):
    store = make_store(
        "crewai", tmp_path / "s", [make_record(1), make_record(2, type=MemoryType.ENTITY)]
    )

    assert len(cleared(memctl, store, "research", "-t", "entity")) == 1


def test_what_was_cleared_is_restored_as_it_was(memctl, crews):
    before = read_store("crewai", crews)
    ran = memctl("clear", "a", "--at", f"crewai:{crews}", "-y", "--json")

    restored = memctl("restore", ran.data["backup"], f"crewai:{crews}", "--json")

    assert restored.exit_code == 0, restored.stdout
    after = read_store("crewai", crews)
    assert after.keys() == before.keys()
    assert all(same_record(before[each], after[each]) for each in before)


def test_deleted_text_is_in_no_file_once_versions_are_purged(memctl, tmp_path):
    secret = "the launch code is 0000" * 5
    store = make_table(tmp_path / "s", [row(n, scope="/crew/keep") for n in range(50)])
    make_table(store, [row(99, scope="/crew/a", content=secret)])
    at, before = ("--at", f"crewai:{store}", "-y", "--no-backup", "--json"), texts_of(store)

    def holders():
        return [p for p in store.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()]

    assert memctl("clear", "a", *at).data["purged_versions"] is None
    assert holders()
    purged = memctl("clear", "a", "--purge-versions", *at)

    assert purged.data["purged_versions"] > 0
    assert holders() == []
    del before[secret]
    assert texts_of(store) == before


def test_a_purge_that_breaks_off_says_that_the_records_are_gone_and_the_versions_are_not(
    memctl, tmp_path, monkeypatch
):
    store = make_table(tmp_path, [row(n, dimension=8, scope="/crew/a") for n in range(5)])
    at = ("--at", f"crewai:{store}", "--json", "-y")

    def break_off(_):
        raise StoreLocked("the cause")

    monkeypatch.setattr(Table, "purge", break_off)
    ran = memctl("clear", "a", "--purge-versions", *at)

    assert (ran.exit_code, ran.data["deleted"], ran.data["left"]) == (8, 5, 0)
    assert "5 of 5 records" in error_of(ran)["message"]
    assert "the cause; earlier versions of the store" in error_of(ran)["message"]
    assert f"memctl restore {ran.data['backup']}" in error_of(ran)["hint"]
    nothing = memctl("clear", "a", "--purge-versions", *at)
    assert (nothing.exit_code, nothing.data["deleted"]) == (6, 0)


def test_beside_old_memory_the_unified_one_is_cleared_where_it_is_named(memctl, tmp_path):
    store = unpack("1.9.3-b", tmp_path)
    make_table(store, [row(1, dimension=8, scope="/crew/a")])
    before = {name: each for name, each in fingerprint(store).items() if "memory/" not in name}

    refused = memctl("clear", "a", "--at", f"crewai:{store}", "-y", "--json")
    done = memctl("clear", "a", "--at", f"crewai:{store}/memory", "-y", "--json")

    assert refused.exit_code == 7
    assert f"crewai:{store}/memory" in error_of(refused)["hint"]
    assert (done.exit_code, done.data["deleted"]) == (0, 1)
    after = {name: each for name, each in fingerprint(store).items() if "memory/" not in name}
    assert after == before


def test_other_programs_files_beside_a_store_are_not_touched(memctl, crews):
    others = [crews / "notes.db", crews / "memory" / "mine.lance" / "x", crews / "memory" / "notes"]
    for each in others:
        each.parent.mkdir(exist_ok=True)
        each.write_text("mine")
    before = [fingerprint(each) for each in others]

    at = ("--at", f"crewai:{crews}", "-y", "--json")
    assert memctl("clear", "--all", "--purge-versions", *at).exit_code == 0

    assert [fingerprint(each) for each in others] == before
    assert rows_of(crews) == []


# Verify


def checks_of(memctl, store, *words):
    """Give what each check that is not fine found."""
    ran = memctl("verify", *words, "--at", f"crewai:{store}", "--json")
    return {
        each["name"]: (each["status"], each["found"])
        for each in ran.data["checks"]
        if each["status"] != "ok"
    }


def test_verify_names_what_is_odd_about_unified_memory(memctl, tmp_path):
    assert checks_of(memctl, unpack("1.15.30-a", tmp_path / "a")) == {
        "duplicate ids": ("problem", "1"),
        "zero vectors": ("warning", "1"),
        "records outside any crew's root": ("warning", "1"),
    }
    assert checks_of(memctl, unpack("1.15.30-tz", tmp_path / "b")) == {
        "time-zone-aware stamps": ("warning", "1")
    }
    odd = [
        row(1, metadata_str="no JSON"),
        row(2, created_at="soon"),
    ]
    assert checks_of(memctl, make_table(tmp_path / "c", odd)) == {
        "metadata that is no JSON": ("problem", "1"),
        "stamps that are no times": ("warning", "1"),
    }


def test_verify_names_what_is_odd_about_old_memory(memctl, tmp_path):
    found = checks_of(memctl, unpack("1.9.3-a", tmp_path))

    assert found["truncated collection names"] == ("warning", "2")
    assert found["long-term rows of several crews"][0] == "warning"
    assert checks_of(memctl, unpack("0.165.1-b", tmp_path / "b")) == {}


@pytest.mark.parametrize("name", ["1.9.3-b", "1.15.30-b"])
def test_verify_compares_the_dimension_with_the_profiles(memctl, tmp_path, name):
    path = f"path={unpack(name, tmp_path)}"
    memctl("config", "create", "p", "--backend", "crewai", "--set", path, "--set", "dimension=1536")

    ran = memctl("verify", "--json")

    found = [each for each in ran.data["checks"] if each["name"] == "dimension"]
    assert {(each["status"], each["found"], each["expected"]) for each in found} == {
        ("problem", "8", "1536")
    }


# What is wrong with a store


def test_a_half_deleted_segment_is_named_and_the_rest_is_read(memctl, tmp_path):
    store = unpack("0.165.1-a", tmp_path)
    (folder,) = [p for p in (store / "short_term" / "Lone_Wolf").iterdir() if p.is_dir()]
    shutil.rmtree(folder)

    assert memctl("stats", "--at", f"crewai:{store}", "--json").data["total"] == 12


@pytest.mark.parametrize("left", [0, 100, 40_000])
@pytest.mark.parametrize("file", ["chroma.sqlite3", "long_term_memory_storage.db"])
def test_a_truncated_file_is_an_error_and_stays_as_it_is(memctl, tmp_path, file, left):
    store = unpack("1.9.3-b", tmp_path)
    data = (store / file).read_bytes()
    (store / file).write_bytes(data[: min(left, len(data) // 2)])
    before = fingerprint(store)

    ran = memctl("stats", "--at", f"crewai:{store}", "--json")
    found = memctl("discover", store, "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "damaged_store")
    assert str(store) in found.data["stores"][0]["problem"]
    assert found.exit_code == 0
    assert fingerprint(store) == before


def test_a_table_of_a_newer_lance_is_not_supported(memctl, tmp_path):
    store = unpack("1.15.30-b", tmp_path)
    make_table_newer(store)

    ran = memctl("stats", "--at", f"crewai:{store}", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (7, "unsupported_schema")
    assert "pip install --upgrade lancedb" in error_of(ran)["hint"]


@pytest.mark.parametrize("left", [0, 100])
def test_a_truncated_table_is_damage(memctl, tmp_path, left):
    store = unpack("1.15.30-b", tmp_path)
    cut_data(store, left)

    ran = memctl("records", "list", "--at", f"crewai:{store}", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "damaged_store")
    assert "/rustc/" not in ran.stdout


def test_without_lancedb_old_memory_is_read_and_unified_memory_names_the_package(
    memctl, tmp_path, monkeypatch
):
    old, new = unpack("1.9.3-b", tmp_path / "a"), unpack("1.15.30-b", tmp_path / "b")
    monkeypatch.setitem(sys.modules, "lancedb", None)

    assert memctl("stats", "--at", f"crewai:{old}", "--json").data["total"] == 7
    ran = memctl("stats", "--at", f"crewai:{new}", "--json")
    assert (ran.exit_code, error_of(ran)["code"]) == (7, "backend_not_installed")
    assert "pip install 'lancedb>=0.36,<1'" in error_of(ran)["hint"]
    (found,) = memctl("discover", new, "--json").data["stores"]
    assert (found["records"], found["dimensions"]) == (4, [8])


def test_memory_in_qdrant_edge_is_reported_and_not_read(memctl, tmp_path):
    shards = tmp_path / "store" / "memory" / "qdrant-edge" / "central"
    shards.mkdir(parents=True)
    (shards / "edge_config.json").write_text("{}")

    ran = memctl("stats", "--at", f"crewai:{tmp_path}/store", "--json")
    (found,) = memctl("discover", tmp_path, "--json").data["stores"]

    assert (ran.exit_code, error_of(ran)["code"]) == (7, "unsupported_schema")
    assert (found["format"], found["records"]) == ("qdrant-edge", None)


def test_a_store_that_is_being_written_is_read(memctl, tmp_path):
    store = unpack("1.9.3-b", tmp_path)
    with closing(sqlite3.connect(store / "chroma.sqlite3", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM embedding_metadata")

        assert memctl("stats", "--at", f"crewai:{store}", "--json").data["total"] == 7
        writer.execute("ROLLBACK")


def test_an_empty_table_is_an_empty_store(memctl, crews):
    lancedb.connect(str(crews / "memory")).open_table("memories").delete("true")
    at = ("--at", f"crewai:{crews}", "--json")

    assert memctl("stats", *at).data["total"] == 0
    assert memctl("verify", *at).exit_code == 0
    assert memctl("records", "list", *at).data["records"] == []


def test_a_long_text_and_names_of_any_script_are_kept(memctl, tmp_path):
    record = make_record(
        1, content="é" * 20_000, crew_id="Rédacteur 编辑", agent_id="编", scope=None
    )
    store = make_store("crewai", tmp_path / "s", [record])

    listed = memctl(
        "records", "list", "--crew", "Rédacteur 编辑", "--at", f"crewai:{store}", "--json"
    )

    (found,) = listed.data["records"]
    assert (found["content"], found["agent_id"]) == ("é" * 20_000, "编")

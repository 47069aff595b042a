"""Memory of CrewAI up to 1.9: whole collections are cleared, and put back byte for byte."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from memctl.backends.crewai.clearing.file_clearing import RemoveCollections, RemoveLeftovers
from memctl.backends.crewai.clearing.file_restore import RestoreFile
from memctl.backends.crewai.clearing.sqlite_edit import Removal, digest, exclusive, recover
from memctl.model.errors import StoreLocked
from memctl.model.record import same_record

from ..backends.crewai.foreign import make_table, row
from ..conftest import fingerprint, open_backend
from ..formats.chroma.stores import unpack as unpack_chroma
from ..formats.crewai.stores import LEGACY, unpack
from .kills import kill_again_and_again
from .stores import change, error_of

CREW = "Senior_Researcher_Reporting_Analyst"
CREWS = {
    "0.165.1-a": CREW,
    "0.165.1-b": "Rédacteur___Éditeur_编辑",
    "1.9.3-a": CREW,
    "1.9.3-b": "R_dacteur____diteur__z",
    "1.9.3-b-opened": "R_dacteur____diteur__z",
}
LEVELS = ["0.5-past", "1.0-past", "1.1-past", "1.5-past"]


def files_of(store: Path) -> dict[str, str]:
    """Hash every file below a directory, by its path in there."""
    return {
        str(each.relative_to(store)): hashlib.sha256(each.read_bytes()).hexdigest()
        for each in store.rglob("*")
        if each.is_file()
    }


def holders(store: Path, text: str) -> list[Path]:
    return [p for p in store.rglob("*") if p.is_file() and text.encode() in p.read_bytes()]


def clear(memctl, store, *words):
    return memctl("clear", *words, "--at", f"crewai:{store}", "-y", "--json")


def cleared(memctl, store, *words):
    ran = clear(memctl, store, *words)
    assert ran.exit_code == 0, ran.stdout
    assert ran.data["left"] == 0
    return ran.data


def all_of(store):
    """Read every record; several crews may have given one id."""
    with open_backend("crewai", store) as backend:
        return {
            (each.type, each.crew_id, each.id): each
            for memory_type in backend.describe().types
            for batch in backend.scan(memory_type)
            for each in batch.records
        }


def knowledge_of(memctl, store):
    """List what is no memory, and how much of it there is."""
    collections = memctl("stats", "--at", f"crewai:{store}", "--json").data["collections"]
    return {each["name"]: each["records"] for each in collections if each["type"] is None}


# What goes, and what stays


@pytest.mark.parametrize("name", LEGACY)
def test_a_crew_is_cleared_and_everything_else_is_what_it_was(memctl, tmp_path, name):
    store, crew = unpack(name, tmp_path), CREWS[name]
    before, files, others = all_of(store), files_of(store), knowledge_of(memctl, store)

    data = cleared(memctl, store, crew)

    after = all_of(store)
    gone = {key for key in before if key[1] == crew}
    assert data["deleted"] == data["total"] == len(gone) > 0
    assert {each["type"]: each["deleted"] for each in data["types"]} == {
        each: sum(key[0] == each for key in gone) for each in {key[0] for key in gone}
    }
    assert after.keys() == before.keys() - gone
    assert all(same_record(before[key], after[key]) for key in after)
    assert knowledge_of(memctl, store) == others
    kept = files_of(store)
    assert kept.keys() <= files.keys()
    changed = {each for each in kept if kept[each] != files[each]}
    assert {Path(each).name for each in changed} == {"chroma.sqlite3"}
    removed = {Path(each).suffix for each in files.keys() - kept.keys()}
    assert removed <= {".bin", ".pickle"}


@pytest.mark.parametrize("name", LEGACY)
def test_what_was_cleared_is_put_back_byte_for_byte(memctl, tmp_path, name):
    store = unpack(name, tmp_path)
    before = files_of(store)
    stamps = {each: (store / each).stat().st_mtime_ns for each in before}
    backup = cleared(memctl, store, "--all")["backup"]
    assert all_of(store) == {}

    ran = memctl("restore", backup, "--json")

    assert (ran.exit_code, ran.data["comparison"]["missing"]) == (0, 0), ran.stdout
    assert files_of(store) == before
    assert {each: (store / each).stat().st_mtime_ns for each in before} == stamps
    again = memctl("restore", backup, "--json")
    assert again.exit_code == 0
    assert {each["written"] for each in again.data["types"]} == {0}


def test_a_type_is_cleared_in_every_crew_and_long_term_memory_whole(memctl, tmp_path):
    store = unpack("1.9.3-a", tmp_path)
    before = files_of(store)

    data = cleared(memctl, store, "--all", "-t", "long_term")

    assert [each["collection"] for each in data["collections"]] == ["long_term_memories"]
    after = files_of(store)
    assert {each for each in before if after[each] != before[each]} == {
        "long_term_memory_storage.db"
    }
    assert {key[0] for key in all_of(store)} == {"short_term", "entity"}


def test_records_that_name_no_crew_stay_and_are_told(memctl, tmp_path):
    store = unpack("1.9.3-a", tmp_path)

    data = memctl("clear", CREW, "--at", f"crewai:{store}", "-n", "--json").data

    assert "not meant: 7 records in `long_term_memories`" in data["notes"][0]
    assert data["total"] == 9


def test_collections_that_crews_of_like_names_share_are_told(memctl, tmp_path):
    store = unpack("1.9.3-a", tmp_path)
    crew = "Extremely_Verbose_Principal_Staff_Senior_Rese"

    ran = memctl("clear", crew, "--at", f"crewai:{store}", "-n", "-t", "entity", "--json")

    assert ran.data["total"] > 0
    assert any("crews whose roles begin alike" in each for each in ran.data["notes"])


def test_in_a_directory_of_kasals_one_crews_files_alone_are_changed(memctl, tmp_path):
    for crew in ("a", "b"):
        moved = tmp_path / "all" / f"kasal_default_{crew}"
        shutil.move(unpack("1.9.3-b", tmp_path / crew), moved)
    before = files_of(tmp_path / "all" / "kasal_default_b")

    data = cleared(memctl, tmp_path / "all", "a")

    assert {each["type"] for each in data["types"]} == {"short_term", "long_term", "entity"}
    assert data["deleted"] == 7
    assert files_of(tmp_path / "all" / "kasal_default_b") == before
    assert memctl("restore", data["backup"]).exit_code == 0
    assert memctl("stats", "--at", f"crewai:{tmp_path}/all", "--json").data["total"] == 14


@pytest.mark.parametrize("name", ["0.165.1-a", "1.9.3-a"])
def test_no_file_holds_text_that_was_cleared(memctl, tmp_path, name):
    store = unpack(name, tmp_path)
    records = all_of(store)
    gone = [each.content for key, each in records.items() if key[1] == CREW]
    kept = "\n".join(each.content for key, each in records.items() if key[1] != CREW)
    gone = [each for each in gone if each and each not in kept]
    assert all(holders(store, each) for each in gone)

    cleared(memctl, store, CREW, "--no-backup")

    assert len(gone) >= 3
    assert [text for text in gone if holders(store, text)] == []


def test_without_a_backup_none_is_made(memctl, tmp_path, home):
    data = cleared(memctl, unpack("1.9.3-b", tmp_path), "--all", "--no-backup")

    assert data["backup"] is None
    assert not (home / "backups").exists()


# Refused


@pytest.mark.parametrize("words", [("--older-than", "1d"), ("--id", "x"), ("--purge-versions",)])
def test_a_part_of_a_collection_is_refused_with_a_way_out(memctl, tmp_path, words):
    store = unpack("1.9.3-b", tmp_path)
    before = fingerprint(store)

    ran = clear(memctl, store, "--all", *words)

    assert (ran.exit_code, error_of(ran)["code"]) == (7, "unsupported_operation")
    way_out = "leave it out" if words[0] == "--purge-versions" else "memctl migrate"
    assert way_out in error_of(ran)["hint"]
    assert fingerprint(store) == before


def test_a_store_that_another_process_holds_is_not_changed(memctl, tmp_path, home):
    store = unpack("1.9.3-b", tmp_path)
    before = files_of(store)
    file = store / "long_term_memory_storage.db"  # the last that would be changed
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        ran = clear(memctl, store, "--all")

    assert (ran.exit_code, error_of(ran)["code"]) == (6, "store_locked")
    assert files_of(store) == before
    assert not (home / "backups").exists()


def test_more_than_may_be_deleted_is_refused(memctl, tmp_path):
    store = unpack("1.9.3-b", tmp_path)
    before = fingerprint(store)

    ran = clear(memctl, store, "--all", "--max-delete", "6")

    assert ran.exit_code == 3
    assert fingerprint(store) == before


def test_what_was_written_since_it_was_counted_is_not_removed(tmp_path):
    file = unpack("1.9.3-b", tmp_path) / "long_term_memory_storage.db"
    known = recover(file)
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("INSERT INTO long_term_memories (task_description) VALUES ('new')")

    with pytest.raises(StoreLocked), exclusive(file, known):
        pytest.fail("the file was changed since")


# Beside unified memory


@pytest.fixture
def both(tmp_path):
    """Memory of CrewAI 1.9 with unified memory beside it, as after a rescue in place."""
    store = unpack("1.9.3-b", tmp_path)
    return make_table(store, [row(1, dimension=16, scope="/crew/rescued")])


def test_old_memory_of_a_crew_is_cleared_beside_unified_memory(memctl, both):
    unified = fingerprint(both / "memory")

    data = cleared(memctl, both, CREWS["1.9.3-b"])

    assert data["deleted"] == 5
    assert fingerprint(both / "memory") == unified
    assert memctl("restore", data["backup"]).exit_code == 0


def test_records_of_both_are_refused_and_each_can_be_named(memctl, both):
    refused = clear(memctl, both, "--all")
    hint = error_of(refused)["hint"]

    assert refused.exit_code == 7
    assert f"crewai:{both}/chroma.sqlite3" in hint
    assert f"crewai:{both}/memory" in hint
    assert cleared(memctl, both / "chroma.sqlite3", "--all")["deleted"] == 5
    assert cleared(memctl, both / "long_term_memory_storage.db", "--all")["deleted"] == 2
    assert cleared(memctl, both / "memory", "--all")["deleted"] == 1


def test_one_type_of_older_memory_is_cleared_by_its_directory(memctl, tmp_path):
    store = unpack("0.165.1-a", tmp_path)

    assert cleared(memctl, store / "entities", "--all")["deleted"] == 4
    assert {key[0] for key in all_of(store)} == {"short_term", "long_term"}


# Put back, or copied elsewhere


def test_a_store_that_was_changed_since_is_not_overwritten(memctl, tmp_path):
    store = unpack("1.9.3-a", tmp_path)
    backup = cleared(memctl, store, CREW)["backup"]
    change(store, "UPDATE embedding_metadata SET string_value = 'new' WHERE key = 'observation'")
    before = fingerprint(store)

    ran = memctl("restore", backup, "--on-conflict", "overwrite", "--json")
    elsewhere = memctl("restore", backup, f"crewai:{tmp_path}/new", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (3, "conflict")
    assert "name a target" in error_of(ran)["hint"]
    assert fingerprint(store) == before
    assert (elsewhere.exit_code, elsewhere.data["comparison"]["same"]) == (0, 9)


def test_collections_are_put_back_where_chromadb_only_looked_since(memctl, tmp_path):
    chromadb = pytest.importorskip("chromadb")
    store = unpack("1.9.3-b-opened", tmp_path)
    before = files_of(store)
    backup = cleared(memctl, store, CREWS["1.9.3-b"], "-t", "entity")["backup"]
    gone = before.keys() - files_of(store).keys()
    client = chromadb.PersistentClient(str(store))
    (collection,) = client.list_collections()
    assert collection.get()["ids"]
    client.close()

    assert memctl("restore", backup).exit_code == 0

    after = files_of(store)
    assert {each: after[each] for each in {*gone, "chroma.sqlite3"}} == {
        each: before[each] for each in {*gone, "chroma.sqlite3"}
    }


def test_a_backup_that_was_changed_is_refused(memctl, tmp_path, home):
    store = unpack("1.9.3-b", tmp_path)
    backup = cleared(memctl, store, "--all")["backup"]
    kept = home / "backups" / backup / "files" / "store" / "long_term_memory_storage.db"
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")

    ran = memctl("restore", backup, "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "damaged_store")
    kept.unlink()
    (listed,) = memctl("backup", "list", "--json").data["backups"]
    assert listed["state"] == "damaged"


def test_a_backup_that_leads_out_of_the_store_is_none(memctl, tmp_path, home):
    backup = cleared(memctl, unpack("1.9.3-b", tmp_path), "--all")["backup"]
    listing = home / "backups" / backup / "files.json"
    document = json.loads(listing.read_text())
    document["undo"]["cuts"][0]["path"] = "../elsewhere"
    listing.write_text(json.dumps(document))

    ran = memctl("restore", backup, "--json")

    (listed,) = memctl("backup", "list", "--json").data["backups"]
    assert (ran.exit_code, listed["state"]) == (2, "damaged")


def test_a_part_of_a_backup_goes_elsewhere_only(memctl, tmp_path):
    backup = cleared(memctl, unpack("1.9.3-a", tmp_path), "--all")["backup"]

    refused = memctl("restore", backup, "-t", "entity", "--json")
    copied = memctl("restore", backup, f"chroma:{tmp_path}/new", "-t", "entity", "--json")

    assert refused.exit_code == 7
    assert (copied.exit_code, copied.data["comparison"]["same"]) == (0, 6)


@pytest.mark.parametrize("part", [["--crew", "another"], ["-t", "short_term"]])
def test_of_a_cleared_crews_backup_nothing_comes_back_that_was_not_cleared(memctl, tmp_path, part):
    store, crew = unpack("1.9.3-b", tmp_path), CREWS["1.9.3-b"]
    backup = cleared(memctl, store, crew, "-t", "entity")["backup"]

    refused = memctl("restore", backup, f"chroma:{tmp_path}/new", *part, "--json")
    whole = memctl("restore", backup, f"chroma:{tmp_path}/whole", "--crew", crew, "--json")

    assert (refused.exit_code, error_of(refused)["code"]) == (2, "usage")
    assert f"entity memory of crew `{crew}`" in error_of(refused)["message"]
    assert not (tmp_path / "new").exists()
    assert whole.exit_code == 0, whole.stdout


def test_a_backup_of_files_is_listed_and_deleted(memctl, tmp_path, home):
    backup = cleared(memctl, unpack("1.9.3-b", tmp_path), "--all")["backup"]

    (listed,) = memctl("backup", "list", "--json").data["backups"]
    kept = sum(p.stat().st_size for p in (home / "backups" / backup).rglob("*") if p.is_file())

    assert (listed["id"], listed["records"], listed["state"]) == (backup, 7, "complete")
    assert (listed["size_bytes"], listed["made_by"]) == (kept, "clear")
    assert memctl("backup", "delete", backup, "-y").exit_code == 0
    assert not (home / "backups" / backup).exists()


# Every schema level, and being killed


def chroma_of_crew(name: str, top: Path) -> Path:
    """Let collections of a store of any schema level, past a thousand rows, belong to a crew."""
    store = unpack_chroma(name, top)
    change(
        store,
        "UPDATE collections SET name = 'memory_short_term_crew' WHERE name = 'by_cosine'",
        "UPDATE collections SET name = 'memory_entities_crew' WHERE name = 'churn_l2'",
        "UPDATE collections SET name = 'memory_short_term_other' WHERE name = 'by_l2'",
        "UPDATE collections SET name = 'memory_entities_other' WHERE name = 'churn_cosine'",
    )
    return store


@pytest.mark.parametrize("name", LEVELS)
def test_at_every_schema_level_a_crew_is_cleared_and_put_back(memctl, tmp_path, name):
    store = chroma_of_crew(name, tmp_path)
    before, files = all_of(store), files_of(store)

    data = cleared(memctl, store, "crew")

    after = all_of(store)
    assert after.keys() == {key for key in before if key[1] == "other"}
    assert all(same_record(before[key], after[key]) for key in after)
    assert data["deleted"] > 1054
    with closing(sqlite3.connect(f"file:{store}/chroma.sqlite3?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        orphans = (
            "SELECT COUNT(*) FROM embedding_metadata WHERE id NOT IN (SELECT id FROM embeddings)"
        )
        assert connection.execute(orphans).fetchone() == (0,)
        highest = "SELECT MAX(seq_id) FROM embeddings_queue"
        assert connection.execute(highest).fetchone()[0] >= 2580
    assert memctl("restore", data["backup"]).exit_code == 0
    assert files_of(store) == files


def test_chromadb_finds_in_the_other_collections_what_it_did_before(memctl, tmp_path):
    chromadb = pytest.importorskip("chromadb")

    def answers(path):
        client = chromadb.PersistentClient(str(path))
        try:
            collection = client.get_collection("memory_short_term_other", embedding_function=None)
            vectors = collection.get(limit=3, include=["embeddings"])["embeddings"]
            found = collection.query(query_embeddings=vectors, n_results=5)
            texts = collection.get(where_document={"$contains": "plain"})["ids"]
            return found["ids"], found["distances"], found["documents"], texts
        finally:
            client.close()

    store = chroma_of_crew("1.5-past", tmp_path)
    shutil.copytree(store, tmp_path / "copy")
    cleared(memctl, store, "crew")

    assert answers(store) == answers(tmp_path / "copy")


def test_a_removal_on_a_copy_is_taken_back(tmp_path):
    file = unpack("1.9.3-b", tmp_path) / "long_term_memory_storage.db"
    before = digest(file)

    assert digest(file, Removal()) != before
    assert digest(file) == before


def test_what_a_broken_clear_left_behind_is_cleared_away_by_the_next(memctl, tmp_path, monkeypatch):
    store = unpack("1.9.3-a", tmp_path)

    def break_off(_):
        raise StoreLocked("held by another process")

    with monkeypatch.context() as patched:
        patched.setattr(RemoveLeftovers, "do", break_off)
        broken = clear(memctl, store, CREW)
    assert (broken.exit_code, error_of(broken)["code"]) == (8, "partial")
    assert broken.data["deleted"] == broken.data["total"]
    assert f"memctl restore {broken.data['backup']}" in error_of(broken)["hint"]
    checks = memctl("verify", "--at", f"crewai:{store}", "--json").data["checks"]
    assert [e["found"] for e in checks if e["name"] == "orphan segment directories"] == ["2"]

    again = cleared(memctl, store, CREW)

    checks = memctl("verify", "--at", f"crewai:{store}", "--json").data["checks"]
    assert [e["found"] for e in checks if e["name"] == "orphan segment directories"] == ["none"]
    assert (again["deleted"], again["backup"]) == (0, None)
    assert cleared(memctl, store, CREW)["operation_id"] is None


@pytest.mark.parametrize(
    "cause", [StoreLocked("the cause"), RuntimeError("the cause"), KeyboardInterrupt()]
)
def test_what_is_gone_of_whole_collections_and_left_is_said(memctl, tmp_path, monkeypatch, cause):
    store = unpack("1.9.3-b", tmp_path)
    before = all_of(store)
    remove = RemoveCollections.do
    removed = []

    def break_off(self):
        removed.append(self.name)
        if len(removed) > 1:
            raise cause
        remove(self)

    with monkeypatch.context() as patched:
        patched.setattr(RemoveCollections, "do", break_off)
        ran = clear(memctl, store, "--all")

    left = all_of(store)
    assert 0 < len(left) < len(before)
    assert ran.exit_code == (130 if isinstance(cause, KeyboardInterrupt) else 8)
    for each in ran.data["types"]:
        assert each["left"] == sum(key[0] == each["type"] for key in left)
        assert each["deleted"] == each["records"] - each["left"]
    assert (ran.data["deleted"], ran.data["left"]) == (len(before) - len(left), len(left))
    assert f"{len(before) - len(left)} of {len(before)} records" in error_of(ran)["message"]
    assert f"memctl restore {ran.data['backup']}" in error_of(ran)["hint"]
    operation = memctl("history", "--json").data["operations"][0]
    assert operation["detail"] == error_of(ran)["message"]


def test_a_restore_of_files_that_breaks_off_says_what_is_back(memctl, tmp_path, monkeypatch):
    store = unpack("1.9.3-b", tmp_path)
    files = files_of(store)
    backup = cleared(memctl, store, "--all")["backup"]
    put_back = RestoreFile.do
    done = []

    def break_off(self):
        if done:
            raise StoreLocked("the cause")
        done.append(self.name)
        put_back(self)

    with monkeypatch.context() as patched:
        patched.setattr(RestoreFile, "do", break_off)
        ran = memctl("restore", backup, "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (8, "partial")
    assert done[0] in error_of(ran)["message"]
    assert memctl("restore", backup).exit_code == 0
    assert files_of(store) == files


@pytest.mark.parametrize("times", [1, 100_000])
def test_what_a_killed_writer_left_half_done_is_taken_back_first(memctl, tmp_path, times):
    store = unpack("1.9.3-b", tmp_path)
    file = store / "long_term_memory_storage.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA cache_size = 1")
        other.execute("BEGIN")
        other.execute("UPDATE long_term_memories SET task_description = ?", ("half done" * times,))
        for each in (file, file.with_name(file.name + "-journal")):
            shutil.copyfile(each, tmp_path / each.name)
        other.execute("ROLLBACK")
    for each in (file, file.with_name(file.name + "-journal")):
        shutil.copyfile(tmp_path / each.name, each)

    data = cleared(memctl, store, "--all")

    assert data["deleted"] == 7
    assert memctl("restore", data["backup"]).exit_code == 0
    assert not any("half done" in each.content for each in all_of(store).values())


def test_a_clear_killed_at_random_points_loses_nothing_and_ends(memctl, tmp_path, home):
    store = chroma_of_crew("1.1-past", tmp_path)
    before, files = all_of(store), files_of(store)
    words = ("clear", "crew", "--at", f"crewai:{store}", "--json", "-y")

    others = sum(key[1] == "other" for key in before)
    kill_again_and_again(6, ["back up files", "remove 2 coll", "tidy up"], *words)
    assert len(all_of(store)) in {len(before), others}
    data = cleared(memctl, store, "crew")

    after = all_of(store)
    assert after.keys() == {key for key in before if key[1] == "other"}
    assert all(same_record(before[key], after[key]) for key in after)
    kept = [e for e in memctl("backup", "list", "--json").data["backups"] if e["records"]]
    backup = data["backup"] or kept[-1]["id"]
    kill_again_and_again(3, ["put back chroma"], "restore", backup)
    assert len(all_of(store)) in {len(before), others}
    assert memctl("restore", backup).exit_code == 0
    assert files_of(store) == files


def test_a_file_that_is_written_ahead_of_itself_is_cleared_whole(memctl, tmp_path):
    store = unpack("1.9.3-b", tmp_path)
    file = store / "long_term_memory_storage.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("INSERT INTO long_term_memories (task_description) VALUES ('the secret')")

        data = cleared(memctl, store, "--all")

        assert data["deleted"] == 8
        assert other.execute("SELECT COUNT(*) FROM long_term_memories").fetchone() == (0,)
    assert holders(store, "the secret") == []
    assert memctl("restore", data["backup"]).exit_code == 0
    assert len(all_of(store)) == 8

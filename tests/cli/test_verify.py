from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_record, make_records

from ..conftest import fingerprint, make_store
from .stores import (
    DIMENSION,
    INDEX_ON_DISK,
    OWNED,
    change,
    error_of,
    make_foreign_store,
    read_store,
    row,
    rows,
    segment_of,
)

OF_THE_STORE = (
    "reachable",
    "schema level",
    "missing segment directories",
    "orphan segment directories",
    "orphan rows",
    "file permissions",
    "rows without a group",
    "rows without a crew",
)
OF_A_COLLECTION = (
    "dimension",
    "metric",
    "count in index and table",
    "queue gap",
    "rows without vectors",
    "zero vectors",
    "vectors with NaN",
    "duplicate ids",
    "empty texts",
)


@pytest.fixture
def verify(memctl):
    """Run `memctl verify --json`: its exit code, and what is not fine as name -> status."""

    def run(*arguments) -> tuple[int, dict[str, str]]:
        ran = memctl("verify", *arguments, "--json")
        bad = [each for each in ran.data["checks"] if each["status"] != "ok"]
        assert all(each["found"] and each["expected"] for each in ran.data["checks"])
        assert all(each["hint"] for each in bad if each["status"] == "problem")
        return ran.exit_code, {each["name"]: each["status"] for each in bad}

    return run


# A sound store


def test_a_sound_store_has_no_problem_and_names_every_check(memctl, own):
    ran = memctl("verify", "--at", f"chroma:{own}", "--strict", "--json")

    assert ran.exit_code == 0
    names = [each["name"] for each in ran.data["checks"]]
    assert set(names) == {*OF_THE_STORE, *OF_A_COLLECTION}
    assert {names.count(each) for each in OF_THE_STORE} == {1}
    assert {names.count(each) for each in OF_A_COLLECTION} == {5}


def test_each_store_carries_its_own_checks(memctl, own):
    data = memctl("verify", "--at", f"chroma:{own}", "--json").data

    (store,) = data["stores"]
    assert store["checks"] == data["checks"]
    assert (store["backend"], store["profile"], store["failure"]) == ("chroma", None, None)
    assert store["checks"][0].keys() == {
        "name", "status", "found", "expected", "hint", "collection",
    }  # fmt: skip


# Every check can fail

GHOST = (
    "INSERT INTO embeddings (segment_id, embedding_id, seq_id) SELECT {}, 'ghost', seq_id"
    " FROM embeddings LIMIT 1"
)
TWICE = """
    CREATE TABLE other AS SELECT * FROM embeddings;
    DROP TABLE embeddings;
    ALTER TABLE other RENAME TO embeddings;
    INSERT INTO embeddings SELECT 99, segment_id, embedding_id, seq_id, created_at
        FROM embeddings WHERE id = 3;
    INSERT INTO embedding_metadata SELECT 99, key, string_value, int_value, float_value, bool_value
        FROM embedding_metadata WHERE id = 3
"""
DAMAGES = {
    "count in index and table": ("problem", "DELETE FROM embeddings WHERE id = 3"),
    "rows without vectors": ("problem", GHOST.format("segment_id")),
    "orphan rows": ("warning", GHOST.format("'gone'")),
    "duplicate ids": ("problem", TWICE),
    "empty texts": (
        "warning",
        "UPDATE embedding_metadata SET string_value = '' WHERE key = 'chroma:document' AND id = 3",
    ),
    "rows without a group": (
        "warning",
        "DELETE FROM embedding_metadata WHERE key = 'group_id' AND id = 3",
    ),
    "rows without a crew": (
        "warning",
        "DELETE FROM embedding_metadata WHERE key = 'crew_id' AND id = 3",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_check_finds_one_bad_row(verify, indexed, name):
    status, statements = DAMAGES[name]
    change(indexed, *statements.split(";"))
    before = fingerprint(indexed)

    code, bad = verify("--at", f"chroma:{indexed}")

    expected = {name: status}
    if name == "rows without vectors":  # the row has nothing else either
        expected |= dict.fromkeys(
            ("empty texts", "rows without a group", "rows without a crew"), "warning"
        )
    assert bad == expected
    assert code == (3 if status == "problem" else 0)
    assert fingerprint(indexed) == before


def queue(path: Path, operation: int, record_id: str, count: int = 1) -> None:
    """Queue operations that the table does not know, as a writer does that is killed after it."""
    with closing(sqlite3.connect(path / "chroma.sqlite3")) as connection, connection:
        (topic,) = connection.execute("SELECT topic FROM embeddings_queue LIMIT 1").fetchone()
        vector = np.ones(DIMENSION, np.float32).tobytes()
        connection.executemany(
            "INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, metadata)"
            " VALUES (?, ?, ?, ?, 'FLOAT32', ?)",
            [
                (operation, topic, f"{record_id}{number}", vector, json.dumps(queued_metadata))
                for number in range(count)
            ],
        )


queued_metadata = {**OWNED, "chroma:document": "queued"}


def test_rows_that_wait_in_the_queue_are_a_warning(verify, indexed):
    queue(indexed, 0, "waiting-")

    assert verify("--at", f"chroma:{indexed}") == (0, {"queue gap": "warning"})


def test_vectors_that_wait_in_the_queue_are_a_warning_when_they_are_many(verify, tmp_path):
    path = tmp_path / "store"
    path.mkdir(0o700)
    make_foreign_store(path, {"short_term": rows(2)})
    queue(path, 0, "waiting-", 1001)
    change(path, "UPDATE max_seq_id SET seq_id = 2")

    code, bad = verify("--at", f"chroma:{path}")

    assert (code, bad) == (0, {"queue gap": "warning"})


@pytest.mark.parametrize(
    ("numbers", "name", "code"),
    [([0.0] * 4, "zero vectors", 0), ([0.5, float("nan"), 0, 0], "vectors with NaN", 3)],
)
def test_vectors_that_no_search_finds_are_counted(verify, tmp_path, numbers, name, code):
    path = tmp_path / "store"
    path.mkdir(0o700)
    make_foreign_store(path, {"short_term": rows(3)})
    with closing(sqlite3.connect(path / "chroma.sqlite3")) as connection, connection:
        vector = np.array(numbers, np.float32).tobytes()
        connection.execute("UPDATE embeddings_queue SET vector = ? WHERE id = 'row-001'", (vector,))

    found = verify("--at", f"chroma:{path}")

    assert found == (code, {name: "problem" if code else "warning"})


def test_a_missing_segment_directory_is_a_problem(verify, indexed):
    shutil.rmtree(segment_of(indexed))

    assert verify("--at", f"chroma:{indexed}") == (
        3,
        {"missing segment directories": "problem", "readable": "problem"},
    )


def test_an_orphan_segment_directory_is_a_warning(verify, indexed):
    (indexed / "00000000-0000-4000-8000-000000000000").mkdir()

    assert verify("--at", f"chroma:{indexed}") == (0, {"orphan segment directories": "warning"})


def test_a_damaged_index_leaves_the_other_collections_checked(memctl, tmp_path):
    path = make_foreign_store(
        tmp_path / "store", {"short_term": rows(6), "entities": rows(6)}, INDEX_ON_DISK
    )
    os.truncate(segment_of(path, "short_term") / "data_level0.bin", 10)

    checks = memctl("verify", "--at", f"chroma:{path}", "--json").data["checks"]

    of_collection = {
        name: {each["name"]: each["status"] for each in checks if each["collection"] == name}
        for name in ("short_term", "entities")
    }
    assert of_collection["short_term"] == {"dimension": "ok", "readable": "problem"}
    assert set(of_collection["entities"].values()) == {"ok"}
    assert len(of_collection["entities"]) == len(OF_A_COLLECTION) - 1


@pytest.mark.parametrize(
    ("directory", "file", "is_open"),
    [
        (0o755, 0o644, True),
        (0o750, 0o640, True),
        (0o700, 0o644, False),
        (0o755, 0o600, False),
        (0o777, 0o666, True),
    ],
)
def test_a_file_that_others_can_reach_is_a_warning(verify, own, directory, file, is_open):
    (own / "chroma.sqlite3").chmod(file)
    own.chmod(directory)

    code, bad = verify("--at", f"chroma:{own}")

    assert (code, bad) == (0, {"file permissions": "warning"} if is_open else {})


def test_a_dimension_other_than_the_profiles_is_a_problem(verify, memctl, own):
    memctl("setup", "chroma", "--path", own, "--dimension", "8", "-g", "acme")

    assert verify("-g", "acme") == (3, {"dimension": "problem"})


def test_a_metric_other_than_the_profiles_is_a_warning(verify, memctl, own):
    memctl("setup", "chroma", "--path", own, "--metric", "l2", "-g", "acme")

    assert verify("-g", "acme") == (0, {"metric": "warning"})


def test_the_metric_of_another_programs_collection_is_its_own_business(verify, indexed, memctl):
    memctl("setup", "chroma", "--path", indexed, "--metric", "l2", "-g", "acme")

    assert verify("-g", "acme") == (0, {})


def test_records_of_a_type_that_is_off_are_a_warning(verify, memctl, own):
    memctl("setup", "chroma", "--path", own, "-g", "acme")
    memctl("config", "update", "chroma", "--disable", "short_term", "-g", "acme")

    assert verify("-g", "acme") == (0, {"switched-off types": "warning"})


def test_strict_makes_warnings_count(memctl, own):
    own.chmod(0o755)

    ran = memctl("verify", "--at", f"chroma:{own}", "--strict", "--json")

    assert ran.exit_code == 3
    assert error_of(ran)["message"] == "found 1 warning"


# Stores that can't be opened


def test_a_store_that_can_not_be_opened_gives_its_own_code_and_the_reachable_check(
    memctl, tmp_path, own
):
    (tmp_path / "empty").mkdir()
    os.truncate(shutil.copytree(own, tmp_path / "damaged") / "chroma.sqlite3", 0)
    future = shutil.copytree(own, tmp_path / "future")
    change(future, "UPDATE migrations SET version = 99 WHERE dir = 'metadb' AND version = 1")

    for name, code in {"none": 4, "empty": 4, "damaged": 4, "future": 7}.items():
        ran = memctl("verify", "--at", f"chroma:{tmp_path / name}", "--json")

        assert ran.exit_code == code, name
        (store,) = ran.data["stores"]
        (check,) = store["checks"]
        assert (check["name"], check["status"]) == ("reachable", "problem")
        assert store["failure"] == error_of(ran)
        assert check["found"] == error_of(ran)["message"]


# Every profile


@pytest.fixture
def two_profiles(memctl, own, tmp_path):
    memctl("setup", "chroma", "--path", own, "--name", "one", "-g", "acme")
    memctl("setup", "chroma", "--path", tmp_path / "two", "--name", "two", "-g", "acme")
    return tmp_path / "two"


def test_all_profiles_of_the_group_are_checked(memctl, two_profiles):
    memctl("setup", "chroma", "--path", two_profiles, "-g", "other")

    ran = memctl("verify", "--all-profiles", "-g", "acme", "--json")

    assert ran.exit_code == 0
    assert {each["profile"] for each in ran.data["stores"]} == {"one", "two"}
    assert len(ran.data["checks"]) == sum(len(each["checks"]) for each in ran.data["stores"])


def test_one_lost_store_of_several_is_a_problem_and_the_others_are_checked(memctl, two_profiles):
    shutil.rmtree(two_profiles)

    ran = memctl("verify", "--all-profiles", "-g", "acme", "--json")

    assert ran.exit_code == 3
    stores = {each["profile"]: each for each in ran.data["stores"]}
    assert stores["two"]["failure"]["code"] == "store_not_found"
    assert [each["name"] for each in stores["two"]["checks"]] == ["reachable"]
    assert (stores["one"]["failure"], len(stores["one"]["checks"]) > 10) == (None, True)


def test_inactive_profiles_are_left_out(memctl, two_profiles):
    memctl("config", "disable", "-g", "acme")

    ran = memctl("verify", "--all-profiles", "-g", "acme", "--json")

    assert (ran.exit_code, ran.data["stores"]) == (0, [])


# The probe


def test_a_probe_writes_reads_and_deletes_one_record_and_nothing_remains(memctl, own):
    before = read_store("chroma", own)
    with closing(sqlite3.connect(own / "chroma.sqlite3")) as connection:
        (last,) = connection.execute("SELECT MAX(seq_id) FROM embeddings_queue").fetchone()

    ran = memctl("verify", "--probe", "--at", f"chroma:{own}", "--json")

    assert ran.exit_code == 0, ran.stdout
    probe = ran.data["checks"][-1]
    assert (probe["name"], probe["status"]) == ("probe", "ok")
    assert probe["found"] == "written, read, deleted"
    assert read_store("chroma", own).keys() == before.keys()
    with closing(sqlite3.connect(own / "chroma.sqlite3")) as connection:
        queued = connection.execute(
            "SELECT operation, id FROM embeddings_queue WHERE seq_id > ? ORDER BY seq_id", (last,)
        ).fetchall()
        left = connection.execute(
            "SELECT COUNT(*) FROM embedding_metadata WHERE string_value LIKE '%probe%'"
        ).fetchone()
    assert [operation for operation, _ in queued] in ([2, 3], [0, 3])
    assert len({record_id for _, record_id in queued}) == 1
    assert left == (0,)


def test_a_probe_through_a_profile_belongs_to_its_group_and_leaves_nothing(memctl):
    memctl("setup", "chroma", "--dimension", "7", "-g", "acme")

    ran = memctl("verify", "--probe", "-g", "acme", "--json")

    assert ran.exit_code == 0, ran.stdout
    data = memctl("stats", "-g", "acme", "--include-unscoped", "--json").data
    assert (data["total"], data["unscoped"]) == (0, 0)


def test_a_probe_of_an_empty_store_does_not_choose_its_dimension(memctl, tmp_path):
    memctl("setup", "chroma", "--path", tmp_path / "store")
    source = make_store("archive", tmp_path / "source", make_records(3))

    probed = memctl("verify", "--probe", "--json")
    copied = memctl("migrate", f"archive:{source}", "chroma", "--json")

    assert probed.exit_code == 0, probed.stdout
    assert probed.data["checks"][-1]["found"] == "written, read, deleted"
    assert copied.exit_code == 0, copied.stdout
    assert {each["name"] for each in memctl("stats", "--json").data["collections"]} == {
        "document",
        "entity",
        "long_term",
        "short_term",
    }


def test_a_probe_that_would_choose_a_dimension_is_not_tried(memctl, tmp_path):
    full = make_store("chroma", tmp_path / "full", [])
    foreign = make_foreign_store(tmp_path / "foreign", {"knowledge_x": rows(2)})

    for path in (full, foreign):
        before = fingerprint(path)
        ran = memctl("verify", "--probe", "--at", f"chroma:{path}", "--json")
        probe = ran.data["checks"][-1]
        assert (ran.exit_code, probe["name"], probe["status"]) == (0, "probe", "warning")
        assert fingerprint(path) == before


def test_without_a_probe_nothing_is_written(memctl, own):
    before = fingerprint(own)

    memctl("verify", "--at", f"chroma:{own}", "--strict")

    assert fingerprint(own) == before


def test_a_probe_of_another_programs_store_is_refused_and_writes_nothing(memctl, indexed):
    before = fingerprint(indexed)

    ran = memctl("verify", "--probe", "--at", f"chroma:{indexed}", "--json")

    assert ran.exit_code == 7
    assert error_of(ran)["code"] == "unsupported_operation"
    assert fingerprint(indexed) == before


def test_an_archive_can_not_be_probed(memctl, archive_directory):
    before = fingerprint(archive_directory)

    ran = memctl("verify", "--probe", "--at", f"archive:{archive_directory}", "--json")

    assert ran.exit_code == 7
    assert fingerprint(archive_directory) == before


# Archives


def test_a_sound_archive_has_its_hashes_and_digest_compared(memctl, archive_directory):
    ran = memctl("verify", "--at", f"archive:{archive_directory}", "--strict", "--json")

    checks = {each["name"]: each for each in ran.data["checks"]}
    assert ran.exit_code == 0, ran.stdout
    assert checks.keys() >= {"manifest", "files", "records", "dimension", "digest"}
    manifest = json.loads((archive_directory / "manifest.json").read_text())
    assert checks["digest"]["found"] == manifest["digest"]


def test_every_byte_of_an_archive_is_covered(memctl, archive_directory):
    for file in sorted(archive_directory.iterdir()):
        sound = file.read_bytes()
        for at in (0, len(sound) // 2, len(sound) - 2):
            file.write_bytes(sound[:at] + bytes([sound[at] ^ 0x10]) + sound[at + 1 :])

            code = memctl("verify", "--at", f"archive:{archive_directory}", "--json").exit_code

            assert code == 3, (file.name, at)
        file.write_bytes(sound)


def test_a_part_that_the_manifest_does_not_name_is_a_problem(verify, archive_directory, tmp_path):
    other = make_store("archive", tmp_path / "other", [make_record(1, type=MemoryType.ENTITY)])
    shutil.copy(other / "entity-000001.parquet", archive_directory)

    assert verify("--at", f"archive:{archive_directory}") == (3, {"unlisted files": "problem"})


def test_an_archive_with_odd_rows_has_warnings(verify, tmp_path):
    written = [
        make_record(1, embedding=None),
        make_record(2, content=""),
        make_record(3, embedding=np.zeros(4, np.float32)),
        make_record(4, crew_id=None),
        make_record(5, group_id=None),
    ]
    archive = make_store("archive", tmp_path / "archive", written)

    code, bad = verify("--at", f"archive:{archive}")

    assert code == 0
    assert len(bad) == 5
    assert set(bad.values()) == {"warning"}


# The command line


@pytest.mark.parametrize("other", [("--at", "chroma:x"), ("--profile", "x")])
def test_all_profiles_excludes_naming_one(memctl, other):
    ran = memctl("verify", "--all-profiles", *other, "--json")

    assert ran.exit_code == 2
    assert "--all-profiles" in error_of(ran)["message"]
    assert other[0] in error_of(ran)["message"]


def test_people_read_the_same_as_machines(memctl, indexed):
    shutil.rmtree(segment_of(indexed))

    ran = memctl("verify", "--at", f"chroma:{indexed}")

    assert ran.exit_code == 3
    assert "missing segment directories" in ran.stdout
    assert "found 2 problems" in ran.stderr


def test_a_store_with_no_record_at_all_is_sound(verify, memctl):
    memctl("setup", "chroma")

    assert verify("--strict") == (0, {})


def test_rows_of_no_text_are_one_warning_however_they_lack_it(verify, tmp_path):
    path = tmp_path / "store"
    path.mkdir(0o700)
    without = [row(1, None, **OWNED), {**row(2, **OWNED), "documents": ""}, row(3, **OWNED)]
    make_foreign_store(path, {"short_term": without})

    assert verify("--at", f"chroma:{path}") == (0, {"empty texts": "warning"})

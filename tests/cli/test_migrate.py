from __future__ import annotations

import json
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from memctl.backends.base import SetupRequest
from memctl.backends.chroma.directory.writer import ClientWriter
from memctl.model.errors import DamagedStore
from memctl.model.memory_type import MemoryType
from memctl.model.record import ORIGIN_KEY, same_record
from memctl.testing.records import DIFFICULT, make_record, make_records

from ..conftest import fingerprint, make_store, open_backend, start_memctl
from .independent import rows_seen
from .stores import error_of

BOTH = pytest.mark.parametrize("kind", ["archive", "chroma"])


def read_store(kind: str, path: Path):
    with open_backend(kind, path) as backend:
        return {
            record.id: record
            for memory_type in backend.describe().types
            for batch in backend.scan(memory_type)
            for record in batch.records
        }


def assert_holds(expected, kind: str, path: Path) -> None:
    found = read_store(kind, path)
    assert found.keys() == {record.id for record in expected}
    assert all(same_record(record, found[record.id]) for record in expected)


def distinct_difficult():
    return [replace(each, id=f"{each.id}-{n}") for n, each in enumerate(DIFFICULT.values())]


@pytest.fixture
def source(tmp_path):
    """An archive of every memory type."""
    written = [replace(make_record(n), type=t) for n, t in enumerate([*MemoryType] * 6)]
    return make_store("archive", tmp_path / "source", [*written, *distinct_difficult()])


@BOTH
def test_a_copy_holds_every_record(memctl, source, tmp_path, kind):
    ran = memctl("migrate", f"archive:{source}", f"{kind}:{tmp_path}/target", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert_holds(read_store("archive", source).values(), kind, tmp_path / "target")
    assert ran.data["comparison"]["same"] == len(read_store("archive", source))


@BOTH
def test_running_again_adds_nothing(memctl, source, tmp_path, kind):
    arguments = ("migrate", f"archive:{source}", f"{kind}:{tmp_path}/target", "--json")
    memctl(*arguments)

    ran = memctl(*arguments)

    assert ran.exit_code == 0, ran.stdout
    assert sum(each["written"] for each in ran.data["types"]) == 0
    assert sum(each["present"] for each in ran.data["types"]) == 50
    assert_holds(read_store("archive", source).values(), kind, tmp_path / "target")


@pytest.mark.parametrize("kind", ["archive", "chroma"])
def test_the_source_stays_as_it_was(memctl, tmp_path, kind):
    source = make_store(kind, tmp_path / "source", make_records(10))
    before = fingerprint(source)

    ran = memctl("migrate", f"{kind}:{source}", f"archive:{tmp_path}/target")

    assert ran.exit_code == 0, ran.stderr
    assert fingerprint(source) == before


@BOTH
def test_a_dry_run_writes_nothing(memctl, source, tmp_path, home, kind):
    ran = memctl("migrate", f"archive:{source}", f"{kind}:{tmp_path}/target", "-n", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["dry_run"]
    assert sum(each["written"] for each in ran.data["types"]) == 50
    assert not (tmp_path / "target").exists()
    assert list(home.iterdir()) == []


def test_a_source_that_is_not_there_is_an_error(memctl, tmp_path):
    ran = memctl("migrate", f"archive:{tmp_path}/none", f"chroma:{tmp_path}/target", "--json")

    assert ran.exit_code == 4
    assert ran.document["errors"][0]["code"] == "store_not_found"
    assert not (tmp_path / "target").exists()


@BOTH
def test_source_and_target_may_not_be_one_store(memctl, tmp_path, kind):
    store = make_store(kind, tmp_path / "store", make_records(3))

    assert memctl("migrate", f"{kind}:{store}", f"{kind}:{store}/.").exit_code == 2


@BOTH
def test_only_the_crew_and_types_that_were_asked_for_are_copied(memctl, tmp_path, kind):
    entity = replace(make_record(7), type=MemoryType.ENTITY)
    others = [make_record(8, crew_id="sales"), make_record(9, crew_id="research2"), make_record(6)]
    source = make_store("archive", tmp_path / "source", [entity, *others])

    ran = memctl(
        "migrate", f"archive:{source}", f"{kind}:{tmp_path}/target",
        "--crew", "research", "--type", "entity",
    )  # fmt: skip

    assert ran.exit_code == 0, ran.stderr
    assert_holds([entity], kind, tmp_path / "target")


def test_other_content_under_the_same_id_and_owner_stops(memctl, tmp_path):
    source = make_store("archive", tmp_path / "source", [make_record(1), make_record(2)])
    theirs = make_record(2, content="another")
    target = make_store("chroma", tmp_path / "target", [theirs])

    ran = memctl("migrate", f"archive:{source}", f"chroma:{target}", "--json")

    assert ran.exit_code == 3
    assert ran.document["errors"][0]["code"] == "conflict"
    assert_holds([theirs], "chroma", target)


@pytest.mark.parametrize(("policy", "content"), [("skip", "another"), ("overwrite", "mine")])
def test_a_conflict_is_settled_as_asked(memctl, tmp_path, policy, content):
    source = make_store("archive", tmp_path / "source", [make_record(2, content="mine")])
    target = make_store("chroma", tmp_path / "target", [make_record(2, content="another")])

    ran = memctl("migrate", f"archive:{source}", f"chroma:{target}", "--on-conflict", policy)

    assert ran.exit_code == 0, ran.stderr
    assert_holds([make_record(2, content=content)], "chroma", target)


@pytest.mark.parametrize("owner", [{"crew_id": "sales"}, {"group_id": "other"}, {"crew_id": None}])
def test_an_id_that_another_owner_holds_is_renamed_for_good(memctl, tmp_path, owner):
    source = make_store("archive", tmp_path / "source", make_records(3))
    theirs = make_record(1, content="theirs", **owner)
    target = make_store("chroma", tmp_path / "target", [theirs])
    arguments = ("migrate", f"archive:{source}", f"chroma:{target}", "--json")

    first, second = memctl(*arguments), memctl(*arguments)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert [each["renamed"] for each in first.data["types"]] == [1]
    assert [each["written"] for each in second.data["types"]] == [0]
    found = read_store("chroma", target)
    assert len(found) == 4
    assert same_record(found["record-00001"], theirs)
    (renamed,) = [each for each in found.values() if ORIGIN_KEY in each.metadata]
    assert renamed.metadata[ORIGIN_KEY] == {"collection": "short_term", "id": "record-00001"}
    assert renamed.content == "memory number 1"


def make_foreign_store(
    path: Path, collections: dict[str, list[tuple[str, str, dict | None]]]
) -> Path:
    """Make a Chroma store as another program would: collection -> (id, text, metadata)."""
    import chromadb

    client = chromadb.PersistentClient(str(path))
    for name, rows in collections.items():
        collection = client.create_collection(name, embedding_function=None)
        for number, (row_id, text, metadata) in enumerate(rows):
            collection.add(
                ids=[row_id],
                documents=[text],
                metadatas=[metadata],
                embeddings=[np.random.default_rng(number).normal(size=4).tolist()],
            )
    client.close()
    return path


@pytest.mark.parametrize("kind", ["chroma", "crewai"])
def test_equal_ids_of_two_collections_of_one_crew_both_arrive(memctl, tmp_path, kind):
    rows = [("x", "one", None)]
    source = make_foreign_store(
        tmp_path / "source", {"short_term": rows, "memory_short_term": [("x", "two", None)]}
    )
    arguments = ("migrate", f"chroma:{source}", f"{kind}:{tmp_path}/target", "--json")

    first, second = memctl(*arguments), memctl(*arguments)

    assert (first.exit_code, second.exit_code) == (0, 0), first.stdout + second.stdout
    assert sorted(text for _, text, _ in rows_seen(kind, tmp_path / "target")) == ["one", "two"]
    assert [each["written"] for each in second.data["types"]] == [0]


def test_a_dry_run_of_several_collections_into_a_new_store_writes_nothing(memctl, tmp_path):
    rows = [("x", "one", None)]
    source = make_foreign_store(
        tmp_path / "source", {"short_term": rows, "memory_short_term": rows}
    )

    ran = memctl("migrate", f"chroma:{source}", f"chroma:{tmp_path}/target", "-n", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert [each["written"] for each in ran.data["types"]] == [2]
    assert not (tmp_path / "target").exists()


def test_equal_ids_of_two_crews_and_two_groups_all_arrive(memctl, tmp_path):
    owners = [("g", "a"), ("g", "b"), ("h", "a")]
    collections = {
        f"crew{n}_short_term": [("x", f"text {n}", {"group_id": group, "crew_id": crew})]
        for n, (group, crew) in enumerate(owners)
    }
    source = make_foreign_store(tmp_path / "source", collections)

    ran = memctl("migrate", f"chroma:{source}", f"chroma:{tmp_path}/target", "--json")

    assert ran.exit_code == 0, ran.stdout
    found = read_store("chroma", tmp_path / "target").values()
    assert {(each.group_id, each.crew_id, each.content) for each in found} == {
        ("g", "a", "text 0"),
        ("g", "b", "text 1"),
        ("h", "a", "text 2"),
    }


def test_rows_without_a_group_are_stamped_with_the_profiles(memctl, tmp_path):
    source = make_store(
        "archive", tmp_path / "source", [make_record(n, group_id=None) for n in (1, 2)]
    )
    memctl("setup", "chroma", "--path", tmp_path / "target", "-g", "acme")

    ran = memctl("migrate", f"archive:{source}", "chroma", "-g", "acme", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert [each["stamped"] for each in ran.data["types"]] == [2]
    assert memctl("stats", "-g", "acme", "--json").data["total"] == 2


def test_rows_without_a_group_are_left_out_where_groups_are_known(memctl, tmp_path):
    written = [make_record(1), make_record(2, group_id=None), make_record(3, group_id="beta")]
    source = make_store("archive", tmp_path / "source", written)
    arguments = (
        "migrate",
        f"archive:{source}",
        f"chroma:{tmp_path}/target",
        "-g",
        "acme",
        "--json",
    )

    ran = memctl(*arguments)

    assert ran.data["left_out"] == 1
    assert_holds([make_record(1)], "chroma", tmp_path / "target")

    memctl(*arguments, "--include-unscoped")

    assert_holds([make_record(1), make_record(2)], "chroma", tmp_path / "target")


def test_through_a_profile_only_rows_of_its_group_are_read(memctl, tmp_path):
    written = [make_record(1), make_record(2, group_id=None), make_record(3, group_id="beta")]
    source = make_store("chroma", tmp_path / "source", written)
    memctl("setup", "chroma", "--path", source, "-g", "acme")

    ran = memctl("migrate", "chroma", f"archive:{tmp_path}/target", "-g", "acme", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert_holds([make_record(1)], "archive", tmp_path / "target")


def test_a_loss_is_counted_and_refused_before_anything_is_written(memctl, tmp_path):
    written = [make_record(1), make_record(2, embedding=None), make_record(3, embedding=None)]
    source = make_store("archive", tmp_path / "source", written)
    arguments = ("migrate", f"archive:{source}", f"chroma:{tmp_path}/target", "--json")

    refused = memctl(*arguments)

    assert refused.exit_code == 7
    error = refused.document["errors"][0]
    assert error["code"] == "loss_refused"
    assert "2 short_term rows without vectors" in error["message"]
    assert "--skip-without-vectors" in error["hint"]
    assert not (tmp_path / "target").exists()

    allowed = memctl(*arguments, "--skip-without-vectors")

    assert allowed.exit_code == 0
    assert_holds([make_record(1)], "chroma", tmp_path / "target")


def test_a_wrong_dimension_is_found_before_anything_is_written(memctl, tmp_path):
    source = make_store("archive", tmp_path / "source", [make_record(1)])
    other = make_record(2, embedding=np.ones(9, np.float32))
    target = make_store("chroma", tmp_path / "target", [other])

    ran = memctl("migrate", f"archive:{source}", f"chroma:{target}", "--json")

    assert ran.exit_code == 4
    assert ran.document["errors"][0]["code"] == "wrong_dimension"
    assert_holds([other], "chroma", target)


def test_a_type_that_the_targets_profile_switches_off_is_refused(memctl, tmp_path, source):
    memctl("setup", "chroma", "--path", tmp_path / "target")
    memctl("config", "update", "chroma", "--disable", "entity")

    ran = memctl("migrate", f"archive:{source}", "chroma", "--json")

    assert ran.exit_code == 4
    assert "entity" in ran.document["errors"][0]["message"]
    assert memctl("stats", "--at", f"chroma:{tmp_path}/target", "--json").data["total"] == 0


def test_the_default_is_switched_only_after_the_comparison_held(memctl, tmp_path, source):
    memctl("setup", "chroma", "--path", tmp_path / "old", "--name", "old")
    memctl("setup", "chroma", "--path", tmp_path / "new", "--name", "new")
    memctl("migrate", f"archive:{source}", "new", "--set-default", "-n")
    assert memctl("config", "which", "--json").data["profile"] == "old"

    ran = memctl("migrate", f"archive:{source}", "new", "--set-default", "--json")

    assert ran.data["default_profile"] == "new"
    assert memctl("config", "which", "--json").data["profile"] == "new"


def test_set_default_needs_a_profile(memctl, tmp_path, source):
    arguments = ("migrate", f"archive:{source}", f"chroma:{tmp_path}/t", "--set-default")

    assert memctl(*arguments).exit_code == 2
    assert not (tmp_path / "t").exists()


def test_the_operation_and_its_steps_are_in_the_history(memctl, tmp_path, source):
    ran = memctl("migrate", f"archive:{source}", f"archive:{tmp_path}/target", "--json")

    operation = memctl("history", "--json").data["operations"][0]

    assert operation["id"] == ran.data["operation_id"]
    assert operation["command"] == "migrate"
    assert "compare" in [step["name"] for step in operation["steps"]]


def test_two_writers_at_once_are_refused(memctl, tmp_path, source):
    from memctl.core.operations.locks import hold_lock

    target = make_store("chroma", tmp_path / "target", make_records(1))
    with open_backend("chroma", target) as backend, hold_lock(backend.writer_lock):
        ran = memctl("migrate", f"archive:{source}", f"chroma:{target}", "--json")

    assert ran.exit_code == 6
    assert ran.document["errors"][0]["code"] == "store_locked"


def wait_for_a_place(home: Path) -> None:
    """Wait until a copy has kept a place to go on from."""
    end = time.monotonic() + 30
    with closing(sqlite3.connect(home / "state.db")) as database:
        while not database.execute("SELECT MAX(copied) FROM checkpoints").fetchone()[0]:
            assert time.monotonic() < end
            time.sleep(0.01)


def test_an_interrupt_exits_with_130_and_keeps_the_place(memctl, tmp_path, home):
    source = make_store("archive", tmp_path / "source", make_records(3000))
    target = f"chroma:{tmp_path}/target"
    process = start_memctl(
        "migrate", f"archive:{source}", target, "--batch-size", "20", "-v", "--json"
    )
    while "copy short_term ..." not in process.stderr.readline():
        pass
    wait_for_a_place(home)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate()

    assert process.returncode == 130, errors
    (error,) = json.loads(output)["errors"]
    assert error["code"] == "interrupted"
    assert "of 3000 records were written" in error["message"]
    ran = memctl("migrate", f"archive:{source}", target, "--json")
    assert ran.data["resumed"]
    assert ran.exit_code == 0
    assert_holds(make_records(3000), "chroma", tmp_path / "target")


@pytest.mark.parametrize("command", ["migrate", "restore"])
def test_what_breaks_a_copy_off_is_told_with_what_is_written(
    memctl, tmp_path, monkeypatch, source_of_forty, command
):
    target = f"chroma:{tmp_path}/target"
    given = f"archive:{source_of_forty}"
    if command == "restore":
        given = memctl("backup", given, "--json").data["id"]
    words = (command, given, target, "--batch-size", "10", "--json")
    upsert = ClientWriter.upsert
    batches = []

    def break_off(self, *args):
        batches.append(args)
        if len(batches) == 3:
            raise DamagedStore("the cause")
        return upsert(self, *args)

    with monkeypatch.context() as patched:
        patched.setattr(ClientWriter, "upsert", break_off)
        ran = memctl(*words)

    assert (ran.exit_code, error_of(ran)["code"]) == (8, "partial")
    assert "at least 20 of 40 records were written" in error_of(ran)["message"]
    assert error_of(ran)["message"].endswith(": the cause")
    operation = memctl("history", "--json").data["operations"][0]
    assert operation["detail"] == error_of(ran)["message"]
    assert memctl(*words).exit_code == 0
    assert_holds(make_records(40), "chroma", tmp_path / "target")


def test_what_breaks_a_copy_off_before_anything_is_written_keeps_its_code(
    memctl, tmp_path, monkeypatch, source_of_forty
):
    def break_off(self, *_):
        raise DamagedStore("the cause")

    monkeypatch.setattr(ClientWriter, "upsert", break_off)

    ran = memctl("migrate", f"archive:{source_of_forty}", f"chroma:{tmp_path}/target", "--json")

    assert (ran.exit_code, error_of(ran)["message"]) == (4, "the cause")


@pytest.fixture
def source_of_forty(tmp_path):
    """An archive of forty records."""
    return make_store("archive", tmp_path / "forty", make_records(40))


# Metrics


def test_another_metric_of_the_target_is_said(memctl, tmp_path):
    ours = make_store("chroma", tmp_path / "ours", make_records(3), metric="cosine")
    theirs = make_store("chroma", tmp_path / "theirs", [], metric="l2")

    ran = memctl("migrate", f"chroma:{ours}", f"chroma:{theirs}", "--json")

    assert ran.exit_code == 0
    assert ran.data["metrics"] == [{"type": "short_term", "source": "cosine", "target": "l2"}]


def test_no_other_ranking_is_told_of_a_type_that_the_target_is_yet_to_make(memctl, tmp_path):
    ours = make_store("chroma", tmp_path / "ours", make_records(3), metric="cosine")
    with open_backend("chroma", tmp_path / "theirs", writable=True) as backend:
        for step in backend.plan_setup(SetupRequest((MemoryType.ENTITY,), metric="cosine")):
            step.do()

    ran = memctl("migrate", f"chroma:{ours}", f"chroma:{tmp_path}/theirs", "--dry-run", "--json")

    assert ran.exit_code == 0
    assert ran.data["metrics"] == []


def test_normalize_makes_unit_vectors_and_leaves_those_of_length_zero(memctl, tmp_path):
    records = [*make_records(3), make_record(3, embedding=np.zeros(4, np.float32))]
    ours = make_store("archive", tmp_path / "ours", records)
    arguments = ("migrate", f"archive:{ours}", f"chroma:{tmp_path}/theirs", "--normalize", "--json")

    first, again = memctl(*arguments), memctl(*arguments)

    assert (first.exit_code, again.exit_code) == (0, 0), first.stdout
    assert first.data["comparison"]["same"] == 4
    assert again.data["types"][0]["present"] == 4
    found = read_store("chroma", tmp_path / "theirs")
    lengths = [float(np.linalg.norm(found[each.id].embedding)) for each in records]
    assert lengths == pytest.approx([1, 1, 1, 0], abs=1e-6)
    assert found["record-00001"].embedding == pytest.approx(
        records[1].embedding / np.linalg.norm(records[1].embedding)
    )


# Refused


@pytest.mark.parametrize("target", ["chroma", "crewai"])
def test_batches_after_a_refused_record_are_written_and_all_refused_are_named(
    memctl, tmp_path, target
):
    odd = np.array([1, np.nan, 0, 0], np.float32)
    refused = [make_record(17, embedding=odd), make_record(18, embedding=odd)]
    entity = make_record(40, type=MemoryType.ENTITY)
    written = [*make_records(17), *(make_record(each) for each in range(19, 30)), entity]
    source = make_store("archive", tmp_path / "source", [*written, *refused])
    words = (
        "migrate", f"archive:{source}", f"{target}:{tmp_path}/target", "--batch-size", "5", "--json"
    )  # fmt: skip

    for _ in range(2):
        ran = memctl(*words)

        assert ran.exit_code == 8
        error = ran.document["errors"][0]
        assert error["code"] == "write_failed"
        assert all(f"`{each.id}`" in error["message"] for each in refused)
        assert len(read_store(target, tmp_path / "target")) == len(written)

"""Migrations from one Chroma directory to another that holds nothing: copies of the files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from memctl.backends.chroma.directory.staging import make_staging_folder, note_moving
from memctl.core.operations.locks import hold_lock
from memctl.model.memory_type import MemoryType
from memctl.testing.records import DIFFICULT, make_record, make_records

from ..conftest import fingerprint, make_store, open_backend
from ..formats.chroma.stores import unpack
from .kills import Killer
from .stores import error_of, make_foreign_store, read_store, rows, segment_of
from .test_backup import assert_holds
from .test_backup_files import WRITER, steps_of
from .test_faults import leave_a_journal, leave_a_wal

FILES = ["copy files", "compare"]


def test_an_empty_place_gets_the_files_of_the_source(memctl, tmp_path):
    written = [*DIFFICULT.values(), make_record(4711, type=MemoryType.ENTITY)]
    store = make_store("chroma", tmp_path / "store", written)
    before = fingerprint(store)

    ran = memctl("migrate", f"chroma:{store}", f"chroma:{tmp_path}/new/one", "--json")

    target = tmp_path / "new" / "one"
    assert ran.exit_code == 0, ran.stdout
    assert steps_of(memctl) == FILES
    assert fingerprint(store) == before
    assert sum(each["written"] for each in ran.data["types"]) == len(written)
    assert ran.data["comparison"]["same"] == len(written)
    assert_holds(written, "chroma", target)
    assert segment_of(target).name == segment_of(store).name
    assert not list(target.glob(".*"))
    assert target.stat().st_mode & 0o777 == 0o700
    assert all({each.stat().st_mode & 0o777} <= {0o600, 0o700} for each in target.rglob("*"))


def test_the_copy_is_a_store_of_its_own(memctl, own, tmp_path):
    memctl("migrate", f"chroma:{own}", f"chroma:{tmp_path}/new")
    before = fingerprint(own)

    with open_backend("chroma", tmp_path / "new", writable=True) as backend:
        assert not backend.upsert(MemoryType.SHORT_TERM, [make_record(99)]).failed
        assert backend.delete(MemoryType.SHORT_TERM, [make_record(0).id]).done == 1

    assert fingerprint(own) == before
    expected = [*make_records(20)[1:], make_record(99)]
    assert_holds(expected, "chroma", tmp_path / "new")


def test_running_again_adds_nothing(memctl, own, tmp_path):
    arguments = ("migrate", f"chroma:{own}", f"chroma:{tmp_path}/new", "--json")
    memctl(*arguments)

    ran = memctl(*arguments)

    assert ran.exit_code == 0, ran.stdout
    assert [(each["written"], each["present"]) for each in ran.data["types"]] == [(0, 20)]
    assert "copy files" not in steps_of(memctl)


def test_a_dry_run_says_what_would_be_copied_and_makes_nothing(memctl, own, tmp_path):
    ran = memctl("migrate", f"chroma:{own}", f"chroma:{tmp_path}/new", "-n", "--json")

    assert (ran.exit_code, ran.data["types"][0]["written"]) == (0, 20)
    assert not (tmp_path / "new").exists()


def test_a_store_that_setup_made_gets_them_too(memctl, tmp_path):
    memctl("setup", "chroma", "--path", tmp_path / "a", "-g", "acme", "--name", "a")
    memctl("setup", "chroma", "--path", tmp_path / "b", "-g", "acme", "--name", "b")
    with open_backend("chroma", tmp_path / "a", writable=True) as backend:
        backend.upsert(MemoryType.SHORT_TERM, make_records(20))

    ran = memctl("migrate", "a", "b", "-g", "acme", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert steps_of(memctl) == FILES
    assert_holds(make_records(20), "chroma", tmp_path / "b")


@pytest.mark.parametrize("leave", [leave_a_journal, leave_a_wal])
def test_a_source_with_a_journal_is_copied_as_it_would_be_read(memctl, own, tmp_path, leave):
    left = leave(own, tmp_path / "left")
    before = fingerprint(left)
    expected = read_store("chroma", left)

    ran = memctl("migrate", f"chroma:{left}", f"chroma:{tmp_path}/new", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert steps_of(memctl) == FILES
    assert fingerprint(left) == before
    assert_holds(expected.values(), "chroma", tmp_path / "new")


# What is copied record by record


@pytest.mark.parametrize(
    "arguments",
    [["--crew", "research"], ["--type", "short_term"], ["--normalize"], ["--group", "acme"]],
)
def test_what_changes_or_leaves_out_a_row_goes_record_by_record(memctl, tmp_path, arguments):
    written = [
        *make_records(3),
        make_record(4, group_id=None, crew_id="sales"),
        make_record(5, type=MemoryType.ENTITY),
    ]
    store = make_store("chroma", tmp_path / "store", written)

    ran = memctl("migrate", f"chroma:{store}", f"chroma:{tmp_path}/new", *arguments, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert "copy files" not in steps_of(memctl)


def test_rows_that_get_a_group_go_record_by_record(memctl, tmp_path):
    store = make_store(
        "chroma", tmp_path / "store", [make_record(1), make_record(2, group_id=None)]
    )
    memctl("config", "create", "b", "--backend", "chroma", "-g", "acme",
           "--set", f"path={tmp_path}/b")  # fmt: skip

    ran = memctl("migrate", f"chroma:{store}", "b", "-g", "acme", "--include-unscoped", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert "copy files" not in steps_of(memctl)
    found = read_store("chroma", tmp_path / "b")
    assert [each.group_id for each in found.values()] == ["acme"] * 2


def make_older(path: Path) -> Path:
    return unpack("1.1-below", path)


def make_foreign(path: Path) -> Path:
    return make_foreign_store(path / "store", {"short_term": rows(3)})


def make_crews(path: Path) -> Path:
    crews = {"memory_short_term_a": rows(3), "memory_short_term_b": rows(3)}
    return make_foreign_store(path / "store", crews)


@pytest.mark.parametrize(
    ("make", "words"),
    [(make_older, ("--map", "short_term=by_cosine")), (make_foreign, ()), (make_crews, ())],
)
def test_a_store_that_memctl_did_not_make_goes_record_by_record(memctl, tmp_path, make, words):
    store = make(tmp_path)

    ran = memctl("migrate", f"chroma:{store}", f"chroma:{tmp_path}/new", *words, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert "copy files" not in steps_of(memctl)
    with open_backend("chroma", tmp_path / "new") as backend:
        assert backend.place.has_own_layout()


def test_into_a_store_with_records_records_are_added(memctl, own, tmp_path):
    target = make_store("chroma", tmp_path / "target", [make_record(77)])

    ran = memctl("migrate", f"chroma:{own}", f"chroma:{target}", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert_holds([*make_records(20), make_record(77)], "chroma", target)


def test_an_empty_store_of_another_metric_keeps_it(memctl, own, tmp_path):
    target = make_store("chroma", tmp_path / "target", [], metric="l2")

    ran = memctl("migrate", f"chroma:{own}", f"chroma:{target}", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert "copy files" not in steps_of(memctl)
    with open_backend("chroma", target) as backend:
        assert {each.metric for each in backend.describe().collections} == {"l2"}
    assert_holds(make_records(20), "chroma", target)


def test_a_dimension_that_the_target_does_not_want_is_refused(memctl, own, tmp_path):
    memctl("config", "create", "b", "--backend", "chroma", "-g", "acme",
           "--set", f"path={tmp_path}/b", "--set", "dimension=9")  # fmt: skip

    ran = memctl("migrate", f"chroma:{own}", "b", "-g", "acme", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "wrong_dimension")
    assert "copy files" not in steps_of(memctl)


def test_files_of_a_user_are_left_alone(memctl, own, tmp_path):
    target = tmp_path / "target"
    (target / segment_of(own).name).mkdir(parents=True)
    before = fingerprint(target)

    ran = memctl("migrate", f"chroma:{own}", f"chroma:{target}", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "not_a_store")
    assert fingerprint(target) == before


def test_while_another_memctl_writes_to_the_source_nothing_is_copied(memctl, own, tmp_path):
    with hold_lock(os.path.realpath(own)):
        ran = memctl("migrate", f"chroma:{own}", f"chroma:{tmp_path}/new", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (6, "store_locked")
    assert not (tmp_path / "new").exists()


def test_while_another_process_writes_the_copy_is_whole_or_the_answer_is_no(memctl, tmp_path):
    store = make_store("chroma", tmp_path / "store", [])
    script = WRITER.replace("get_or_create_collection", "get_collection").replace(
        '\n    metadata={"hnsw:sync_threshold": 20, "hnsw:batch_size": 5}', ""
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, str(store)], stdout=subprocess.PIPE, text=True
    )
    try:
        while (line := writer.stdout.readline()) and int(line) < 30:
            pass
        ran = memctl("migrate", f"chroma:{store}", f"chroma:{tmp_path}/new", "--json")
    finally:
        writer.kill()
        writer.communicate()

    assert ran.exit_code in (0, 3, 6, 8), ran.stdout
    found = read_store("chroma", tmp_path / "new")
    assert found.keys() == {f"row-{number}" for number in range(len(found))}
    assert len(found) >= 30


# Broken off


@pytest.mark.parametrize("is_there", [False, True])
def test_what_a_killed_run_left_is_removed_by_the_next(memctl, own, tmp_path, is_there):
    target = tmp_path / "target"
    if is_there:
        make_store("chroma", target, [])
    target.mkdir(exist_ok=True)
    draft = make_staging_folder(target)
    shutil.copy(own / "chroma.sqlite3", draft)
    note_moving(draft, [segment_of(own).name])
    shutil.copytree(segment_of(own), target / segment_of(own).name)
    (target / segment_of(own).name / "header.bin").write_bytes(b"half")

    ran = memctl("migrate", f"chroma:{own}", f"chroma:{target}", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert steps_of(memctl) == FILES
    assert_holds(make_records(20), "chroma", target)
    assert not list(target.glob(".*"))


def test_a_draft_whose_files_took_their_place_goes_without_them(memctl, own, tmp_path):
    arguments = ("migrate", f"chroma:{own}", f"chroma:{tmp_path}/target", "--json")
    memctl(*arguments)
    note_moving(make_staging_folder(tmp_path / "target"), [segment_of(own).name])

    ran = memctl(*arguments)

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["comparison"]["same"] == 20
    assert_holds(make_records(20), "chroma", tmp_path / "target")
    assert segment_of(tmp_path / "target").is_dir()
    assert not list((tmp_path / "target").glob(".*"))


def kill_migrations(memctl, tmp_path, kills: int, *, is_there: bool) -> None:
    """Kill migrations at random points: the target holds nothing then, or everything."""
    written = make_records(1200)
    store = make_store("chroma", tmp_path / "store", written)
    before = fingerprint(store)
    target, empty = tmp_path / "target", make_store("chroma", tmp_path / "empty", [])
    arguments = ("migrate", f"chroma:{store}", f"chroma:{target}", "--json")
    with Killer(*arguments) as killer:
        for number in range(kills):
            if is_there and not target.exists():
                shutil.copytree(empty, target)
            killer.kill("copy files", 0.1 * (number + 1) / kills)
            if (target / "chroma.sqlite3").exists() and (found := read_store("chroma", target)):
                assert found.keys() == {each.id for each in written}
                shutil.rmtree(target)

    ran = memctl(*arguments)

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["comparison"]["same"] == 1200
    assert_holds(written, "chroma", target)
    assert not list(target.glob(".*"))
    assert fingerprint(store) == before


@pytest.mark.parametrize("is_there", [False, True])
def test_a_copy_killed_at_random_points_ends_as_an_undisturbed_one(memctl, tmp_path, is_there):
    kill_migrations(memctl, tmp_path, kills=10, is_there=is_there)


@pytest.mark.many_kills
@pytest.mark.parametrize("is_there", [False, True])
def test_a_copy_killed_fifty_times_ends_as_an_undisturbed_one(memctl, tmp_path, is_there):
    kill_migrations(memctl, tmp_path, kills=50, is_there=is_there)


@pytest.mark.parametrize("kib", [16, 400])
def test_a_full_disk_exits_with_8_and_running_again_completes_it(memctl, tmp_path, small_disk, kib):
    store = make_store("chroma", tmp_path / "store", make_records(400, content="x" * 400))
    target = small_disk(kib) / "target"
    arguments = ("migrate", f"chroma:{store}", f"chroma:{target}", "--json")

    first = memctl(*arguments)

    assert (first.exit_code, error_of(first)["code"]) == (8, "disk_full"), first.stdout
    assert not target.exists()
    small_disk(65536)
    second = memctl(*arguments)
    assert second.exit_code == 0, second.stdout
    assert second.data["comparison"]["same"] == 400
    assert len(read_store("chroma", target)) == 400

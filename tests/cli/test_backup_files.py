"""Backups of whole Chroma directories: copies of their files, which `restore` puts back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import chromadb
import numpy as np
import pytest

from memctl.core.backup.listing import Kind, read_listing
from memctl.core.operations.locks import hold_lock
from memctl.core.query.collections import count_collections
from memctl.formats.chroma import open_store
from memctl.testing.records import DIFFICULT, make_record, make_records

from ..conftest import fingerprint, make_store, open_backend, start_memctl
from ..formats.chroma.stores import NAMES, read_all, unpack
from .kills import Killer, kill_again_and_again
from .stores import error_of, make_foreign_store, read_store, rows
from .test_backup import assert_holds, back_up, listed
from .test_faults import leave_a_journal, leave_a_wal

WRITER = """
import sys, chromadb
import numpy as np
client = chromadb.PersistentClient(sys.argv[1])
collection = client.get_or_create_collection("short_term", embedding_function=None,
    metadata={"hnsw:sync_threshold": 20, "hnsw:batch_size": 5})
for number in range(100000):
    vector = np.random.default_rng(number).normal(size=4).astype(np.float32).tolist()
    collection.add(ids=[f"row-{number}"], documents=[f"text {number}"], embeddings=[vector])
    print(number, flush=True)
"""


def files_of(home: Path, backup: str) -> Path:
    """Give the directory of a backup's store."""
    return home / "backups" / backup / "files" / "chroma"


def contents(directory: Path) -> dict[str, str]:
    """Hash every file below a directory."""
    return {
        str(each.relative_to(directory)): sha256(each.read_bytes()).hexdigest()
        for each in directory.rglob("*")
        if each.is_file()
    }


def steps_of(memctl) -> list[str]:
    """Name the steps of the operation that ran last."""
    return [each["name"] for each in memctl("history", "--json").data["operations"][0]["steps"]]


# What is copied as files


def test_a_backup_of_a_whole_directory_is_a_copy_of_its_files(memctl, own, home):
    before = fingerprint(own)

    ran = memctl("backup", f"chroma:{own}", "--json")

    place = files_of(home, ran.data["id"])
    assert fingerprint(own) == before
    assert ran.data["location"] == f"chroma:{place}"
    assert (ran.data["records"], ran.data["comparison"]["same"]) == (20, 20)
    assert contents(place).keys() == contents(own).keys()
    assert all({each.stat().st_mode & 0o777} <= {0o700, 0o600} for each in place.rglob("*"))
    assert_holds(make_records(20), "chroma", place)
    (found,) = listed(memctl)
    assert (found["records"], found["state"], found["source"]) == (20, "complete", f"chroma:{own}")


def test_its_listing_says_all_that_is_needed_to_read_it(memctl, own, home):
    kept = back_up(memctl, f"chroma:{own}")

    listing = read_listing(home / "backups" / kept)

    with open_store(own) as store:
        assert listing.schema == store.schema
    assert (listing.kind, listing.records) == (Kind.STORE, 20)
    assert [(each["name"], each["records"]) for each in listing.collections if each["records"]] == [
        ("short_term", 20)
    ]
    assert listing.hashes == contents(files_of(home, kept))


@pytest.mark.parametrize("part", [["--crew", "sales"], ["--type", "entity"], ["-g", "acme"]])
def test_a_part_of_a_directory_is_copied_record_by_record(memctl, tmp_path, part):
    written = [
        *make_records(3),
        make_record(4, crew_id="sales", type="entity"),
        make_record(5, group_id="globex"),
    ]
    store = make_store("chroma", tmp_path / "store", written)

    ran = memctl("backup", f"chroma:{store}", *part, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["location"].startswith("archive:")
    assert ran.data["records"] < len(written)


def test_a_group_gets_the_files_only_if_every_row_is_its_own(memctl, tmp_path):
    store = make_store("chroma", tmp_path / "store", make_records(3))
    memctl("setup", "chroma", "--path", store, "-g", "acme")
    places = [memctl("backup", "chroma", "-g", "acme", "--json").data["location"]]
    with open_backend("chroma", store, writable=True) as backend:
        backend.upsert("short_term", [make_record(4, group_id=None)])
    places.append(memctl("backup", "chroma", "-g", "acme", "--json").data["location"])

    assert [each.partition(":")[0] for each in places] == ["chroma", "archive"]


def test_a_collection_of_no_type_is_kept_too_but_given_to_no_group(memctl, tmp_path, home):
    notes = {"short_term": rows(3), "notes": rows(5)}
    store = make_foreign_store(tmp_path / "store", notes)

    ran = memctl("backup", f"chroma:{store}", "--json")
    of_group = memctl("backup", f"chroma:{store}", "-g", "acme", "--json")

    assert ran.data["records"] == 3
    with open_backend("chroma", files_of(home, ran.data["id"])) as copy:
        assert {each.name: n for each, n in count_collections(copy).items()} == {
            "short_term": 3,
            "notes": 5,
        }
    assert of_group.data["location"].startswith("archive:")


def test_what_lies_beside_a_store_is_not_copied(memctl, own, home):
    (own / "notes.txt").write_text("mine")
    (own / "0123abcd-0123-0123-0123-0123456789ab").mkdir()

    kept = back_up(memctl, f"chroma:{own}")

    names = {each.name for each in files_of(home, kept).iterdir()}
    assert not names & {"notes.txt", "0123abcd-0123-0123-0123-0123456789ab"}


def test_while_another_memctl_writes_to_the_store_none_is_made(memctl, own):
    with hold_lock(os.path.realpath(own)):
        ran = memctl("backup", f"chroma:{own}", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (6, "store_locked")
    assert listed(memctl) == []


# Stores in every state


@pytest.mark.parametrize("leave", [leave_a_journal, leave_a_wal])
def test_a_store_with_a_journal_is_copied_as_it_would_be_read(memctl, own, tmp_path, leave):
    left = leave(own, tmp_path / "left")
    expected = read_store("chroma", left)
    before = fingerprint(left)

    kept = back_up(memctl, f"chroma:{left}")
    ran = memctl("restore", kept, f"chroma:{tmp_path}/new", "--json")

    assert fingerprint(left) == before
    assert ran.exit_code == 0, ran.stdout
    assert_holds(expected.values(), "chroma", tmp_path / "new")
    assert not list((tmp_path / "new").glob("*-*l"))


@pytest.mark.parametrize("name", NAMES)
def test_a_store_of_any_schema_level_comes_back_as_it_was(memctl, tmp_path, home, name):
    store = unpack(name, tmp_path)
    before, read = fingerprint(store), read_all(store)

    kept = back_up(memctl, f"chroma:{store}")
    ran = memctl("restore", kept, f"chroma:{tmp_path}/new", "--json")
    again = memctl("restore", kept, f"chroma:{tmp_path}/new", "--json")

    assert fingerprint(store) == before
    assert (ran.exit_code, again.exit_code) == (0, 0), again.stdout
    assert contents(tmp_path / "new") == contents(files_of(home, kept))
    assert str(read_all(tmp_path / "new")) == str(read)
    with open_store(store) as old, open_store(tmp_path / "new") as new:
        assert old.schema == new.schema


@pytest.mark.parametrize("tries", range(3))
def test_while_another_process_writes_the_copy_is_whole_or_refused(memctl, tmp_path, home, tries):
    store = tmp_path / "store"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(store)], stdout=subprocess.PIPE, text=True
    )
    try:
        while (line := writer.stdout.readline()) and int(line) < 30 * (tries + 1):
            pass
        made = [memctl("backup", f"chroma:{store}", "--json") for _ in range(2)]
        copies = [tmp_path / f"copy-{number}" for number in range(3)]
        for each in copies:
            each.mkdir()
            with open_backend("chroma", store) as backend:
                backend.store_files().copy(each)
    finally:
        writer.kill()
        writer.communicate()

    assert {each.exit_code for each in made} <= {0, 6, 8}, [each.stdout for each in made]
    whole = [*(home / "backups").glob("*/files/chroma")]
    assert len(whole) == sum(each.exit_code == 0 for each in made)
    for each in (*whole, *copies):
        found = read_store("chroma", each)
        assert found
        assert found.keys() == {f"row-{number}" for number in range(len(found))}
        for number in range(len(found)):
            wanted = np.random.default_rng(number).normal(size=4).astype(np.float32)
            assert np.allclose(found[f"row-{number}"].embedding, wanted, atol=1e-6)


def test_a_backup_is_read_as_any_store_and_not_changed(memctl, own, tmp_path, home):
    kept = back_up(memctl, f"chroma:{own}")
    before = fingerprint(home / "backups")
    place = f"chroma:{files_of(home, kept)}"

    answers = [
        memctl("stats", "--at", place, "--json"),
        memctl("verify", "--at", place, "--json"),
        memctl("diff", f"chroma:{own}", place, "--json"),
        memctl("migrate", place, f"chroma:{tmp_path}/new", "--json"),
        memctl("migrate", place, f"archive:{tmp_path}/archive", "--json"),
    ]

    assert [each.exit_code for each in answers] == [0] * 5
    assert fingerprint(home / "backups") == before


# Bringing it back


def test_files_come_back_byte_for_byte(memctl, tmp_path, home):
    written = list(DIFFICULT.values())
    store = make_store("chroma", tmp_path / "store", written)
    kept = back_up(memctl, f"chroma:{store}")
    shutil.rmtree(store)

    ran = memctl("restore", kept, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["comparison"]["same"] == len(written)
    assert contents(store) == contents(files_of(home, kept))
    assert (store.stat().st_mode & 0o777, {each.name[0] for each in store.iterdir()} & {"."}) == (
        0o700,
        set(),
    )
    assert steps_of(memctl) == ["copy files", "compare"]
    with open_backend("chroma", store, writable=True) as backend:
        assert not backend.upsert("short_term", [make_record(99)]).failed


def test_an_empty_store_becomes_what_was_backed_up_also_for_who_has_it_open(memctl, tmp_path, home):
    store = make_store("chroma", tmp_path / "store", make_records(20))
    kept = back_up(memctl, f"chroma:{store}")
    empty = make_store("chroma", tmp_path / "empty", [])
    client = chromadb.PersistentClient(str(empty))
    before = client.list_collections()

    ran = memctl("restore", kept, f"chroma:{empty}", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert steps_of(memctl) == ["copy files", "compare"]
    assert len(before) == len(client.list_collections())
    assert client.get_collection("short_term", embedding_function=None).count() == 20
    assert_holds(make_records(20), "chroma", empty)
    client.close()


def test_an_empty_store_that_has_more_than_the_backup_loses_nothing(memctl, tmp_path):
    store = make_foreign_store(tmp_path / "store", {"notes": rows(3)})
    kept = back_up(memctl, f"chroma:{store}", "--map", "document=notes")
    empty = make_store("chroma", tmp_path / "empty", [])
    with open_backend("chroma", empty) as backend:
        before = {each.name for each in backend.describe().collections}

    ran = memctl("restore", kept, f"chroma:{empty}", "--json")

    assert ran.exit_code == 0, ran.stdout
    with open_backend("chroma", empty) as backend:
        assert {each.name for each in backend.describe().collections} >= before
    assert "copy files" not in steps_of(memctl)


def test_rows_that_only_a_mapping_finds_come_back(memctl, tmp_path):
    store = make_foreign_store(tmp_path / "store", {"notes": rows(3)})
    kept = back_up(memctl, f"chroma:{store}", "--map", "document=notes")
    before = contents(store)
    shutil.rmtree(store)

    first = memctl("restore", kept, "--json")
    second = memctl("restore", kept, "--json")

    assert [each.exit_code for each in (first, second)] == [0, 0], second.stdout
    assert [(each["type"], each["written"]) for each in first.data["types"]] == [("document", 3)]
    assert [(each["written"], each["present"]) for each in second.data["types"]] == [(0, 3)]
    assert contents(store).keys() == before.keys()


def test_collections_of_several_crews_stay_apart_and_are_found_again(memctl, tmp_path):
    crews = {"memory_short_term_a": rows(3), "memory_short_term_b": rows(4), "other": rows(2)}
    store = make_foreign_store(tmp_path / "store", crews)
    kept = back_up(memctl, f"chroma:{store}")

    answers = [memctl("restore", kept, f"chroma:{tmp_path}/new", "--json") for _ in range(2)]

    assert [each.exit_code for each in answers] == [0, 0], answers[1].stdout
    assert [each.data["types"][0]["written"] for each in answers] == [7, 0]
    with open_backend("chroma", tmp_path / "new") as backend:
        assert {each.name: n for each, n in count_collections(backend).items()} == {
            name: len(each) for name, each in crews.items()
        }


def test_collections_of_several_dimensions_are_found_again(memctl, tmp_path):
    other = [{**each, "embeddings": [1.0, 2.0, 3.0]} for each in rows(3)]
    crews = {"memory_short_term_a": rows(3), "memory_short_term_b": other}
    store = make_foreign_store(tmp_path / "store", crews)
    kept = back_up(memctl, f"chroma:{store}")

    answers = [memctl("restore", kept, f"chroma:{tmp_path}/new", "--json") for _ in range(2)]

    assert [each.exit_code for each in answers] == [0, 0], answers[1].stdout
    assert [each.data["types"][0]["present"] for each in answers] == [0, 6]


def test_a_part_comes_back_record_by_record(memctl, tmp_path):
    written = [*make_records(4), make_record(5, crew_id="sales")]
    store = make_store("chroma", tmp_path / "store", written)
    kept = back_up(memctl, f"chroma:{store}")

    ran = memctl("restore", kept, f"chroma:{tmp_path}/new", "--crew", "sales", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert_holds([written[4]], "chroma", tmp_path / "new")


def test_another_backend_gets_the_records(memctl, own, tmp_path):
    kept = back_up(memctl, f"chroma:{own}")

    ran = memctl("restore", kept, f"archive:{tmp_path}/new", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert_holds(make_records(20), "archive", tmp_path / "new")


def test_a_dry_run_restores_no_file(memctl, own, tmp_path, home):
    kept = back_up(memctl, f"chroma:{own}")
    before = fingerprint(home / "backups")

    ran = memctl("restore", kept, f"chroma:{tmp_path}/new", "-n", "--json")

    assert (ran.exit_code, ran.data["operation_id"], ran.data["comparison"]) == (0, None, None)
    assert [each["written"] for each in ran.data["types"]] == [20]
    assert not (tmp_path / "new").exists()
    assert fingerprint(home / "backups") == before


def test_a_directory_with_files_of_a_user_is_not_restored_into(memctl, own, tmp_path):
    kept = back_up(memctl, f"chroma:{own}")
    place = tmp_path / "place"
    (place / "0123abcd-0123-0123-0123-0123456789ab").mkdir(parents=True)
    before = fingerprint(place)

    ran = memctl("restore", kept, f"chroma:{place}", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "not_a_store")
    assert fingerprint(place) == before


@pytest.mark.parametrize("name", ["chroma.sqlite3", "header.bin"])
def test_a_backup_that_lost_a_file_is_damaged(memctl, own, tmp_path, home, name):
    kept = back_up(memctl, f"chroma:{own}")
    next(files_of(home, kept).rglob(name)).unlink()

    ran = memctl("restore", kept, f"chroma:{tmp_path}/new", "--json")

    assert [each["state"] for each in listed(memctl)] == ["damaged"]
    assert (ran.exit_code, error_of(ran)["code"]) == (4, "damaged_store")
    assert not (tmp_path / "new").exists()
    assert memctl("backup", "delete", kept, "-y").exit_code == 0


def test_a_listing_without_digest_is_still_read(memctl, own, home):
    kept = home / "backups" / back_up(memctl, f"chroma:{own}")
    document = json.loads((kept / "files.json").read_text())
    for name in ("kind", "digest", "collections", "schema", "settings"):
        del document[name]
    document |= {"format_version": 1, "undo": {"cuts": []}, "name": "chroma"}
    (kept / "files.json").write_text(json.dumps(document))

    listing = read_listing(kept)

    assert (listing.kind, listing.records, len(listing.files)) == (
        Kind.CLEARING,
        20,
        len(document["files"]),
    )


# Killed


def kill_backups(memctl, tmp_path, home, kills: int) -> None:
    """Kill backups at random points: what is complete then can be restored, the rest deleted."""
    written = make_records(240)
    store = make_store("chroma", tmp_path / "store", written)
    before = fingerprint(store)
    steps = ["back up to backups/", "compare ..."]
    kill_again_and_again(kills, steps, "backup", f"chroma:{store}", longest_s=0.1)
    kept = back_up(memctl, f"chroma:{store}")

    assert fingerprint(store) == before
    found = listed(memctl)
    assert {each["state"] for each in found} == {"complete", "unfinished"}
    for each in found:
        if each["state"] == "complete":
            assert memctl("restore", each["id"], f"chroma:{tmp_path}/{each['id']}").exit_code == 0
            assert_holds(written, "chroma", tmp_path / each["id"])
        else:
            ran = memctl("restore", each["id"], f"chroma:{tmp_path}/none", "--json")
            assert error_of(ran)["code"] == "damaged_store"
            assert memctl("backup", "delete", each["id"], "-y").exit_code == 0
    assert kept in {each["id"] for each in listed(memctl)}
    assert not (tmp_path / "none").exists()


def test_backups_killed_at_random_points_are_whole_or_unfinished(memctl, tmp_path, home):
    kill_backups(memctl, tmp_path, home, kills=10)


@pytest.mark.many_kills
def test_backups_killed_fifty_times_are_whole_or_unfinished(memctl, tmp_path, home):
    kill_backups(memctl, tmp_path, home, kills=50)


def kill_restores(memctl, tmp_path, kills: int) -> None:
    """Kill restores at random points: the target is no store then, or holds everything."""
    written = make_records(1200)
    store = make_store("chroma", tmp_path / "store", written)
    target = tmp_path / "target"
    arguments = ("restore", back_up(memctl, f"chroma:{store}"), f"chroma:{target}", "--json")
    with Killer(*arguments) as killer:
        for number in range(kills):
            killer.kill("copy files", 0.02 * (number + 1))
            if (target / "chroma.sqlite3").exists():
                assert_holds(written, "chroma", target)
                shutil.rmtree(target)

    ran = memctl(*arguments)

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["comparison"]["same"] == 1200
    assert_holds(written, "chroma", target)
    assert not list(target.glob(".*"))


def test_a_restore_killed_at_random_points_ends_as_an_undisturbed_one(memctl, tmp_path):
    kill_restores(memctl, tmp_path, kills=10)


@pytest.mark.many_kills
def test_a_restore_killed_fifty_times_ends_as_an_undisturbed_one(memctl, tmp_path):
    kill_restores(memctl, tmp_path, kills=50)


def test_a_restore_that_is_interrupted_leaves_nothing_behind(memctl, tmp_path):
    store = make_store("chroma", tmp_path / "store", make_records(1200))
    kept = back_up(memctl, f"chroma:{store}")
    process = start_memctl("restore", kept, f"chroma:{tmp_path}/target", "-v")
    while "copy files" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()

    target = tmp_path / "target"
    assert process.returncode in (0, 130), errors
    assert not target.exists() or len(read_store("chroma", target)) == 1200


# Full disks


@pytest.mark.parametrize("kib", [16, 200])
def test_a_backup_on_a_full_disk_exits_with_8_and_running_again_makes_it(
    memctl, small_disk, own, home, kib
):
    (home / "backups").symlink_to(small_disk(kib))
    before = fingerprint(own)

    ran = memctl("backup", f"chroma:{own}", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (8, "disk_full")
    assert fingerprint(own) == before
    small_disk(65536)
    assert memctl("backup", f"chroma:{own}").exit_code == 0
    assert [each["state"] for each in listed(memctl)] == ["complete"]


@pytest.mark.parametrize("kib", [16, 250])
@pytest.mark.parametrize("is_there", [False, True])
def test_a_restore_on_a_full_disk_exits_with_8_and_running_again_completes_it(
    memctl, tmp_path, small_disk, kib, is_there
):
    store = make_store("chroma", tmp_path / "store", make_records(200, content="x" * 400))
    kept = back_up(memctl, f"chroma:{store}")
    target = small_disk(65536) / "target"
    if is_there:
        make_store("chroma", target, [])
        kib += 220
    before = contents(target)
    small_disk(kib)

    ran = memctl("restore", kept, f"chroma:{target}", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (8, "disk_full"), ran.stdout
    assert contents(target) == before
    small_disk(65536)
    again = memctl("restore", kept, f"chroma:{target}", "--json")
    assert again.exit_code == 0, again.stdout
    assert len(read_store("chroma", target)) == 200

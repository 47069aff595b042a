from __future__ import annotations

import errno
import os
import random
import shutil
import time
from pathlib import Path

import pytest

from memctl.core.operations.locks import hold_lock
from memctl.model.memory_type import MemoryType
from memctl.model.record import same_record
from memctl.testing.records import DIFFICULT, make_record, make_records

from ..conftest import fingerprint, make_store, open_backend
from ..formats.chroma.stores import unpack
from .kills import kill_again_and_again
from .stores import error_of, make_foreign_store, read_store, row
from .terminal import Conversation

ENTITY = MemoryType.ENTITY
WRITTEN = [
    *make_records(6),
    make_record(6, type=ENTITY, embedding=None),
    make_record(7, crew_id="sales", type=ENTITY),
    make_record(8, group_id="globex"),
    make_record(9, group_id=None),
]


def back_up(memctl, source: object, *arguments: object) -> str:
    ran = memctl("backup", source, *arguments, "--json")
    assert ran.exit_code == 0, ran.stdout
    return ran.data["id"]


def listed(memctl):
    return memctl("backup", "list", "--json").data["backups"]


def assert_holds(expected, kind: str, path: Path) -> None:
    found = read_store(kind, path)
    assert found.keys() == {each.id for each in expected}
    assert all(same_record(each, found[each.id]) for each in expected)


@pytest.fixture
def source(tmp_path):
    """An archive of several crews and groups."""
    return make_store("archive", tmp_path / "source", WRITTEN)


# Making and listing


@pytest.mark.parametrize("words", [["backup"], ["backup", "create"]])
def test_a_backup_holds_every_record(memctl, source, home, words):
    ran = memctl(*words, f"archive:{source}", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["records"] == len(WRITTEN)
    assert ran.data["comparison"]["same"] == len(WRITTEN)
    assert ran.document["command"] == "backup create"
    place = home / "backups" / ran.data["id"]
    assert_holds(WRITTEN, "archive", place)
    assert (place.stat().st_mode & 0o777, place.parent.stat().st_mode & 0o777) == (0o700, 0o700)


def test_the_source_stays_as_it_was(memctl, own):
    before = fingerprint(own)

    back_up(memctl, f"chroma:{own}")

    assert fingerprint(own) == before


def test_a_list_says_what_is_known_of_each_backup_the_newest_first(memctl, source, home):
    first = back_up(memctl, f"archive:{source}")
    second = back_up(memctl, f"archive:{source}", "--crew", "sales", "-g", "acme")

    found = listed(memctl)

    assert [each["id"] for each in found] == [second, first]
    assert [each["records"] for each in found] == [1, len(WRITTEN)]
    newest = found[0]
    assert newest["source"] == f"archive:{source}"
    assert (newest["made_by"], newest["group_id"], newest["state"]) == (
        "backup",
        "acme",
        "complete",
    )
    assert newest["created_at"].endswith("Z")
    files = (home / "backups" / second).iterdir()
    assert newest["size_bytes"] == sum(each.stat().st_size for each in files)


def test_without_backups_the_list_is_empty(memctl, home):
    assert listed(memctl) == []
    assert list(home.iterdir()) == []


def test_what_is_no_backup_is_not_listed(memctl, source, home):
    kept = back_up(memctl, f"archive:{source}")
    (home / "backups" / "notes").mkdir()
    (home / "backups" / "file").write_text("x")
    (home / "backups" / kept.replace(kept[:8], "00000000")).symlink_to(source)

    assert [each["id"] for each in listed(memctl)] == [kept]


def test_a_damaged_backup_is_still_listed(memctl, source, home):
    whole, cut, gone = (back_up(memctl, f"archive:{source}") for _ in range(3))
    os.truncate(home / "backups" / cut / "manifest.json", 10)
    (home / "backups" / gone / "short_term-000001.parquet").unlink()

    assert {each["id"]: each["state"] for each in listed(memctl)} == {
        whole: "complete",
        cut: "damaged",
        gone: "damaged",
    }


def test_through_a_profile_a_backup_holds_its_groups_rows(memctl, tmp_path, home):
    rows = [each for each in WRITTEN if each.embedding is not None]
    store = make_store("chroma", tmp_path / "store", rows)
    memctl("setup", "chroma", "--path", store, "-g", "acme")

    ran = memctl("backup", "chroma", "-g", "acme", "--json")

    assert ran.data["left_out"] == 1
    expected = [each for each in rows if each.group_id == "acme"]
    assert_holds(expected, "archive", home / "backups" / ran.data["id"])


def test_difficult_records_survive_backup_and_restore(memctl, tmp_path):
    written = list(DIFFICULT.values())
    store = make_store("chroma", tmp_path / "store", written)
    kept = back_up(memctl, f"chroma:{store}")
    shutil.rmtree(store)

    ran = memctl("restore", kept, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert_holds(written, "chroma", store)


def test_a_dry_run_makes_no_backup(memctl, source, home):
    ran = memctl("backup", f"archive:{source}", "--json", "-n")

    assert (ran.exit_code, ran.data["id"], ran.data["records"]) == (0, None, len(WRITTEN))
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code"), [(["nobody"], 4), (["--type", "x"], 2), (["a", "b"], 2)]
)
def test_a_source_that_is_none_is_an_error(memctl, words, code):
    ran = memctl("backup", *words, "--json")

    assert ran.exit_code == code
    assert ran.document["command"] == "backup create"


def test_bare_backup_shows_the_help(memctl):
    ran = memctl("backup")

    assert ran.exit_code == 0
    assert "list" in ran.stdout


# Restoring


@pytest.mark.parametrize("length", [36, 8])
def test_without_a_target_a_backup_goes_back_to_where_it_came_from(memctl, own, length):
    kept = back_up(memctl, f"chroma:{own}")
    memctl("clear", "--all", "--at", f"chroma:{own}", "-y", "--no-backup")

    ran = memctl("restore", kept[:length], "--json")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["target"]["location"] == f"chroma:{own}"
    assert_holds(make_records(20), "chroma", own)
    assert memctl("history", "--json").data["operations"][0]["command"] == "restore"


def test_a_source_that_was_named_through_a_link_is_found(memctl, tmp_path, monkeypatch):
    make_store("chroma", tmp_path / "real" / "store", make_records(2))
    (tmp_path / "real" / "below").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real" / "below")
    monkeypatch.chdir(tmp_path)
    backup = back_up(memctl, "chroma:link/../store")
    assert memctl("clear", "--all", "--yes", "--at", "chroma:link/../store").exit_code == 0

    ran = memctl("restore", backup, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert_holds(make_records(2), "chroma", tmp_path / "real" / "store")
    assert not (tmp_path / "store").exists()


def test_a_source_that_was_named_from_elsewhere_is_found(memctl, own, tmp_path, monkeypatch):
    monkeypatch.chdir(own.parent)
    kept = back_up(memctl, f"chroma:{own.name}")
    monkeypatch.chdir("/")
    shutil.rmtree(own)

    ran = memctl("restore", kept, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert_holds(make_records(20), "chroma", own)


def test_restoring_twice_adds_nothing(memctl, own):
    kept = back_up(memctl, f"chroma:{own}")

    ran = memctl("restore", kept, "--json")

    assert [(each["written"], each["present"]) for each in ran.data["types"]] == [(0, 20)]


def test_only_the_crew_and_types_that_are_asked_for_are_restored(memctl, source, tmp_path):
    kept = back_up(memctl, f"archive:{source}")
    arguments = ("--crew", "sales", "-t", "entity")

    ran = memctl("restore", kept, f"chroma:{tmp_path}/target", *arguments)

    assert ran.exit_code == 0, ran.stderr
    assert_holds([WRITTEN[7]], "chroma", tmp_path / "target")


def test_rows_without_a_group_come_back_without_one(memctl, tmp_path):
    written = [make_record(1), make_record(2, group_id=None)]
    store = make_store("chroma", tmp_path / "store", written)
    memctl("setup", "chroma", "--path", store, "-g", "acme")
    cleared = memctl("clear", "research", "-g", "acme", "--include-unscoped", "-y", "--json")

    ran = memctl("restore", cleared.data["backup"], "chroma", "-g", "acme", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert_holds(written, "chroma", store)


def test_a_group_in_the_environment_leaves_out_no_row(memctl, source, tmp_path, monkeypatch):
    kept = back_up(memctl, f"archive:{source}")
    monkeypatch.setenv("MEMCTL_GROUP", "acme")

    ran = memctl("restore", kept, f"archive:{tmp_path}/target")

    assert ran.exit_code == 0, ran.stderr
    assert_holds(WRITTEN, "archive", tmp_path / "target")


def test_other_content_in_the_target_stops_before_anything_is_written(memctl, own):
    kept = back_up(memctl, f"chroma:{own}")
    memctl("clear", "--all", "--at", f"chroma:{own}", "-y", "--no-backup")
    with open_backend("chroma", own, writable=True) as backend:
        backend.upsert(MemoryType.SHORT_TERM, [make_record(19, content="newer")])

    ran = memctl("restore", kept, "--batch-size", "3", "--json")

    assert ran.exit_code == 3
    assert error_of(ran)["code"] == "conflict"
    assert_holds([make_record(19, content="newer")], "chroma", own)


@pytest.mark.parametrize(("policy", "content"), [("skip", "newer"), ("overwrite", None)])
def test_a_conflict_is_settled_as_asked(memctl, own, policy, content):
    kept = back_up(memctl, f"chroma:{own}")
    newer = make_record(3, content="newer")
    with open_backend("chroma", own, writable=True) as backend:
        backend.upsert(MemoryType.SHORT_TERM, [newer])

    ran = memctl("restore", kept, "--on-conflict", policy, "--json")

    assert ran.exit_code == 0, ran.stdout
    changed = {newer.id: newer} if content else {}
    assert_holds([changed.get(each.id, each) for each in make_records(20)], "chroma", own)


def test_a_dry_run_restores_nothing(memctl, source, tmp_path, home):
    kept = back_up(memctl, f"archive:{source}")
    before = fingerprint(home / "backups")

    ran = memctl("restore", kept, f"archive:{tmp_path}/target", "-n", "--json")

    assert (ran.exit_code, ran.data["operation_id"]) == (0, None)
    assert sum(each["written"] for each in ran.data["types"]) == len(WRITTEN)
    assert not (tmp_path / "target").exists()
    assert fingerprint(home / "backups") == before


def test_what_a_target_can_not_hold_is_refused_and_can_be_left_behind(memctl, source, tmp_path):
    kept = back_up(memctl, f"archive:{source}")
    arguments = ("restore", kept, f"chroma:{tmp_path}/target", "--json")

    refused = memctl(*arguments)
    allowed = memctl(*arguments, "--skip-without-vectors")

    assert (refused.exit_code, allowed.exit_code) == (7, 0)
    assert_holds(
        [each for each in WRITTEN if each.id != WRITTEN[6].id], "chroma", tmp_path / "target"
    )


@pytest.mark.parametrize("text", ["nothing", "../x", "..", "/etc", "", "*", "a" * 300])
def test_an_id_that_is_none_is_refused(memctl, source, home, text):
    back_up(memctl, f"archive:{source}")
    before = fingerprint(home / "backups")

    restored = memctl("restore", "--json", "--", text)
    deleted = memctl("backup", "delete", "-y", "--json", "--", text)

    assert [error_of(each)["code"] for each in (restored, deleted)] == ["backup_not_found"] * 2
    assert (restored.exit_code, deleted.exit_code) == (4, 4)
    assert fingerprint(home / "backups") == before


def test_a_backup_that_does_not_say_where_it_came_from_needs_a_target(
    memctl, source, tmp_path, home
):
    archive = make_store("archive", tmp_path / "made", make_records(2))
    place = home / "backups" / "01234567-89ab-cdef-0123-456789abcdef"
    place.parent.mkdir(0o700)
    shutil.copytree(archive, place)

    ran = memctl("restore", place.name, "--json")

    assert ran.exit_code == 2
    assert "TARGET" in error_of(ran)["hint"]
    assert memctl("restore", place.name, f"chroma:{tmp_path}/target").exit_code == 0


def test_a_store_that_only_a_profile_names_is_found_by_its_profile(memctl):
    memctl("config", "create", "scratch", "--backend", "memory", "-g", "acme")
    kept = back_up(memctl, "scratch", "-g", "acme")

    ran = memctl("restore", kept, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["target"]["profile"] == "scratch"


def test_a_store_of_another_program_is_not_restored_over(memctl, tmp_path):
    store = make_foreign_store(tmp_path / "store", {"short_term": [row(n) for n in range(3)]})
    cleared = memctl("clear", "--all", "--at", f"chroma:{store}", "-y", "--json")

    refused = memctl("restore", cleared.data["backup"], "--json")
    elsewhere = memctl("restore", cleared.data["backup"], f"chroma:{tmp_path}/new", "--json")

    assert (refused.exit_code, elsewhere.exit_code) == (7, 0)


def test_a_target_of_another_schema_level_is_not_touched(memctl, source, tmp_path):
    kept = back_up(memctl, f"archive:{source}", "--crew", "sales")
    store = unpack("0.5-below", tmp_path)
    before = fingerprint(store)

    assert memctl("restore", kept, f"chroma:{store}").exit_code == 7
    assert fingerprint(store) == before


# Damage


@pytest.mark.parametrize("kind", ["archive", "chroma"])
def test_a_backup_damaged_by_one_byte_is_refused_before_anything_is_written(
    memctl, own, archive_directory, home, kind
):
    kept = back_up(memctl, f"{kind}:{own if kind == 'chroma' else archive_directory}")
    memctl("clear", "--all", "--at", f"chroma:{own}", "-y", "--no-backup")
    before = fingerprint(own)
    chance = random.Random(1)
    files = [each for each in sorted((home / "backups" / kept).rglob("*.*")) if each.is_file()]
    for file in files:
        if not (whole := file.read_bytes()):
            continue
        for at in [0, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(6))]:
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])

            ran = memctl("restore", kept, f"chroma:{own}", "--json")

            assert (ran.exit_code, error_of(ran)["code"]) == (4, "damaged_store"), (file, at)
        file.write_bytes(whole)

    assert {"files.json", "chroma.sqlite3", "header.bin"} <= {each.name for each in files} or (
        kind == "archive" and len(files) == 2
    )
    assert fingerprint(own) == before
    assert memctl("restore", kept, f"chroma:{own}").exit_code == 0


def test_a_damaged_type_that_is_not_asked_for_is_damage_too(memctl, source, tmp_path, home):
    kept = back_up(memctl, f"archive:{source}")
    part = home / "backups" / kept / "entity-000001.parquet"
    part.write_bytes(part.read_bytes()[:-1])

    ran = memctl("restore", kept, f"chroma:{tmp_path}/target", "-t", "short_term", "--json")

    assert error_of(ran)["code"] == "damaged_store"
    assert not (tmp_path / "target").exists()


def test_a_backup_that_was_never_finished_is_said_to_be_so(memctl, source, home):
    kept = back_up(memctl, f"archive:{source}")
    place = home / "backups" / kept
    place.rename(place.with_name(f"{kept}.partial"))

    assert [each["state"] for each in listed(memctl)] == ["unfinished"]
    ran = memctl("restore", kept, "--json")
    assert (ran.exit_code, error_of(ran)["code"]) == (4, "damaged_store")
    assert memctl("backup", "delete", kept, "-y").exit_code == 0
    assert listed(memctl) == []


# Deleting


def age_backup(home: Path, backup_id: str, days: int) -> None:
    """Let a backup look as if it had never been finished, so many days ago."""
    place = home / "backups" / backup_id
    partial = place.rename(place.with_name(f"{backup_id}.partial"))
    then = time.time() - days * 86400
    os.utime(partial, (then, then))


def test_only_the_backups_that_are_named_are_deleted(memctl, source, home):
    first, second, third = (back_up(memctl, f"archive:{source}") for _ in range(3))

    ran = memctl("backup", "delete", first, third, third, "--json", "-y")

    assert ran.exit_code == 0, ran.stdout
    assert {each["id"] for each in ran.data["backups"]} == {first, third}
    assert [each.name for each in (home / "backups").iterdir()] == [second]
    assert_holds(WRITTEN, "archive", source)
    steps = memctl("history", "--json").data["operations"][0]["steps"]
    assert f"delete backups/{first}" in [each["name"] for each in steps]


def test_old_backups_are_deleted_and_young_ones_kept(memctl, source, home):
    old, young, new = (back_up(memctl, f"archive:{source}") for _ in range(3))
    age_backup(home, old, 31)
    age_backup(home, young, 29)

    ran = memctl("backup", "delete", "--older-than", "30d", "--json", "-y")

    assert [each["id"] for each in ran.data["backups"]] == [old]
    assert {each["id"] for each in listed(memctl)} == {young, new}


@pytest.mark.parametrize(("lost", "code"), [(1, 8), (0, 4)])
def test_a_backup_that_is_half_deleted_is_told_as_that(memctl, source, monkeypatch, lost, code):
    kept = back_up(memctl, f"archive:{source}")

    def broken(path):
        for each in list(path.iterdir())[:lost]:
            each.unlink()
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", broken)
        ran = memctl("backup", "delete", kept, "--json", "-y")

    message = error_of(ran)["message"]
    assert (ran.exit_code, ran.data["deleted"], ran.data["left"]) == (code, [], [kept])
    assert ("some of its files are gone" in message) == (lost > 0)
    assert ("no backup was deleted" in message) == (lost == 0)
    assert memctl("backup", "delete", kept, "-y").exit_code == 0


def test_every_backup_is_deleted_where_that_is_asked_for(memctl, source):
    for _ in range(2):
        back_up(memctl, f"archive:{source}")

    assert memctl("backup", "delete", "--all", "-y").exit_code == 0
    assert listed(memctl) == []
    assert memctl("backup", "delete", "--all", "--json", "-y").data["backups"] == []


@pytest.mark.parametrize(
    "arguments",
    [[], ["--older-than", "soon"], ["--all", "--older-than", "1d"], ["x", "--all"], ["--all"]],
)
def test_delete_refuses_without_selector_and_without_yes(memctl, source, arguments):
    kept = back_up(memctl, f"archive:{source}")
    extra = [] if arguments == ["--all"] else ["-y"]

    assert memctl("backup", "delete", *arguments, *extra, stdin="yes\n").exit_code == 2
    assert [each["id"] for each in listed(memctl)] == [kept]


def test_a_dry_run_deletes_no_backup(memctl, source):
    kept = back_up(memctl, f"archive:{source}")

    ran = memctl("backup", "delete", kept, "-n", "--json")

    assert (ran.exit_code, ran.data["dry_run"], ran.data["operation_id"]) == (0, True, None)
    assert [each["id"] for each in listed(memctl)] == [kept]


def test_a_backup_that_is_being_written_is_not_deleted(memctl, source, home):
    kept = back_up(memctl, f"archive:{source}")

    with hold_lock(os.path.realpath(home / "backups" / kept)):
        ran = memctl("backup", "delete", kept, "-y", "--json")

    assert ran.exit_code == 6
    assert [each["id"] for each in listed(memctl)] == [kept]


@pytest.mark.parametrize(
    "cause", [OSError(5, "broken"), RuntimeError("broken"), KeyboardInterrupt()]
)
def test_which_backups_are_gone_and_left_is_said_where_it_breaks_off(
    memctl, source, monkeypatch, cause
):
    kept = [back_up(memctl, f"archive:{source}") for _ in range(3)]
    remove = shutil.rmtree
    removed = []

    def break_off(path, *args, **named):
        if Path(path).name in kept:
            removed.append(path)
            if len(removed) == 2:
                raise cause
        remove(path, *args, **named)

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", break_off)
        ran = memctl("backup", "delete", "--all", "-y", "--json")

    there = [each["id"] for each in listed(memctl)]
    assert len(there) == 2
    assert ran.exit_code == (130 if isinstance(cause, KeyboardInterrupt) else 8)
    assert sorted(ran.data["left"]) == sorted(there)
    assert sorted(ran.data["deleted"] + there) == sorted(kept)
    assert "1 of 3 backups were deleted, 2 are left" in error_of(ran)["message"]
    operation = memctl("history", "--json").data["operations"][0]
    assert (operation["outcome"], operation["detail"]) == ("failed", error_of(ran)["message"])


def test_on_a_terminal_the_id_is_to_be_typed(memctl, source):
    kept = back_up(memctl, f"archive:{source}")
    with Conversation("backup", "delete", kept[:8]) as talk:
        talk.read_until(f"type `{kept}` to delete it: ")
        talk.type(kept)
        talk.end()

    assert talk.exit_code == 0, talk.said
    assert listed(memctl) == []


# Killed


def test_a_restore_killed_at_random_points_ends_as_an_undisturbed_one(memctl, tmp_path):
    written = make_records(240)
    source = make_store("archive", tmp_path / "source", written)
    arguments = (
        "restore", back_up(memctl, f"archive:{source}"), f"chroma:{tmp_path}/target",
        "--batch-size", "20", "--json",
    )  # fmt: skip
    kill_again_and_again(10, ["create the store", "copy short_term ..."], *arguments)

    ran = memctl(*arguments)

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["comparison"]["same"] == 240
    assert_holds(written, "chroma", tmp_path / "target")

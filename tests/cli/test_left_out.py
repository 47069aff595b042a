"""Copies and comparisons that leave rows out: how many and why is said, and 3 is the end of none.

What the user's own `--crew` and `--type` exclude is no such row.
"""

from __future__ import annotations

import pytest

from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_record, make_records

from ..conftest import fingerprint, make_store
from .stores import error_of, make_foreign_store, rows
from .test_backup import assert_holds

NONE = {"no_group": 0, "other_group": 0, "no_type": 0}


@pytest.fixture
def profile(memctl, tmp_path):
    """Make a store with records, and a profile `here` of a group for it."""

    def make(records, group="acme"):
        path = make_store("chroma", tmp_path / "here", records)
        memctl(
            "config", "create", "here", "--backend", "chroma", "--set", f"path={path}", "-g", group
        )
        return path

    return make


def ungrouped(count):
    return make_records(count, group_id=None)


def journal_of(memctl, command):
    operations = memctl("history", "--json").data["operations"]
    return [each for each in operations if each["command"] == command]


def assert_all_left_out(ran, **by):
    error = error_of(ran)
    assert (ran.exit_code, error["code"]) == (3, "all_left_out"), ran.stdout
    assert ran.data["left_out_by"] == {**NONE, **by}
    assert ran.data["left_out"] == by.get("no_group", 0)
    assert ran.data["types"] == []
    assert ran.data["comparison"] is None
    assert ran.data["operation_id"] is None


# Nothing is copied


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=" ".join)
def test_rows_without_a_group_that_no_group_means_are_no_copy(memctl, tmp_path, profile, dry):
    profile(ungrouped(12))
    order = ("migrate", "here", f"archive:{tmp_path}/there", "-g", "acme", *dry)

    ran = memctl(*order, "--json")

    assert_all_left_out(ran, no_group=12)
    assert ran.data["dry_run"] is bool(dry)
    assert "--include-unscoped" in error_of(ran)["hint"]
    assert not (tmp_path / "there").exists()
    assert journal_of(memctl, "migrate") == []
    assert "no record to copy: all 12 are left out, 12 without a group\n" in memctl(*order).stdout
    assert memctl(*order, "--include-unscoped").exit_code == 0


@pytest.mark.parametrize("kind", ["archive", "chroma"])
def test_rows_of_other_groups_are_no_copy_from_a_location_either(memctl, tmp_path, kind):
    source = make_store(kind, tmp_path / "source", [*make_records(5), *ungrouped(7)[5:]])

    ran = memctl("migrate", f"{kind}:{source}", f"archive:{tmp_path}/x", "-g", "typo", "--json")

    assert_all_left_out(ran, no_group=2, other_group=5)
    assert "`-g`" in error_of(ran)["hint"]


def test_rows_of_collections_without_a_memory_type_are_no_copy(memctl, tmp_path):
    source = make_foreign_store(tmp_path / "source", {"notes": rows(6)})
    order = ("migrate", f"chroma:{source}", f"archive:{tmp_path}/target")

    assert_all_left_out(memctl(*order, "--json"), no_type=6)

    ran = memctl(*order, "--map", "document=notes", "--json")
    assert (ran.exit_code, ran.data["left_out_by"]) == (0, NONE)


def test_the_default_is_not_switched_to_a_store_that_got_nothing(memctl, tmp_path, profile):
    profile(ungrouped(3))
    memctl("setup", "chroma", "--name", "there", "-g", "acme")

    ran = memctl("migrate", "here", "there", "-g", "acme", "--set-default", "--json")

    assert_all_left_out(ran, no_group=3)
    assert memctl("config", "which", "-g", "acme", "--json").data["profile"] == "here"


def test_a_store_without_any_record_is_copied_as_such(memctl, tmp_path, profile):
    profile([])

    ran = memctl("migrate", "here", f"archive:{tmp_path}/there", "-g", "acme", "--json")

    assert (ran.exit_code, ran.data["left_out_by"]) == (0, NONE)


@pytest.mark.parametrize(
    "words", [("--crew", "nobody"), ("--type", "entity"), ("--crew", "nobody", "-t", "entity")]
)
@pytest.mark.parametrize("command", ["migrate", "backup"])
def test_what_the_users_own_selector_excludes_is_not_left_out(
    memctl, tmp_path, profile, command, words
):
    profile(ungrouped(3))
    target = [f"archive:{tmp_path}/there"] if command == "migrate" else []

    ran = memctl(command, "here", *target, "-g", "acme", *words, "--json")

    assert (ran.exit_code, ran.data["left_out_by"]) == (0, NONE)


def test_a_crew_all_of_whose_rows_are_left_out_is_not_copied(memctl, tmp_path, profile):
    profile([*make_records(3), *make_records(5, group_id=None, crew_id="sales")[3:]])
    there = f"archive:{tmp_path}/there"

    ran = memctl("migrate", "here", there, "-g", "acme", "--crew", "sales", "--json")

    assert_all_left_out(ran, no_group=2)


# Some are copied


def test_a_copy_of_some_says_how_many_others_there_are_and_why(memctl, tmp_path, profile):
    other = make_records(9, group_id="globex")[4:]
    profile([*make_records(3), make_record(3, group_id=None), *other])
    order = ("migrate", "here", f"archive:{tmp_path}/there", "-g", "acme")

    plain, ran = memctl(*order, "--dry-run"), memctl(*order, "--json")

    assert ran.exit_code == plain.exit_code == 0
    assert ran.data["left_out"] == 1
    assert ran.data["left_out_by"] == {**NONE, "no_group": 1, "other_group": 5}
    assert "note: left out: 1 row without a group; add `--include-unscoped`" in plain.stderr
    assert "note: left out: 5 rows of other groups\n" in plain.stderr
    assert_holds(make_records(3), "archive", tmp_path / "there")


def test_a_copy_beside_collections_without_a_type_says_so(memctl, tmp_path):
    source = make_foreign_store(tmp_path / "source", {"notes": rows(6), "short_term": rows(2)})

    ran = memctl("migrate", f"chroma:{source}", f"archive:{tmp_path}/target", "--json")

    assert (ran.exit_code, ran.data["left_out_by"]) == (0, {**NONE, "no_type": 6})
    of_type = memctl(
        "migrate", f"chroma:{source}", f"archive:{tmp_path}/x", "-t", "short_term", "--json"
    )
    assert of_type.data["left_out_by"] == NONE


# Backups


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=" ".join)
def test_no_backup_is_made_of_nothing(memctl, home, profile, dry):
    profile(ungrouped(4))

    ran = memctl("backup", "here", "-g", "acme", *dry, "--json")

    assert_all_left_out(ran, no_group=4)
    assert (ran.data["id"], ran.data["dry_run"]) == (None, bool(dry))
    assert not list((home / "backups").glob("*"))
    assert journal_of(memctl, "backup") == []
    assert memctl("backup", "here", "-g", "acme", "--include-unscoped").exit_code == 0


def test_a_backup_of_some_says_how_many_others_there_are(memctl, profile):
    profile([*make_records(3), *make_records(9, group_id="globex")[4:]])

    ran = memctl("backup", "here", "-g", "acme", "--json")

    assert (ran.exit_code, ran.data["records"]) == (0, 3)
    assert ran.data["left_out_by"] == {**NONE, "other_group": 5}


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=" ".join)
def test_a_backup_of_files_leaves_nothing_out(memctl, tmp_path, dry):
    source = make_foreign_store(tmp_path / "source", {"notes": rows(6)})

    ran = memctl("backup", f"chroma:{source}", *dry, "--json")

    assert (ran.exit_code, ran.data["left_out_by"]) == (0, NONE)


def test_what_a_restored_backup_of_files_left_out_is_said(memctl, tmp_path):
    source = make_foreign_store(tmp_path / "source", {"notes": rows(6)})
    made = memctl("backup", f"chroma:{source}", "--json").data["id"]

    whole = memctl("restore", made, f"chroma:{tmp_path}/whole", "--json")
    other = memctl("restore", made, f"archive:{tmp_path}/other", "--json")

    assert (whole.exit_code, whole.data["left_out_by"]) == (0, NONE)
    assert_all_left_out(other, no_type=6)
    assert not (tmp_path / "other").exists()


# Comparisons


def test_two_sides_of_which_nothing_is_compared_are_not_called_the_same(memctl, tmp_path, profile):
    here = profile(ungrouped(4))
    there = make_store("archive", tmp_path / "there", [make_record(1, group_id="globex")])
    before = fingerprint(here), fingerprint(there)

    ran = memctl("diff", "here", f"archive:{there}", "-g", "acme", "--json")
    said = memctl("diff", "here", f"archive:{there}", "-g", "acme")

    codes = [each["code"] for each in ran.document["errors"]]
    assert (ran.exit_code, codes) == (3, ["all_left_out", "all_left_out"])
    assert ran.data["left_out_by"] == {**NONE, "no_group": 4}
    assert ran.data["target_left_out_by"] == {**NONE, "other_group": 1}
    assert "no record to compare" in said.stdout
    assert "the same" not in said.stdout
    assert "4 without a group" in said.stderr
    assert (fingerprint(here), fingerprint(there)) == before


@pytest.mark.parametrize("is_forward", [True, False])
def test_what_was_not_compared_of_either_side_is_said(memctl, tmp_path, profile, is_forward):
    profile([*make_records(3), make_record(3, group_id=None), make_record(4, group_id="globex")])
    others = [*ungrouped(12)[10:], *make_records(15, group_id="globex")[12:]]
    there = make_store("archive", tmp_path / "there", [*make_records(3), *others])
    sides = ("here", f"archive:{there}")

    ran = memctl("diff", *(sides if is_forward else sides[::-1]), "-g", "acme", "--json")

    assert ran.exit_code == 0, ran.stdout
    ours = {**NONE, "no_group": 1, "other_group": 1}
    theirs = {**NONE, "no_group": 2, "other_group": 3}
    found = ran.data["left_out_by"], ran.data["target_left_out_by"]
    assert found == ((ours, theirs) if is_forward else (theirs, ours))


def test_an_empty_side_and_one_that_is_left_out_are_not_called_the_same(memctl, tmp_path, profile):
    profile([])
    there = make_store(
        "archive", tmp_path / "there", [make_record(1, type=MemoryType.ENTITY, group_id="x")]
    )

    ran = memctl("diff", "here", f"archive:{there}", "-g", "acme", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (3, "all_left_out")


def test_collections_without_a_type_are_not_compared_and_that_is_said(memctl, tmp_path):
    here = make_foreign_store(tmp_path / "here", {"notes": rows(6)})
    there = make_foreign_store(tmp_path / "there", {"notes": rows(2)})

    ran = memctl("diff", f"chroma:{here}", f"chroma:{there}", "--json")

    assert (ran.exit_code, ran.document["errors"][0]["code"]) == (3, "all_left_out")
    assert ran.data["left_out_by"]["no_type"] == 6
    assert ran.data["target_left_out_by"]["no_type"] == 2

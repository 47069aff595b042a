from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from memctl.testing.records import make_record, make_records

from ..backends.test_chroma_index_guard import saved
from ..conftest import fingerprint, make_store, open_backend
from .independent import assert_seen, traces
from .kills import DIRECTORIES, TABLES, Killer, kill_again_and_again
from .test_backup import assert_holds

PAIRS = [
    ("archive", "archive"),
    ("archive", "chroma"),
    ("chroma", "chroma"),
    ("chroma", "archive"),
    ("archive", "crewai"),
    ("crewai", "archive"),
]
COPIED = make_records(240)
BEGUN = ["migrate ", "copying ", "copying ", "compare ..."]
"""What the log says when the journal, the target, and the files of the comparison are written."""

SOON_S = 0.12
"""A copy of a few hundred records takes little longer."""

often = pytest.mark.parametrize("kills", [10, pytest.param(50, marks=pytest.mark.many_kills)])


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A directory for temporary files of the last run alone."""
    path = tmp_path / "temporary"

    def use() -> Path:
        path.mkdir()
        monkeypatch.setenv("TMPDIR", str(path))
        monkeypatch.setattr(tempfile, "tempdir", str(path))
        return path

    return use


@often
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_a_copy_killed_at_random_points_ends_as_an_undisturbed_one(
    memctl, tmp_path, temporary, pair, kills
):
    source, target = pair
    ours = make_store(source, tmp_path / "ours", COPIED)
    theirs = tmp_path / "theirs"
    before = fingerprint(ours)
    words = ("migrate", f"{source}:{ours}", f"{target}:{theirs}", "--batch-size", "8", "--json")
    loaded = TABLES if "crewai" in pair else DIRECTORIES
    kill_again_and_again(kills, BEGUN, *words, longest_s=SOON_S, loaded=loaded)
    left = temporary()

    ran = memctl(*words)

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["comparison"]["same"] == len(COPIED)
    assert_seen(COPIED, target, theirs)
    assert_holds(COPIED, target, theirs)
    assert fingerprint(ours) == before
    assert (list(left.iterdir()), traces(theirs)) == ([], [])


def test_an_archive_that_is_not_what_the_source_became_is_mended_before_it_is_complete(
    memctl, tmp_path
):
    ours, theirs = make_store("chroma", tmp_path / "ours", COPIED), tmp_path / "theirs"
    words = ("migrate", f"chroma:{ours}", f"archive:{theirs}", "--json")
    with Killer(*words) as killer:
        killer.kill("compare ...", 0)
    changed = [replace(COPIED[0], content="changed"), *COPIED[1:]]
    with open_backend("chroma", ours, writable=True) as backend:
        backend.upsert(COPIED[0].type, changed[:1])

    first = memctl(*words)

    assert first.exit_code == 3, first.stdout
    assert not theirs.exists()
    assert memctl(*words, "--on-conflict", "overwrite").exit_code == 0
    assert_seen(changed, "archive", theirs)


def test_an_index_is_saved_before_it_is_compared(tmp_path):
    copied = make_records(1500)
    ours = make_store("archive", tmp_path / "ours", copied)

    with Killer("migrate", f"archive:{ours}", f"chroma:{tmp_path}/theirs", "--json") as killer:
        killer.kill("compare ...", 0)

    assert saved(tmp_path / "theirs") == len(copied)


def test_what_an_earlier_run_skipped_is_overwritten(memctl, tmp_path):
    ours = make_store("archive", tmp_path / "ours", COPIED)
    others = [replace(each, content="another") for each in COPIED]
    theirs = make_store("chroma", tmp_path / "theirs", others)
    words = ("migrate", f"archive:{ours}", f"chroma:{theirs}", "--json", "--on-conflict")
    with Killer(*words, "skip") as killer:
        killer.kill("compare ...", 0)

    ran = memctl(*words, "overwrite")

    assert ran.exit_code == 0, ran.stdout
    assert_seen(COPIED, "chroma", theirs)


@often
def test_a_backup_killed_at_random_points_leaves_none_that_looks_whole(
    memctl, tmp_path, home, temporary, kills
):
    ours = make_store("archive", tmp_path / "ours", COPIED)
    before = fingerprint(ours)
    words = ("backup", f"archive:{ours}", "--batch-size", "8", "--json")
    begun = ["backup ", "begin archive", "copy short_term ...", "compare ..."]
    kill_again_and_again(kills, begun, *words, longest_s=SOON_S)
    left = temporary()

    ran = memctl(*words)

    assert ran.exit_code == 0, ran.stdout
    listed = memctl("backup", "list", "--json").data["backups"]
    whole = [each["id"] for each in listed if each["state"] == "complete"]
    assert ran.data["id"] in whole
    for each in whole:
        assert_seen(COPIED, "archive", home / "backups" / each)
    assert {each["state"] for each in listed} <= {"complete", "unfinished"}
    assert fingerprint(ours) == before
    assert list(left.iterdir()) == []


@often
def test_a_comparison_that_is_killed_leaves_both_sides_as_they_were(
    memctl, tmp_path, temporary, kills
):
    ours = make_store("chroma", tmp_path / "ours", COPIED)
    theirs = make_store("archive", tmp_path / "theirs", [*COPIED[1:], make_record(999)])
    before = fingerprint(ours), fingerprint(theirs)
    words = ("diff", f"chroma:{ours}", f"archive:{theirs}", "--batch-size", "8", "--json")
    begun = ["opening chroma:", "opening archive:", "comparing ..."]
    kill_again_and_again(kills, begun, *words, longest_s=SOON_S)
    left = temporary()

    ran = memctl(*words)

    assert (ran.exit_code, len(ran.data["differences"])) == (3, 2), ran.stdout
    assert (fingerprint(ours), fingerprint(theirs)) == before
    assert (list(left.iterdir()), traces(ours, theirs)) == ([], [])


@often
def test_a_switch_that_is_killed_happens_after_the_comparison_or_not_at_all(
    memctl, tmp_path, home, temporary, kills
):
    for name in ("old", "new"):
        memctl("setup", "chroma", "--path", tmp_path / name, "--name", name, "-g", "acme")
    ours = f"archive:{make_store('archive', tmp_path / 'ours', COPIED)}"
    assert memctl("migrate", ours, "old", "-g", "acme").exit_code == 0
    memctl("config", "set-default", "old", "-g", "acme")
    words = ("migrate", "old", "new", "-g", "acme", "--set-default", "--batch-size", "8", "--json")
    begun = ["back up to", "copy files ...", "create collection", "compare: done", "make new the"]
    kill_again_and_again(kills, begun, *words, longest_s=SOON_S)
    if memctl("config", "which", "-g", "acme", "--json").data["profile"] == "new":
        assert_seen(COPIED, "chroma", tmp_path / "new")
    left = temporary()

    ran = memctl(*words)

    assert (ran.exit_code, ran.data["default_profile"]) == (0, "new"), ran.stdout
    assert ran.data["comparison"]["same"] == len(COPIED)
    assert_seen(COPIED, "chroma", tmp_path / "new")
    assert_seen(COPIED, "archive", home / "backups" / ran.data["backup"])
    assert (list(left.iterdir()), traces(tmp_path / "new")) == ([], [])

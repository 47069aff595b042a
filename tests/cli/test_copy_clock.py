from __future__ import annotations

import sqlite3
import sys
import time
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from memctl.testing.records import make_records

from ..conftest import make_store
from .independent import assert_seen, traces
from .kills import kill_again_and_again

COPIED = make_records(400)
BACK, AHEAD = timedelta(days=-365), timedelta(days=3652)
jumps = pytest.mark.parametrize("jump", [BACK, AHEAD], ids=["back", "ahead"])


@pytest.fixture
def jump_clock(monkeypatch):
    """Let the clock of the wall jump, in all of memctl; the monotonic one goes on as it does."""
    now = time.time

    def jump(by: timedelta) -> None:
        class Jumped(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(tz) + by

        monkeypatch.setattr(time, "time", lambda: now() + by.total_seconds())
        for name, module in list(sys.modules.items()):
            known = getattr(module, "datetime", None)
            if name.startswith("memctl.") and isinstance(known, type):
                monkeypatch.setattr(module, "datetime", Jumped)

    return jump


def times_in_journal(home):
    with closing(sqlite3.connect(home / "state.db")) as database:
        return database.execute("SELECT started_at FROM operations ORDER BY number").fetchall()


@pytest.mark.parametrize("case", [("archive", BACK), ("archive", AHEAD)], ids=["back", "ahead"])
def test_a_copy_goes_on_after_the_clock_has_jumped(memctl, tmp_path, home, jump_clock, case):
    kind, jump = case
    ours = make_store("archive", tmp_path / "ours", COPIED)
    words = ("migrate", f"archive:{ours}", f"{kind}:{tmp_path}/theirs", "--batch-size", "4")
    kill_again_and_again(2, ["copy short_term ..."], *words, longest_s=0.12)
    memctl("history")  # has loaded by now what tells the time
    jump_clock(jump)

    ran = memctl(*words, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["resumed"]
    assert ran.data["comparison"]["same"] == len(COPIED)
    assert_seen(COPIED, kind, tmp_path / "theirs")
    assert traces(tmp_path / "theirs") == []
    stamps = [each for (each,) in times_in_journal(home)]
    assert (stamps[-1] > stamps[0]) == (jump is AHEAD)
    told = memctl("history", "--json").data["operations"]
    assert told[0]["id"] == ran.data["operation_id"]


@jumps
def test_backups_from_before_and_after_a_jump_are_all_kept_and_restored(
    memctl, tmp_path, home, jump_clock, jump
):
    store = make_store("archive", tmp_path / "store", COPIED[:20])
    words = ("backup", f"archive:{store}", "--json")
    first = memctl(*words).data["id"]
    jump_clock(jump)
    second = memctl(*words).data["id"]
    in_order = [second, first] if jump is AHEAD else [first, second]

    listed = memctl("backup", "list", "--json").data["backups"]

    assert [(each["id"], each["state"]) for each in listed] == [
        (each, "complete") for each in in_order
    ]
    told = memctl("history", "--json").data["operations"]
    assert [each["id"] for each in told] == [second, first]
    for each in (first, second):
        assert memctl("restore", each, f"chroma:{tmp_path}/{each}").exit_code == 0
        assert_seen(COPIED[:20], "chroma", tmp_path / each)


def test_a_backup_from_the_future_is_not_old(memctl, tmp_path, jump_clock):
    store = make_store("archive", tmp_path / "store", COPIED[:3])
    words = ("backup", f"archive:{store}", "--json")
    now = memctl(*words).data["id"]
    jump_clock(AHEAD)
    later = memctl(*words).data["id"]
    jump_clock(timedelta(days=40))

    ran = memctl("backup", "delete", "--older-than", "30d", "--yes", "--json")

    assert [each["id"] for each in ran.data["backups"]] == [now]
    left = memctl("backup", "list", "--json").data["backups"]
    assert [each["id"] for each in left] == [later]

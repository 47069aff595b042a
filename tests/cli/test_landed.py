"""What the first memctl left behind goes on working: profiles, journal, an unfinished migration.

`tests/data/landed/make_home.py` tells how it was made.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tarfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from memctl.model.record import ORIGIN_KEY

from .stores import read_store

HOME = Path(__file__).parent.parent / "data" / "landed" / "home.tar.xz"
MADE_IN = Path("/srv/memory")
WRITTEN = {"short_term": 9, "long_term": 2, "entity": 0}
"""What was copied before the process was killed."""
ALL = {"short_term": 9, "long_term": 7, "entity": 8}


def key_of(directory: Path) -> str:
    """Name the unfinished copy as the first memctl did, which lies in a directory."""
    sample, store = f"{directory}/sample", f"{directory}/store"
    owners = ["acme", None, True]
    terms = [False, False, [False, False, False], None]
    parts = [sample, store, {"embedder": None, "path": sample}, {}, owners, "acme", *terms]
    return sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()


@pytest.fixture
def left(home, tmp_path):
    """Unpack all of it elsewhere, and let memctl's home say so."""
    with tarfile.open(HOME) as tar:
        tar.extractall(tmp_path, filter="data")
    shutil.copytree(tmp_path / "home", home, dirs_exist_ok=True)
    place = tmp_path.resolve()
    with closing(sqlite3.connect(home / "state.db", isolation_level=None)) as state:
        found = [key for (key,) in state.execute("SELECT DISTINCT key FROM checkpoints")]
        assert found == [key_of(MADE_IN)]
        state.execute("UPDATE checkpoints SET key = ?", [key_of(place)])
        for table, column in (("profiles", "settings"), ("operations", "subject")):
            state.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?)",  # noqa: S608 - constants
                [str(MADE_IN), str(place)],
            )
    return place


@pytest.fixture
def again(memctl, left):
    """Run the migration that was killed again."""

    def run():
        ran = memctl(
            *("migrate", f"archive:{left}/sample", "prod"),
            *("-g", "acme", "--batch-size", "2", "--json"),
        )
        assert ran.exit_code == 0, ran.stdout
        return ran.data

    return run


def by_type(data, name):
    return {each["type"]: each[name] for each in data["types"]}


def test_the_profile_is_in_force_with_its_settings(memctl, left):
    shown = memctl("config", "show", "prod", "-g", "acme", "--json").data
    counted = memctl("stats", "-g", "acme", "--json").data

    assert shown["profile"]["settings"] == {"path": f"{left}/store", "metric": "cosine"}
    assert counted["selected_by"] == "group_default"
    found = {each["type"]: each["records"] for each in counted["types"]}
    assert found == WRITTEN


def test_the_journal_is_shown(memctl, left):
    operations = memctl("history", "--json").data["operations"]

    assert [(each["command"], each["outcome"]) for each in operations] == [
        ("migrate", "started"),
        ("config create", "done"),
        ("migrate", "done"),
    ]


def test_the_migration_goes_on_where_it_was(again, left):
    data = again()

    assert data["resumed"] is True
    rest = {each: ALL[each] - WRITTEN[each] for each in ALL}
    for name in ("read", "written", "renamed"):
        assert by_type(data, name) == rest
    assert (data["comparison"]["same"], data["comparison"]["source"]) == (24, 24)
    assert len(read_store("chroma", left / "store")) == 48


def test_copies_whose_ids_were_changed_are_recognised_again(again, left, home):
    with closing(sqlite3.connect(home / "state.db", isolation_level=None)) as state:
        state.execute("DELETE FROM checkpoints")

    first, second = again(), again()

    assert by_type(first, "present") == WRITTEN
    assert by_type(second, "present") == ALL
    assert by_type(second, "written") == dict.fromkeys(ALL, 0)
    copies = read_store("chroma", left / "store").values()
    assert len(copies) == 48
    assert sum(ORIGIN_KEY in each.metadata for each in copies if each.group_id == "acme") == 24


def test_both_sides_of_it_are_compared(memctl, again, left):
    before = memctl("diff", f"archive:{left}/sample", "prod", "-g", "acme", "--json")
    again()

    after = memctl("diff", f"archive:{left}/sample", "prod", "-g", "acme", "--json")

    assert before.exit_code == 3
    assert {each["state"] for each in before.data["differences"]} == {"only_in_source"}
    assert (after.exit_code, after.data["differences"]) == (0, [])

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from memctl.store.completion import group_ids, profile_names
from memctl.store.database import State, open_state
from memctl.store.profiles import Profiles

LIGHT = """
import sys
from memctl.store.completion import group_ids, profile_names

print(profile_names("acme"), group_ids())
heavy = {"sqlmodel", "sqlalchemy", "pydantic", "platformdirs", "filelock"}
print(sorted(heavy & sys.modules.keys()))
"""


def test_names_and_groups_come_sorted(profiles: Profiles):
    for group, name in (("b", "y"), ("b", "x"), ("株式会社", "z"), ("a'b", "x")):
        profiles.create(group, name, backend_type="chroma")

    assert profile_names("b") == ["x", "y"]
    assert profile_names("a'b") == ["x"]
    assert profile_names("nobody") == []
    assert group_ids() == ["a'b", "b", "株式会社"]


def test_names_are_read_while_another_connection_writes(state: State):
    Profiles(state).create("acme", "prod", backend_type="chroma")

    with open_state() as other, other.writing():
        assert profile_names("acme") == ["prod"]


def test_without_a_file_there_is_nothing_and_nothing_is_created(home: Path):
    assert profile_names("acme") == []
    assert group_ids() == []
    assert not home.exists()


@pytest.mark.parametrize("content", [b"", b"x", b"not a database" * 1000])
def test_a_file_that_cannot_be_read_completes_to_nothing(used_home: Path, content: bytes):
    (used_home / "state.db").write_bytes(content)

    assert profile_names("acme") == []
    assert group_ids() == []
    assert (used_home / "state.db").read_bytes() == content


@pytest.mark.usefixtures("used_home")
def test_what_cannot_be_a_group_completes_to_nothing():
    assert profile_names("caf\udce9") == []


@pytest.mark.usefixtures("used_home")
def test_completion_imports_nothing_heavy():
    answer = subprocess.run(
        [sys.executable, "-c", LIGHT],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout == "['prod'] ['acme']\n[]\n"

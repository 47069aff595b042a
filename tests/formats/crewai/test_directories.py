from __future__ import annotations

import sys

import pytest

from memctl.formats.crewai import directories


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A Linux machine whose working directory is called `project`."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def test_a_projects_memory_lies_in_the_data_directory_without_crewais_name(machine):
    assert directories.own_directories() == [machine / "data" / "project"]
    assert directories.own_unified_directory() == machine / "data" / "project" / "memory"


def test_without_the_variable_of_the_desktop_the_data_directory_is_in_the_home(
    machine, monkeypatch
):
    monkeypatch.delenv("XDG_DATA_HOME")

    assert directories.data_directory() == machine / "home" / ".local" / "share"


def test_an_absolute_storage_directory_is_used_as_it_is(machine, monkeypatch):
    monkeypatch.setenv("CREWAI_STORAGE_DIR", str(machine / "given"))

    assert directories.own_directories() == [machine / "given", machine / "data" / "project"]
    assert directories.own_unified_directory() == machine / "given" / "memory"


def test_a_relative_storage_directory_is_read_both_ways(machine, monkeypatch):
    monkeypatch.setenv("CREWAI_STORAGE_DIR", "./given")

    assert directories.own_directories() == [
        machine / "project" / "given",
        machine / "data" / "given",
        machine / "data" / "project",
    ]


@pytest.mark.parametrize(
    ("platform", "expected"),
    [("darwin", "home/Library/Application Support"), ("win32", "local/CrewAI")],
)
def test_other_systems_have_other_data_directories(machine, monkeypatch, platform, expected):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("LOCALAPPDATA", str(machine / "local"))

    assert directories.data_directory() == machine / expected


def test_every_place_where_memory_may_lie_is_a_candidate(machine, monkeypatch):
    monkeypatch.setenv("CREWAI_STORAGE_DIR", "given")
    monkeypatch.setenv("KASAL_MEMORY_DIR", str(machine / "kasal"))
    made = ["data/another", "data/kasal_default_x", "data/CrewAI/documented"]
    made += ["home/.kasal/memory/kasal_default_acme", "kasal/kasal_default_y", "kasal/other"]
    for each in made:
        (machine / each).mkdir(parents=True)

    found = {place.path for place in directories.candidate_directories()}

    expected = ["project/given", "data/given", "data/project", "data/CrewAI/project"]
    expected += ["project/.crewai", "project", *made[:-1]]
    assert found >= {machine / each for each in expected}
    assert machine / "kasal" / "other" not in found

from __future__ import annotations

import os
import shutil

import pytest

from memctl.formats.crewai import Kind, find_storage, find_storages
from memctl.model.errors import NotPermitted

from .stores import unpack


def kinds(directory):
    return [part.kind for part in find_storage(directory).parts]


def test_each_generation_is_told_by_its_files(tmp_path):
    assert set(kinds(unpack("0.165.1-b", tmp_path / "1"))) == {Kind.PER_TYPE, Kind.LONG_TERM}
    assert kinds(unpack("1.9.3-a", tmp_path / "2")) == [
        Kind.SHARED,
        Kind.LONG_TERM,
        Kind.KICKOFF,
        Kind.FLOWS,
    ]
    assert kinds(unpack("1.15.30-a", tmp_path / "3")) == [Kind.UNIFIED]


def test_the_directory_of_unified_memory_and_its_table_name_it_too(tmp_path):
    store = unpack("1.15.30-a", tmp_path)

    assert kinds(store / "memory") == [Kind.UNIFIED]
    assert kinds(store / "memory" / "memories.lance") == [Kind.UNIFIED]


def test_crews_of_the_oldest_generation_are_named_by_their_directories(tmp_path):
    parts = find_storage(unpack("0.165.1-a", tmp_path)).of(Kind.PER_TYPE)

    assert {part.crew_id for part in parts} == {
        None,
        "Lone_Wolf",
        "Senior_Researcher_Reporting_Analyst",
    }


def test_a_directory_of_kasals_directories_is_one_store_of_many_crews(tmp_path):
    for name in ("kasal_default_acme_crew_1", "kasal_databricks_acme_crew_2", "other"):
        shutil.move(unpack("1.9.3-b", tmp_path / "unpacked" / name), tmp_path / "all" / name)

    storage = find_storage(tmp_path / "all")

    assert storage.is_many
    assert {part.crew_id for part in storage.of(Kind.SHARED)} == {"acme_crew_1", "acme_crew_2"}
    assert len({part.prefix for part in storage.parts}) == 2


def test_other_programs_files_are_no_store(tmp_path):
    (tmp_path / "short_term").mkdir()
    (tmp_path / "short_term" / "notes.txt").write_text("x")
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "other.lance").mkdir()
    (tmp_path / "memories.lance").write_text("a file of that name")

    assert find_storage(tmp_path).parts == ()
    assert find_storage(tmp_path / "not there").parts == ()


def test_stores_are_found_below_a_directory_and_none_within_another(tmp_path):
    unpack("1.9.3-b", tmp_path / "a" / "b")
    store = unpack("1.15.30-b", tmp_path / "c")
    (tmp_path / "loop").symlink_to(tmp_path)

    found = [storage.path for storage in find_storages(tmp_path)]

    assert sorted(found) == [tmp_path / "a" / "b" / "store", store]


def test_what_lies_too_deep_is_left_out(tmp_path):
    unpack("1.15.30-b", tmp_path.joinpath(*"1234567"))

    assert list(find_storages(tmp_path)) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into any directory")
def test_a_directory_that_may_not_be_looked_into_is_an_error(tmp_path):
    tmp_path.chmod(0)
    try:
        with pytest.raises(NotPermitted):
            find_storage(tmp_path)
    finally:
        tmp_path.chmod(0o700)

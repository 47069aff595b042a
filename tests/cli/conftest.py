"""Stores that tests of several commands share; those of the session are not to be written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .stores import INDEX_ON_DISK, make_foreign_store, rows


@pytest.fixture(scope="session")
def indexed_directory(tmp_path_factory):
    """A sound store of another program, whose index is on the disk; not to be written."""
    path = tmp_path_factory.mktemp("indexed") / "store"
    path.mkdir(0o700)
    return make_foreign_store(path, {"short_term": rows(20)}, INDEX_ON_DISK)


@pytest.fixture
def indexed(indexed_directory, tmp_path):
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(indexed_directory, tmp_path / "store"))


@pytest.fixture
def own(chroma_directory, tmp_path):
    """A copy of a small store of memctl's own layout, to be written."""
    return Path(shutil.copytree(chroma_directory, tmp_path / "own"))

"""Stores that tests of several commands share; those of the session are not to be written."""

from __future__ import annotations

import os
import shutil
import subprocess
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


@pytest.fixture
def small_disk(tmp_path):
    """Mount a disk of so many KiB; call it again to give it another size."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    path = tmp_path / "disk"
    path.mkdir()

    def resize(kib: int) -> Path:
        again = ["remount,"] if path.is_mount() else []
        command = ["mount", "-t", "tmpfs", "-o", f"{''.join(again)}size={kib}k", "tmpfs", path]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            pytest.skip(f"a small disk can't be mounted: {ran.stderr.strip()}")
        return path

    yield resize
    if path.is_mount():
        subprocess.run(["umount", "--lazy", path], check=True)  # noqa: S607 - wherever the system keeps it

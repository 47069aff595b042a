"""Stores made by each chromadb; those of the session are not to be written."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

from memctl.formats.chroma.index import vectors

from .stores import NAMES, copy_store, unpack


@pytest.fixture(autouse=True)
def impatience(monkeypatch):
    """Nobody writes in these tests: what is damaged is so at the second look too."""
    monkeypatch.setattr(vectors, "_PAUSE_S", 0)


@pytest.fixture(scope="session")
def stores(tmp_path_factory):
    """Unpack a store once, by name."""
    unpacked = {}

    def path(name):
        if name not in unpacked:
            unpacked[name] = unpack(name, tmp_path_factory.mktemp(name))
        return unpacked[name]

    return path


@pytest.fixture(params=NAMES)
def each_store(request, stores):
    """Every store that is kept as data."""
    return stores(request.param)


@pytest.fixture(params=["0.5-below", "1.5-below"])
def own_store(request, stores, tmp_path):
    """A copy of a small old and a small new store, to be changed."""
    return copy_store(stores(request.param), tmp_path)


@pytest.fixture
def new_store(stores, tmp_path):
    """A copy of a small store of chromadb 1.5, to be changed."""
    return copy_store(stores("1.5-below"), tmp_path)


class OtherUser:
    """Reads a store as a user who owns nothing of it; only root can make one."""

    # Everything is imported before the user changes: another user may not reach the interpreter.
    SCRIPT = """
        import os, sys
        from pathlib import Path
        from memctl.formats.chroma import open_store
        from memctl.formats.chroma.index import vectors
        from memctl.model.errors import MemctlError

        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            with open_store(Path(sys.argv[1])) as store:
                store.inspect()
                for each in store.collections():
                    store.inspect_collection(each)
                    store.tally(each)
            print("read")
        except MemctlError as exc:
            print(exc.code)
    """

    def __init__(self, directory):
        self.directory = directory

    def copy(self, path):
        return copy_store(path, self.directory)

    def run(self, path):
        command = [sys.executable, "-c", textwrap.dedent(self.SCRIPT), str(path)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        return ran.stdout.strip()


@pytest.fixture
def other_user():
    """Another user, with a directory that others can reach."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield OtherUser(Path(directory))

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

import pytest

from memctl.testing.contract import BackendContract

from ..conftest import contents
from .archive.opening import open_archive


class TestUnfinishedArchive(BackendContract):
    @pytest.fixture
    def new_place(self, tmp_path):
        with open_archive(tmp_path / "new" / "archive", writable=True) as backend:
            yield backend

    @pytest.fixture
    def other_place(self, tmp_path):
        return open_archive(tmp_path / "new" / "other")

    def traces(self, backend):
        return contents(Path(backend.settings["path"]).parents[1])


class TestReopenedArchive(TestUnfinishedArchive):
    """What was written is all that the next run needs."""

    def reread(self, backend):
        backend.close()
        return backend


class TestFinishedArchive(TestUnfinishedArchive):
    """A finished copy is read, since the archive itself goes on being written."""

    numbers = count()

    def reread(self, backend):
        copy = Path(f"{backend.settings['path']}-{next(self.numbers)}")
        shutil.copytree(f"{backend.settings['path']}.partial", f"{copy}.partial")
        with open_archive(copy, writable=True) as unfinished:
            unfinished.finish()
        return open_archive(copy)

    def test_who_reads_what_another_connection_wrote_is_at_the_same_store(self, backend, many):
        found = self.fill(backend, many(3))

        assert found.identity != backend.identity  # a copy is a store of its own

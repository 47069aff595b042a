from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

import pytest

from memctl.testing.contract import BackendContract

from .archive.opening import begin, open_archive


class TestUnfinishedArchive(BackendContract):
    @pytest.fixture
    def backend(self, tmp_path):
        with begin(tmp_path / "archive") as backend:
            yield backend


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

"""What a setup step that fails part-way leaves behind: nothing, and the directories that were."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from memctl.backends.base import SetupRequest
from memctl.model.errors import MemctlError

from ..conftest import open_backend

BACKENDS = ("archive", "chroma", "crewai")
INNERMOST = ("store.", "memory", ".memctl-draft-")
"""What the directories are called that each backend makes last."""
LONGEST_NAME = 255


def first_step(backend):
    steps = backend.plan_setup(SetupRequest(()))
    return next(each for each in steps if not each.find())


@pytest.mark.parametrize("name", BACKENDS)
def test_a_step_that_fails_removes_the_directories_that_it_made(name, tmp_path, monkeypatch):
    place = tmp_path / "new" / "deep" / "store"
    with open_backend(name, place, writable=True) as backend:
        step = first_step(backend)
        mkdir = os.mkdir

        def full(path, *given, **named):
            if Path(path).name.startswith(INNERMOST):
                raise OSError(errno.ENOSPC, "No space left on device", os.fspath(path))
            mkdir(path, *given, **named)

        monkeypatch.setattr(os, "mkdir", full)
        with pytest.raises(MemctlError):
            step.do()
        monkeypatch.undo()

    assert list(tmp_path.iterdir()) == []


def test_an_archive_whose_name_is_too_long_leaves_nothing(tmp_path):
    place = tmp_path / "new" / "deep" / ("x" * LONGEST_NAME)
    with open_backend("archive", place, writable=True) as backend, pytest.raises(MemctlError):
        first_step(backend).do()

    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_can_not_be_taken_back_is_told(tmp_path, monkeypatch):
    with open_backend("crewai", tmp_path / "store", writable=True) as backend:
        step = first_step(backend)
        step.do()

        def forbidden(path, **_):
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))

        monkeypatch.setattr(os, "rmdir", forbidden)
        with pytest.raises(MemctlError, match="can't remove"):
            step.undo()

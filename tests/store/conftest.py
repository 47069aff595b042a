from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from memctl.store.checkpoints import Checkpoints
from memctl.store.database import State, open_state
from memctl.store.journal import Journal
from memctl.store.profiles import Profiles

from ..cli.conftest import small_disk  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "home"
    monkeypatch.setenv("MEMCTL_HOME", str(directory))
    return directory


@pytest.fixture
def state(home: Path) -> Iterator[State]:
    with open_state() as opened:
        yield opened


@pytest.fixture
def used_home(home: Path) -> Path:
    """A home with one profile and one operation."""
    with open_state() as opened:
        Profiles(opened).create("acme", "prod", backend_type="chroma")
        Journal(opened).begin_operation("setup chroma", "acme", "chroma:./memory")
    return home


@pytest.fixture
def profiles(state: State) -> Profiles:
    return Profiles(state)


@pytest.fixture
def journal(state: State) -> Journal:
    return Journal(state)


@pytest.fixture
def checkpoints(state: State) -> Checkpoints:
    return Checkpoints(state)

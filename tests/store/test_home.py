from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from memctl.model.errors import LocalStateUnusable
from memctl.store.home import (
    backups_directory,
    ensure_directory,
    ensure_home,
    home_directory,
    locks_directory,
    state_file,
)

if TYPE_CHECKING:
    from pathlib import Path


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_memctl_home_moves_everything(home: Path):
    assert home_directory() == home
    assert state_file() == home / "state.db"
    assert backups_directory() == home / "backups"
    assert locks_directory() == home / "locks"


def test_looking_creates_nothing(home: Path):
    state_file()
    backups_directory()
    locks_directory()

    assert not home.exists()


def test_a_relative_home_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEMCTL_HOME", "here")

    assert home_directory() == tmp_path / "here"


@pytest.mark.parametrize("unset", [True, False])
def test_without_memctl_home_it_is_the_users_data_directory(
    *, unset: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("MEMCTL_HOME", "")
    if unset:
        monkeypatch.delenv("MEMCTL_HOME")

    assert home_directory().is_relative_to(tmp_path)
    assert home_directory().name == "memctl"


def test_the_home_is_made_for_its_owner_only(home: Path):
    assert ensure_home() == home
    assert ensure_home() == home
    assert mode_of(home) == 0o700


def test_a_directory_in_it_is_made_for_its_owner_only(home: Path):
    assert ensure_directory(backups_directory()) == home / "backups"
    assert mode_of(home / "backups") == 0o700


def test_the_mode_of_a_home_that_exists_is_the_users_choice(home: Path):
    home.mkdir(mode=0o750)

    ensure_home()

    assert mode_of(home) == 0o750


def test_a_file_in_the_place_of_the_home_is_unusable(home: Path):
    home.write_text("")

    with pytest.raises(LocalStateUnusable) as caught:
        ensure_home()

    assert str(home) in caught.value.message
    assert "`MEMCTL_HOME`" in str(caught.value.hint)

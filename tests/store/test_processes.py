from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from memctl.model.errors import StoreLocked
from memctl.model.memory_type import MemoryType
from memctl.store.checkpoints import Checkpoints
from memctl.store.database import open_state
from memctl.store.journal import Journal
from memctl.store.profiles import Profiles

from .worker import (
    create,
    disable,
    journal,
    lock,
    lock_creation,
    running,
    set_default,
    steps_of,
    write_as_nobody,
    write_for_ever,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def run_together(*tasks: tuple[Any, ...]) -> None:
    with ExitStack() as stack:
        workers = [stack.enter_context(running(*task)) for task in tasks]
        for worker in workers:
            worker.go()
        assert [worker.exit_code() for worker in workers] == [0] * len(tasks)


def defaults_of(group: str) -> list[str]:
    with open_state() as state:
        return [each.name for each in Profiles(state).list(group) if each.is_default]


@pytest.mark.usefixtures("home")
def test_two_processes_that_start_on_nothing_lose_no_profile():
    run_together((create, "a", 20), (create, "b", 20))

    with open_state() as state:
        names = {each.name for each in Profiles(state).list("acme")}
    assert names == {f"{prefix}{index}" for prefix in "ab" for index in range(20)}
    assert len(defaults_of("acme")) == 1


@pytest.mark.usefixtures("used_home")
def test_two_processes_lose_no_operation_and_no_step():
    with open_state() as state:
        shared = Journal(state).begin_operation("test", "acme", "shared")

    run_together((journal, "a", 10), (steps_of, shared, 20), (steps_of, shared, 20))

    with open_state() as state:
        found = Journal(state).operations(100)
    by_subject = {each.subject: each for each in found}
    assert {f"a{index}" for index in range(10)} < by_subject.keys()
    assert [each.position for each in by_subject["shared"].steps] == list(range(1, 41))


@pytest.mark.usefixtures("used_home")
def test_processes_that_race_for_the_default_leave_exactly_one():
    with open_state() as state:
        for name in ("a", "b"):
            Profiles(state).create("acme", name, backend_type="chroma")

    run_together((set_default, "a", 20), (set_default, "b", 20), (disable, 20))

    assert len(defaults_of("acme")) == 1


@pytest.mark.usefixtures("used_home")
def test_a_file_that_another_process_writes_is_locked_for_writers_and_open_for_readers():
    with running(lock, "IMMEDIATE") as worker:
        worker.go()
        assert worker.told() == "locked"

        with open_state(busy_timeout_s=0.1) as state:
            assert Profiles(state).get("acme", "prod").is_default
            with pytest.raises(StoreLocked) as caught:
                Profiles(state).create("acme", "next", backend_type="chroma")

    assert caught.value.exit_code == 6
    assert "state.db" in caught.value.message
    assert caught.value.hint is not None


@pytest.mark.usefixtures("used_home")
def test_a_file_that_another_process_holds_for_itself_is_locked():
    with running(lock, "EXCLUSIVE") as worker:
        worker.go()
        assert worker.told() == "locked"

        with pytest.raises(StoreLocked):
            open_state(busy_timeout_s=0.1)


@pytest.mark.usefixtures("home")
def test_a_file_that_another_process_creates_is_locked():
    with running(lock_creation) as worker:
        worker.go()
        assert worker.told() == "locked"

        with open_state(busy_timeout_s=0.1) as state, pytest.raises(StoreLocked):
            Profiles(state).create("acme", "prod", backend_type="chroma")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("writes", [1, 7, 25])
def test_a_killed_writer_leaves_what_it_was_told_is_written(writes: int):
    with running(write_for_ever) as worker:
        worker.go()
        acknowledged = [worker.told() for _ in range(writes)]
        worker.kill()

        with open_state() as state:
            journaled = {each.id for each in Journal(state).operations(10**6)}
            checkpoints = Checkpoints(state).get("copy", MemoryType.ENTITY)
            Profiles(state).create("acme", "after", backend_type="chroma")

    assert set(acknowledged) <= journaled
    assert checkpoints[0].copied >= writes - 1
    assert len(defaults_of("acme")) == 1


@pytest.mark.parametrize("delay_s", [0.0, 0.002, 0.005, 0.01, 0.02])
def test_a_process_killed_while_it_creates_the_file_leaves_none_or_a_whole_one(
    home: Path, delay_s: float
):
    with running(write_for_ever) as worker:
        worker.go()
        time.sleep(delay_s)
        worker.kill()

        with open_state() as state:
            Profiles(state).create("acme", "after", backend_type="chroma")

    with closing(sqlite3.connect(home / "state.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert len(defaults_of("acme")) == 1


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that other users can reach, unlike pytest's."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    yield directory
    directory.chmod(0o755)
    shutil.rmtree(directory)


def told_by_nobody() -> tuple[str, str, str]:
    """Try to write as a user without rights, and return the error's code, message and hint."""
    with running(write_as_nobody) as worker:
        worker.go()
        return worker.told()


def test_a_home_that_cannot_be_created_is_unusable(
    open_directory: Path, monkeypatch: pytest.MonkeyPatch
):
    open_directory.chmod(0o555)
    monkeypatch.setenv("MEMCTL_HOME", str(open_directory / "home"))

    code, message, hint = told_by_nobody()

    assert code == "local_state_unusable"
    assert str(open_directory / "home") in message
    assert "`MEMCTL_HOME`" in hint


def test_a_home_that_cannot_be_looked_into_is_unusable_and_not_empty(
    open_directory: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MEMCTL_HOME", str(open_directory))
    open_directory.chmod(0o000)

    code, message, hint = told_by_nobody()

    assert code == "local_state_unusable"
    assert "Permission denied" in message
    assert "`MEMCTL_HOME`" in hint


def test_a_file_that_cannot_be_written_is_unusable(
    open_directory: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MEMCTL_HOME", str(open_directory))
    with open_state() as state:
        Profiles(state).create("acme", "prod", backend_type="chroma")
    for path in open_directory.iterdir():
        path.chmod(0o555 if path.is_dir() else 0o444)
    open_directory.chmod(0o555)

    code, message, hint = told_by_nobody()

    assert code == "local_state_unusable"
    assert str(open_directory / "state.db") in message
    assert "writable" in hint

"""What the other processes of these tests do, and how they are started."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from memctl.model.errors import MemctlError
from memctl.model.journal import Checkpoint, Outcome
from memctl.model.memory_type import MemoryType
from memctl.store.checkpoints import Checkpoints
from memctl.store.database import open_state
from memctl.store.home import home_directory, state_file
from memctl.store.journal import Journal
from memctl.store.profiles import Profiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

NOBODY = 65534
PATIENCE_S = 60


@dataclass(frozen=True)
class Worker:
    """Another process, which waits until it may go on."""

    process: BaseProcess
    connection: Connection

    def go(self) -> None:
        self.connection.send(None)

    def told(self) -> Any:
        """Wait for the next thing that the process says."""
        assert self.connection.poll(PATIENCE_S)
        return self.connection.recv()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def exit_code(self) -> int | None:
        self.process.join(PATIENCE_S)
        return self.process.exitcode


@contextmanager
def running(task: Callable[..., None], *arguments: object) -> Iterator[Worker]:
    """Start a process that waits for `Worker.go` and then does the task."""
    # A server that has imported this module already starts processes in a few milliseconds.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(str(home_directory()), theirs, task, arguments))
    process.start()
    theirs.close()
    worker = Worker(process, ours)
    try:
        assert worker.told() == "ready"
        yield worker
    finally:
        worker.kill()
        process.close()
        ours.close()


def _run(
    home: str, connection: Connection, task: Callable[..., None], arguments: tuple[object, ...]
) -> None:
    os.environ["MEMCTL_HOME"] = home
    connection.send("ready")
    connection.recv()
    task(connection, *arguments)


def create(_: Connection, prefix: str, number: int) -> None:
    with open_state() as state:
        for index in range(number):
            name = f"{prefix}{index}"
            Profiles(state).create("acme", name, backend_type="chroma", make_default=True)


def set_default(_: Connection, name: str, number: int) -> None:
    with open_state() as state:
        for _ in range(number):
            Profiles(state).set_default("acme", name)


def disable(_: Connection, number: int) -> None:
    with open_state() as state:
        for _ in range(number):
            Profiles(state).disable("acme")


def journal(_: Connection, prefix: str, number: int) -> None:
    with open_state() as state:
        for index in range(number):
            operation_id = Journal(state).begin_operation("test", "acme", f"{prefix}{index}")
            position = Journal(state).begin_step(operation_id, "act")
            Journal(state).end_step(operation_id, position, Outcome.DONE)
            Journal(state).end_operation(operation_id, Outcome.DONE)


def steps_of(_: Connection, operation_id: str, number: int) -> None:
    with open_state() as state:
        for _ in range(number):
            Journal(state).begin_step(operation_id, "act")


def write_for_ever(connection: Connection) -> None:
    with open_state() as state:
        for index in range(10**6):
            operation_id = Journal(state).begin_operation("test", "acme", f"run {index}")
            reached = Checkpoint(0, None, str(index), index)
            Checkpoints(state).save("copy", MemoryType.ENTITY, [reached])
            Profiles(state).create("acme", f"p{index}", backend_type="chroma", make_default=True)
            connection.send(operation_id)


def lock(connection: Connection, kind: str) -> None:
    with closing(sqlite3.connect(state_file(), isolation_level=None)) as database:
        if kind == "EXCLUSIVE":
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute(f"BEGIN {kind}")
        if kind == "EXCLUSIVE":
            database.execute("UPDATE profiles SET name = name")
        connection.send("locked")
        connection.recv()


def lock_creation(connection: Connection) -> None:
    import filelock

    from memctl.store.home import ensure_directory, locks_directory

    with filelock.FileLock(ensure_directory(locks_directory()) / "state.lock"):
        connection.send("locked")
        connection.recv()


def write_as_nobody(connection: Connection) -> None:
    import filelock  # noqa: F401 - before the modules can't be read any more

    if os.getuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    try:
        create(connection, "new", 1)
    except MemctlError as error:
        connection.send((error.code, error.message, error.hint))

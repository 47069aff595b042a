"""Writes archives in child processes, each killed before another act on the disk; no test.

Run as ``python -m tests.backends.archive.killed DIRECTORY FIRST STEP``: the child number n writes
``DIRECTORY/n/archive``, notes each finished operation in ``DIRECTORY/n/done`` and is killed before
its n-th act; ``all`` is created in the directory of the first child that came to its end.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute

import memctl.backends.archive.writer  # noqa: F401 - loaded once, before the forks
from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_record, make_records

from .opening import begin

SHORT_TERM = MemoryType.SHORT_TERM
LAST = 200

_ACTS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"}


def again(number):
    return make_record(number, content="again")


OPERATIONS = [
    lambda backend: backend.upsert(SHORT_TERM, make_records(10)[:5]),
    lambda backend: backend.upsert(SHORT_TERM, make_records(10)[5:]),
    lambda backend: backend.upsert(SHORT_TERM, [again(2), again(3), again(6), make_record(11)]),
    lambda backend: backend.delete(SHORT_TERM, ["record-00000", "record-00007", "record-00011"]),
    lambda backend: backend.upsert(SHORT_TERM, [again(1), again(4)]),
    lambda backend: backend.finish(),
]
"""Parts are added, written again, emptied and removed; the last one gives the archive its name."""


def state_after(operations):
    """Give what the archive must hold after so many operations: id -> content."""
    steps = [
        {record.id: record.content for record in make_records(10)[:5]},
        {record.id: record.content for record in make_records(10)[5:]},
        {each.id: each.content for each in [again(2), again(3), again(6), make_record(11)]},
        dict.fromkeys(["record-00000", "record-00007", "record-00011"]),
        {record.id: record.content for record in [again(1), again(4)]},
        {},
    ]
    held = {}
    for step in steps[:operations]:
        held |= step
    return {id_: content for id_, content in held.items() if content is not None}


def work(directory, done):
    """Begin or go on with an archive, and carry out what is not done yet."""
    with begin(directory / "archive") as backend:
        for number, operation in enumerate(OPERATIONS):
            if number >= done:
                operation(backend)
                with (directory / "done").open("a") as file:
                    file.write("x")


def operations_done(directory):
    done = directory / "done"
    return len(done.read_text()) if done.exists() else 0


def kill_before(act, directory):
    """Kill this process before its n-th act on a directory."""
    left = act
    prefix = str(directory / "archive")

    def watch(event, arguments):
        nonlocal left
        if event in _ACTS and str(arguments[0]).startswith(prefix):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def main(directory, first, step):
    pa.array([""])  # imports pandas where it is installed
    for act in range(first, LAST, step):
        place = Path(directory) / str(act)
        place.mkdir()
        child = os.fork()
        if not child:
            kill_before(act, place)
            work(place, 0)
            (place / "all").touch()
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            return


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

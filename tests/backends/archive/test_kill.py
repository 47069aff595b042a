from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

import pytest

from .killed import OPERATIONS, operations_done, state_after, work
from .opening import begin, open_archive, problems, read_all

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

RUN = [sys.executable, "-m", "tests.backends.archive.killed"]


def assert_nothing_is_lost(directory):
    """Hold that what was done is there, and that the next run brings the rest."""
    done = operations_done(directory)
    path = directory / "archive"
    backend = open_archive(path) if path.exists() else begin(path)
    found = read_all(backend)
    held = {record.id: record.content for record in found}
    before, after = state_after(done), state_after(done + 1)
    assert len(held) == len(found)
    for id_ in held.keys() | before.keys() | after.keys():
        assert held.get(id_) in {before.get(id_), after.get(id_)}
    backend.close()

    work(directory, min(done, len(OPERATIONS) - 1))
    assert problems(path) == []
    assert {r.id: r.content for r in read_all(open_archive(path))} == state_after(len(OPERATIONS))


@pytest.mark.parametrize(
    "step", [7, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.many_kills])]
)
def test_a_kill_before_any_act_on_the_disk_loses_nothing(tmp_path, step):
    subprocess.run([*RUN, str(tmp_path), "1", str(step)], check=True, timeout=120)

    directories = sorted(tmp_path.iterdir(), key=lambda each: int(each.name))
    assert len(directories) * step > 50
    assert [each for each in directories if (each / "all").exists()] == directories[-1:]
    for directory in directories:
        assert_nothing_is_lost(directory)


WRITE_ON_AND_ON = """
import sys
from memctl.model.memory_type import MemoryType
from tests.backends.archive.opening import begin
from memctl.testing.records import make_record
with begin(sys.argv[1]) as backend:
    for batch in range(1000):
        backend.upsert(MemoryType.SHORT_TERM, [make_record(n) for n in range(batch, batch + 20)])
        print(batch, flush=True)
"""
"""Each batch writes all but one row of the last one again, so that every part is soon rewritten."""


@pytest.mark.parametrize("seed", [1, 2])
def test_a_kill_at_any_moment_loses_nothing_that_was_written(tmp_path, seed):
    delay = random.Random(seed).uniform(0.1, 0.4)
    command = [sys.executable, "-c", WRITE_ON_AND_ON, str(tmp_path / "archive")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "0\n"
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        last = max([0, *map(int, child.stdout.read().split())])
    with begin(tmp_path / "archive") as backend:
        backend.finish()

    found = read_all(open_archive(tmp_path / "archive"))
    assert problems(tmp_path / "archive") == []
    assert {f"record-{n:05d}" for n in range(last + 20)} <= {record.id for record in found}
    assert len(found) <= last + 21

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import pytest

from memctl.model.journal import Checkpoint
from memctl.model.memory_type import MemoryType
from memctl.store.checkpoints import Checkpoints
from memctl.store.database import open_state
from memctl.store.interrupts import uninterrupted
from memctl.store.tables import CheckpointRow

ENTITY = MemoryType.ENTITY


def row(key: str) -> CheckpointRow:
    return CheckpointRow(
        key=key,
        memory_type=ENTITY.value,
        part=0,
        until=None,
        cursor="7",
        copied=1,
        complete=False,
        updated_at=datetime.now(UTC),
    )


def test_a_transaction_that_is_interrupted_is_kept_and_leaves_the_file_free():
    with open_state(busy_timeout_s=0.1) as state:
        checkpoints = Checkpoints(state)
        with pytest.raises(KeyboardInterrupt), state.writing() as session:  # noqa: PT012 - as Ctrl-C comes
            session.add(row("interrupted"))
            signal.raise_signal(signal.SIGINT)
            session.flush()

        checkpoints.save("later", ENTITY, [Checkpoint(0, None, "8")])

        assert [each.cursor for each in checkpoints.get("interrupted", ENTITY)] == ["7"]


def test_an_interrupt_has_its_effect_as_soon_as_the_block_ends():
    reached = []
    with pytest.raises(KeyboardInterrupt), uninterrupted():  # noqa: PT012 - as Ctrl-C comes
        signal.raise_signal(signal.SIGINT)
        reached.append("the end")

    assert reached == ["the end"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_program_keeps_its_own_handler():
    came = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            assert came == []
        assert came == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


def test_several_threads_may_be_the_first_to_write():
    keys = [str(number) for number in range(8)]
    at_once = threading.Barrier(len(keys))

    def write(checkpoints: Checkpoints, key: str) -> None:
        at_once.wait()
        checkpoints.save(key, ENTITY, [Checkpoint(0, None, key)])

    with open_state() as state, ThreadPoolExecutor(len(keys)) as pool:
        checkpoints = Checkpoints(state)
        list(pool.map(partial(write, checkpoints), keys))
        found = [each.cursor for key in keys for each in checkpoints.get(key, ENTITY)]

    assert found == keys


def test_another_thread_may_write():
    def write():
        with open_state() as state:
            Checkpoints(state).save("threaded", ENTITY, [Checkpoint(0, None, "8")])

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()

    with open_state() as state:
        assert Checkpoints(state).get("threaded", ENTITY)

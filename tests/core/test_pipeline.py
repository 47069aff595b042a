from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from memctl.core.pipeline import read_lanes, work_in_order


def counting(lane: int, items: int):
    for number in range(items):
        yield lane, number


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_every_item_of_every_lane_is_read_once_and_in_its_lanes_order(threads):
    found = list(read_lanes([counting(lane, 50) for lane in range(5)], threads))

    assert sorted(found) == [(lane, number) for lane in range(5) for number in range(50)]
    for lane in range(5):
        assert [number for each, number in found if each == lane] == list(range(50))


def test_no_lanes_give_nothing():
    assert list(read_lanes([], 4)) == []


def test_lanes_are_read_at_once():
    met = threading.Barrier(3, timeout=10)

    def lane():
        met.wait()
        yield threading.get_ident()

    assert len(set(read_lanes([lane() for _ in range(3)], 3))) == 3


def test_one_reader_reads_in_the_callers_thread():
    def lane():
        yield threading.get_ident()

    assert set(read_lanes([lane(), lane()], 1)) == {threading.get_ident()}


@pytest.mark.parametrize("threads", [1, 3])
def test_what_a_lane_raises_is_raised_to_the_reader(threads):
    def broken():
        yield 1
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        list(read_lanes([broken(), counting(1, 10_000)], threads))


def test_lanes_end_when_nobody_reads_any_more():
    ended = threading.Event()

    def endless():
        try:
            while True:
                yield 1
        finally:
            ended.set()

    reading = read_lanes([endless(), endless()], 2)
    next(reading)
    reading.close()

    assert ended.wait(10)
    for each in threading.enumerate():
        if each.name.startswith("memctl-reader"):
            each.join(10)
            assert not each.is_alive()


def test_a_slow_consumer_is_not_flooded():
    produced = 0

    def lane():
        nonlocal produced
        for number in range(1000):
            produced += 1
            yield number

    reading = read_lanes([lane(), iter([])], 2)
    next(reading)
    time.sleep(0.05)

    assert produced < 10
    reading.close()


def each_of(count):
    yield from range(count)


@pytest.mark.parametrize("threads", [1, 4])
def test_results_come_in_the_order_of_the_items(threads):
    def work(number):
        time.sleep((number % 3) / 500)
        return number * 2

    assert list(work_in_order(each_of(40), work, threads)) == [
        (each, each * 2) for each in range(40)
    ]


def test_work_is_done_at_once():
    met = threading.Barrier(4, timeout=10)

    assert len(list(work_in_order(each_of(4), lambda _: met.wait(), 4))) == 4


@pytest.mark.parametrize("threads", [1, 4])
def test_what_the_work_raises_comes_after_the_results_before_it(threads):
    def work(number):
        if number == 7:
            raise LookupError("refused")
        return number

    working = work_in_order(each_of(100), work, threads)

    assert [next(working)[0] for _ in range(7)] == list(range(7))
    with pytest.raises(LookupError, match="refused"):
        next(working)


def test_no_more_than_twice_as_many_items_as_workers_are_held():
    taken = 0

    def items():
        nonlocal taken
        for number in range(100):
            taken += 1
            yield number

    working = work_in_order(items(), lambda each: each, 3)
    next(working)

    assert taken == 6
    working.close()


FAILING_WRITER = """
def work(item):
    raise ValueError("refused")
working = work_in_order(read_lanes([endless(), endless()], 2), work, 2)
try:
    for _ in working:
        pass
except ValueError as exc:
    kept = exc
"""
FAILING_READER = """
def failing():
    yield 1
    raise ValueError("damaged")
one, other = read_lanes([failing(), failing()], 2), read_lanes([endless(), endless()], 2)
with closing(one), closing(other):
    try:
        for _ in zip(other, one):
            pass
    except ValueError as exc:
        kept = exc
"""


@pytest.mark.parametrize("fails", [FAILING_WRITER, FAILING_READER], ids=["writer", "reader"])
def test_a_process_ends_after_a_failure_although_the_error_is_kept(fails):
    program = (
        "from contextlib import closing\n"
        "from itertools import count as endless\n"
        "from memctl.core.pipeline import read_lanes, work_in_order\n"
    )

    subprocess.run([sys.executable, "-c", program + fails], check=True, timeout=30)

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from memctl.model.errors import NotPermitted, StoreNotFound, Throttled, TimedOut, Unreachable
from memctl.model.requests.retries import Pace, Retries

SOON = 3600.0


class Script:
    """A request that fails in the given ways, one after the other, and then succeeds."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.attempts = 0

    def __call__(self, _):
        self.attempts += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def throttled(retry_after=0.0):
    return Throttled("too many", retry_after=retry_after)


@pytest.mark.parametrize("error", [Unreachable("x"), TimedOut("x"), throttled()])
def test_what_may_pass_is_tried_again(error):
    request = Script(error, error)

    assert Retries(60).run(request) == "answer"
    assert request.attempts == 3


@pytest.mark.parametrize("error", [NotPermitted("x"), StoreNotFound("x")])
def test_what_will_not_pass_is_raised_at_once(error):
    request = Script(error)

    with pytest.raises(type(error)):
        Retries(60).run(request)
    assert request.attempts == 1


def test_a_request_that_is_not_safe_is_sent_again_only_where_nothing_was_done():
    lost, refused = Script(TimedOut("x")), Script(throttled())

    with pytest.raises(TimedOut):
        Retries(60).run(lost, is_safe=False)
    assert Retries(60).run(refused, is_safe=False) == "answer"


def test_attempts_are_limited():
    request = Script(*[Unreachable("x")] * 10)

    with pytest.raises(Unreachable):
        Retries(60, attempts=3).run(request)
    assert request.attempts == 3


def test_throttling_is_borne_longer_than_failures():
    assert Retries(60, attempts=1).run(Script(*[throttled()] * 4)) == "answer"


def test_nothing_is_tried_again_when_time_is_over():
    request = Script(Unreachable("x", retry_after=5))

    with pytest.raises(Unreachable):
        Retries(1).run(request)
    assert request.attempts == 1


def test_each_attempt_is_told_how_long_it_may_take():
    told = []

    Retries(30).run(told.append)

    assert 0 < told[0] <= 20


def test_a_pause_longer_than_there_is_time_is_not_waited_for():
    with pytest.raises(Throttled) as error:
        Retries(1).run(Script(throttled(60)))

    assert error.value.retry_after == 60


def test_a_pause_holds_for_every_request_of_the_connection():
    pace = Pace()
    with pytest.raises(Throttled):
        Retries(1, pace=pace).run(Script(throttled(60)))
    other = Script()

    with pytest.raises(Throttled):
        Retries(1, pace=pace).run(other)
    assert other.attempts == 0


def take_turn(pace, error=None):
    try:
        with pace.turn(time.monotonic() + SOON):
            if error is not None:
                raise error
    except Throttled:
        pass


def test_throttling_halves_the_window_and_success_widens_it_step_by_step():
    pace = Pace(8)
    seen = [pace.window]
    for _ in range(4):
        take_turn(pace, throttled())
        seen.append(pace.window)
    for _ in range(100):
        take_turn(pace)

    assert seen == [8, 4, 2, 1, 1]
    assert pace.window == 8


def test_other_errors_leave_the_window_alone():
    pace = Pace(8)

    with pytest.raises(NotPermitted), pace.turn(time.monotonic() + SOON):
        raise NotPermitted("x")

    assert pace.window == 8


def test_requests_of_one_burst_narrow_the_window_once():
    pace, all_in = Pace(4), Barrier(4)

    def request():
        with pace.turn(time.monotonic() + SOON):
            all_in.wait()
            raise throttled()

    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(request) for _ in range(4)]
    assert all(isinstance(each.exception(), Throttled) for each in results)
    assert pace.window == 2


def test_all_who_wait_for_a_place_learn_of_a_long_pause():
    pace, is_in, waiting = Pace(1), Event(), Barrier(4)

    def fail():
        with pace.turn(time.monotonic() + 5):
            is_in.set()
            waiting.wait()
            raise throttled(3600)

    def wait():
        is_in.wait()
        waiting.wait()
        with pace.turn(time.monotonic() + 5):
            pass

    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(each) for each in (fail, wait, wait, wait)]
    assert {type(each.exception()) for each in results} == {Throttled}


def test_who_gets_no_place_in_time_is_told():
    pace = Pace(1)

    with pace.turn(time.monotonic() + SOON), pytest.raises(TimedOut):
        take_turn_until(pace, time.monotonic() + 0.01)


def take_turn_until(pace, deadline):
    with pace.turn(deadline):
        raise AssertionError


def test_no_more_requests_than_the_window_are_under_way():
    pace, under_way, most, gate = Pace(2), set(), [], Event()

    def request(number):
        with pace.turn(time.monotonic() + SOON):
            under_way.add(number)
            most.append(len(under_way))
            gate.wait(0.005)
            under_way.discard(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(request, range(40)))
    assert len(most) == 40
    assert max(most) <= 2

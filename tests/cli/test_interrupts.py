"""Ctrl-C ends the work even where a library swallows it."""

from __future__ import annotations

import signal
from contextlib import suppress

import pytest

from memctl.cli.interrupts import Interruptible, remember_interrupts
from memctl.model.progress import Silent


@pytest.fixture
def progress():
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    remember_interrupts()
    yield Interruptible(Silent())
    with suppress(KeyboardInterrupt):  # that no test leaves one to the next
        Interruptible(Silent()).advance(0)
    signal.signal(signal.SIGINT, before)


def swallow_an_interrupt():
    with suppress(BaseException):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    "go_on",
    [
        lambda progress: progress.advance(1),
        lambda progress: progress.start("copying", None),
        lambda progress: progress.wait({}),
    ],
    ids=["advance", "start", "wait"],
)
def test_a_swallowed_interrupt_ends_the_work_where_it_goes_on(progress, go_on):
    go_on(progress)
    swallow_an_interrupt()

    with pytest.raises(KeyboardInterrupt):
        go_on(progress)


def test_it_ends_the_work_just_once(progress):
    swallow_an_interrupt()
    with pytest.raises(KeyboardInterrupt):
        progress.advance(1)

    progress.advance(1)


def test_what_tidies_up_after_an_interrupt_is_not_disturbed(progress):
    tidied = []
    with suppress(KeyboardInterrupt):
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            progress.advance(1)
            tidied.append(True)

    assert tidied


def test_where_interrupts_are_ignored_they_stay_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)

    remember_interrupts()

    assert signal.signal(signal.SIGINT, before) is signal.SIG_IGN

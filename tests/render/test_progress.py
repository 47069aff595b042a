from __future__ import annotations

import io
import re
import sys
from contextlib import redirect_stderr, redirect_stdout

import pytest

from memctl.model.progress import Silent
from memctl.render.progress import Bars, Lines, make_progress, note

from .streams import Terminal, ascii_stream, written


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_lines_are_printed_at_the_start_every_five_seconds_and_at_the_end(capsys, clock):
    progress = Lines(clock)
    progress.start("copying", 1200)
    for _ in range(11):
        clock.now += 1
        progress.advance(100)
    clock.now += 1
    progress.advance(100)
    progress.close()
    assert capsys.readouterr().err.splitlines() == [
        "copying 1,200 records ...",
        "copying: 500 of 1,200 records, 100/s, 7.0 s left",
        "copying: 1,000 of 1,200 records, 100/s, 2.0 s left",
        "copying: 1,200 of 1,200 records, in 12 s",
    ]


def test_lines_of_an_unknown_total_promise_no_end(capsys, clock):
    progress = Lines(clock)
    progress.start("comparing", None)
    clock.now += 6
    progress.advance(3)
    progress.close()
    assert capsys.readouterr().err.splitlines() == [
        "comparing ...",
        "comparing: 3 records, 0/s",
        "comparing: 3 records, in 6.0 s",
    ]


def test_a_part_ends_where_the_next_begins(capsys, clock):
    progress = Lines(clock)
    progress.start("copying", 1)
    progress.advance(1)
    progress.start("comparing", 1)
    progress.close()
    assert capsys.readouterr().err.splitlines() == [
        "copying 1 record ...",
        "copying: 1 of 1 record, in 0.0 s",
        "comparing 1 record ...",
        "comparing: 0 of 1 record, in 0.0 s",
    ]


def test_lines_end_once(capsys, clock):
    progress = Lines(clock)
    progress.close()
    progress.start("copying", 0)
    progress.close()
    progress.close()
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_a_stall_promises_no_end(capsys, clock):
    progress = Lines(clock)
    progress.start("copying", 10)
    clock.now += 60
    progress.advance(0)
    progress.close()
    assert capsys.readouterr().err.splitlines()[1] == "copying: 0 of 10 records, 0/s"


def test_nothing_of_progress_goes_to_standard_output(capsys, clock):
    progress = Lines(clock)
    progress.start("copying", 1)
    progress.note("careful")
    progress.close()
    assert capsys.readouterr().out == ""


def test_notes_are_made_visible(capsys):
    note("a\x1b[31m\nb")
    Lines().note("[red]")
    assert capsys.readouterr().err == "note: a\\x1b[31m\\nb\nnote: [red]\n"


def test_notes_reach_a_stream_that_takes_only_ascii():
    with redirect_stderr(ascii_stream()) as err:
        note("größer")
    assert written(err) == "note: gr\\xf6\\xdfer\n"


@pytest.mark.parametrize(
    ("stream", "environment", "options", "kind"),
    [
        (Terminal, {}, {}, Bars),
        (Terminal, {"TERM": "dumb"}, {}, Lines),
        (Terminal, {}, {"is_plain": True}, Lines),
        (io.StringIO, {}, {}, Lines),
        (io.StringIO, {"FORCE_COLOR": "1"}, {}, Lines),
        (Terminal, {}, {"is_silent": True}, Silent),
    ],
)
def test_progress_fits_standard_error(monkeypatch, stream, environment, options, kind):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with redirect_stderr(stream()):
        assert type(make_progress(**{"is_silent": False, **options})) is kind


def test_a_bar_shows_count_and_time_and_stays():
    with redirect_stderr(Terminal()) as err:
        progress = make_progress(is_silent=False)
        progress.start("copying [red]", 1200)
        progress.advance(1200)
        progress.start("comparing", None)
        progress.advance(7)
        progress.note("[red] \x07 größer")
        progress.close()
        progress.close()
    told = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", err.getvalue())
    assert "note: [red] \\x07 größer" in told
    copying, comparing = told.rstrip().splitlines()[-2:]
    assert re.fullmatch(r"copying \[red] ━+ 1,200 of 1,200 in \d+(\.\d)? s *", copying)
    assert re.fullmatch(r"comparing +━+ +7 in \d+(\.\d)? s *", comparing)


def test_a_bar_without_colours_has_none(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    with redirect_stderr(Terminal()) as err:
        progress = make_progress(is_silent=False)
        progress.start("copying", 3)
        progress.advance(3)
        progress.close()
    assert "copying" in err.getvalue()
    assert not re.search(r"\x1b\[[0-9;]*m", err.getvalue())


def test_data_printed_beside_a_bar_goes_to_standard_output():
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(Terminal()):
        progress = make_progress(is_silent=False)
        progress.start("copying", 3)
        sys.stdout.write("data\n")
        progress.close()
    assert out.getvalue() == "data\n"


def test_bars_that_never_began_leave_no_trace():
    with redirect_stderr(Terminal()) as err:
        progress = make_progress(is_silent=False)
        progress.advance(1)
        progress.note("careful")
        progress.close()
    assert err.getvalue() == "note: careful\n"


def test_a_wait_is_told_when_a_state_changes_and_every_half_minute(capsys, clock):
    progress = Lines(clock)
    progress.wait({"endpoint": "provisioning", "index": "missing"})
    clock.now += 10
    progress.wait({"endpoint": "provisioning", "index": "missing"})
    clock.now += 20
    progress.wait({"endpoint": "provisioning", "index": "missing"})
    clock.now += 1
    progress.wait({"index": "provisioning"})
    progress.wait({})
    progress.wait({})
    assert capsys.readouterr().err.splitlines() == [
        "waiting 0.0 s: endpoint provisioning, index missing",
        "waiting 30 s: endpoint provisioning, index missing",
        "waiting 31 s: index provisioning",
    ]


def test_a_second_wait_counts_its_own_time(capsys, clock):
    progress = Lines(clock)
    progress.wait({"a": "x"})
    progress.wait({})
    clock.now += 60
    progress.wait({"b": "y"})
    assert capsys.readouterr().err.splitlines()[-1] == "waiting 0.0 s: b y"


def test_a_wait_on_a_terminal_shows_each_thing_and_its_state(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    with redirect_stderr(stream):
        progress = Bars()
        progress.wait({"memctl_memory": "provisioning", "i": "miss\x1bing"})
        progress.wait({"memctl_memory": "ready", "i": "provisioning"})
        progress.wait({})
        progress.close()
    said = written(stream)
    assert "memctl_memory  ready" in said
    assert "i              provisioning" in said
    assert "waiting 0.0 s" in said

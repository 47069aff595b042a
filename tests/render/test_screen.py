from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress

import pytest

from memctl.render.layout import Column, Fit, Row, styled
from memctl.render.screen import Screen, shows_colours

from .streams import Terminal, ascii_stream, written


def seen(use, *, out=Terminal, err=Terminal, **options):
    """Let a function use a screen; return what both streams were told."""
    with redirect_stdout(out()) as told, redirect_stderr(err()) as told_aside:
        use(Screen(**options))
    return told.getvalue(), told_aside.getvalue()


@pytest.mark.parametrize(
    ("environment", "stream", "expected"),
    [
        ({}, Terminal, True),
        ({}, io.StringIO, False),
        ({"NO_COLOR": "1"}, Terminal, False),
        ({"NO_COLOR": ""}, Terminal, True),
        ({"FORCE_COLOR": "1"}, io.StringIO, True),
        ({"FORCE_COLOR": ""}, io.StringIO, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, Terminal, False),
        ({"TERM": "dumb"}, Terminal, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, Terminal, True),
    ],
)
def test_colours_follow_the_environment_and_the_stream(monkeypatch, environment, stream, expected):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert shows_colours(stream()) is expected


def test_colours_are_decided_for_each_stream():
    def use(screen):
        screen.say(styled("data", "red"))
        screen.note("a note")

    out, err = seen(use, out=io.StringIO)
    assert out == "data\n"
    assert err == "\x1b[33mnote: \x1b[0ma note\n"


def test_a_long_sentence_is_wrapped_on_a_terminal_only(monkeypatch):
    monkeypatch.setenv("COLUMNS", "10")
    monkeypatch.setenv("NO_COLOR", "1")
    assert seen(lambda screen: screen.say("some long words"))[0] == "some long\nwords\n"
    out, _ = seen(lambda screen: screen.say("some long words"), out=io.StringIO)
    assert out == "some long words\n"


def test_coloured_lines_are_as_long_as_they_are(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    out, _ = seen(lambda screen: screen.say(styled("x" * 20_000, "red")), out=io.StringIO)
    assert out == "\x1b[31m" + "x" * 20_000 + "\x1b[0m\n"


def test_markup_in_a_text_is_text():
    out, _ = seen(lambda screen: screen.say("[bold]x[/bold] :smile:"))
    assert out == "[bold]x[/bold] :smile:\n"


@pytest.mark.usefixtures("plain_terminal")
def test_blocks_are_set_off_from_each_other_and_notes_from_data():
    def use(screen):
        screen.facts([("a", "1")])
        screen.facts([])
        screen.table([Column("b")], [Row(["2"])], title="the second")
        screen.note("a note")
        screen.next("memctl stats", "memctl verify")

    with redirect_stdout(Terminal()) as both, redirect_stderr(both):
        use(Screen())
    assert both.getvalue() == (
        "a  1\n\nthe second\nb\n─\n2\n\nnote: a note\nnext: memctl stats\n  or: memctl verify\n"
    )


def test_notes_are_not_set_off_where_data_goes_elsewhere():
    def use(screen):
        screen.say("data")
        screen.note("a note")

    assert seen(use, out=io.StringIO, err=io.StringIO) == ("data\n", "note: a note\n")


def test_quiet_leaves_out_notes_and_the_next_command():
    def use(screen):
        screen.say("data")
        screen.note("a note")
        screen.next("memctl stats")

    assert seen(use, out=io.StringIO, err=io.StringIO, is_quiet=True) == ("data\n", "")


def test_counts_are_grouped_for_people_only():
    with redirect_stdout(Terminal()):
        assert Screen().count(1234567) == "1,234,567"
    with redirect_stdout(io.StringIO()):
        assert Screen().count(1234567) == "1234567"


def test_a_stream_that_takes_only_ascii_gets_escapes_and_no_signs():
    with redirect_stdout(ascii_stream()) as out:
        screen = Screen()
        screen.say("größer")
        screen.say(screen.mark("✓", "done", "green"))
    assert written(out) == "gr\\xf6\\xdfer\ndone\n"


def test_the_width_of_a_terminal_is_columns_or_else_80(monkeypatch):
    with redirect_stdout(Terminal()):
        assert Screen().frame.width == 80
        monkeypatch.setenv("COLUMNS", "123")
        assert Screen().frame.width == 123
        monkeypatch.setenv("COLUMNS", "0")
        assert Screen().frame.width == 80
    with redirect_stdout(io.StringIO()):
        assert Screen().frame.width is None


def test_a_note_is_made_visible_and_wrapped(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("NO_COLOR", "1")
    _, err = seen(lambda screen: screen.note("three words\x1b and more"))
    assert err == "note: three\n      words\\x1b and\n      more\n"


def _read_to_the_end(terminal):
    """Read what a closed terminal was told; its end is an error, not an empty read."""
    import os

    told = b""
    with suppress(OSError):
        while chunk := os.read(terminal, 4096):
            told += chunk
    os.close(terminal)
    return told


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_real_terminal_is_one(monkeypatch):
    import os
    import pty
    import termios

    monkeypatch.setenv("NO_COLOR", "1")
    above, below = pty.openpty()
    termios.tcsetwinsize(below, (24, 30))
    with os.fdopen(below, "w", encoding="utf-8") as terminal, redirect_stdout(terminal):
        screen = Screen()
        screen.table([Column("id", fit=Fit.CUT)], [Row(["x" * 40])])
    told = _read_to_the_end(above).decode("utf-8")
    assert told.splitlines() == ["id", "─" * 30, "x" * 29 + "…"]

from __future__ import annotations

import io
import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memctl.render.text import (
    OBEYED,
    counted,
    duration,
    is_utf8,
    moment,
    or_nothing,
    size,
    value_text,
    visible,
    visible_json,
    visible_lines,
)
from memctl.testing.records import json_values

from .streams import ascii_stream


@given(st.text())
def test_visible_text_holds_nothing_that_a_terminal_obeys(text):
    assert not OBEYED.search(visible(text))
    assert visible(text).encode("utf-8").decode("utf-8") == visible(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [red]text[/red] \\n", "plain [red]text[/red] \\n"),
        ("größer 編集 🧠", "größer 編集 🧠"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\r\n\tb", "a\\r\\n\\tb"),
        ("\x9b\x7f\x00", "\\x9b\\x7f\\x00"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_obeys_is_written_as_an_escape(text, shown):
    assert visible(text) == shown


def test_every_line_of_a_text_is_made_visible():
    assert visible_lines("a\n\r\n\x1bb\u2028c") == ["a", "", "\\x1bb\\u2028c"]


@given(json_values)
def test_visible_json_is_still_the_same_json(value):
    assert json.loads(visible_json(value, indent=2)) == value


def test_a_missing_text_is_a_dash():
    assert (or_nothing(None), or_nothing(""), or_nothing("x\n")) == ("-", "", "x\\n")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), ("é\n", "é\\n"), (7, "7"), (True, "true"), ({"b": ["é"]}, '{"b": ["é"]}')],
)
def test_a_text_is_shown_as_it_is_and_anything_else_as_json(value, shown):
    assert value_text(value) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0 records"), (1, "1 record"), (2, "2 records"), (1234567, "1,234,567 records")],
)
def test_a_number_and_its_noun_agree(number, shown):
    assert counted(number, "record") == shown


@pytest.mark.parametrize(
    ("number_of_bytes", "shown"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (1024**2 - 1, "1.0 MiB"),
        (3_500_000, "3.3 MiB"),
        (1024**3, "1.0 GiB"),
        (1024**6, "1024.0 PiB"),
    ],
)
def test_sizes_have_the_largest_fitting_unit(number_of_bytes, shown):
    assert size(number_of_bytes) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1, "0.0 s"),
        (0.04, "0.0 s"),
        (9.5, "9.5 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (185, "3 min 5 s"),
        (3599.9, "1 h 0 min"),
        (7380, "2 h 3 min"),
    ],
)
def test_durations_have_their_one_or_two_largest_units(seconds, shown):
    assert duration(seconds) == shown


def test_moments_are_shown_in_utc_to_the_second():
    assert moment(datetime.fromisoformat("2026-03-04T01:00:05.7+02:00")) == "2026-03-03 23:00:05"
    assert moment(None) == "-"


def test_a_stream_is_utf_8_by_its_encoding():
    assert is_utf8(io.TextIOWrapper(io.BytesIO(), encoding="UTF8"))
    assert is_utf8(io.StringIO())
    assert not is_utf8(ascii_stream())

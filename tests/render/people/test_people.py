from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memctl.model import results
from memctl.render.people import SCREENS
from memctl.render.text import OBEYED, visible
from memctl.testing.records import make_record, records

from ..samples import EVERY_RESULT, MIGRATE_DIFFERS, RECORD, RECORDS, STATS
from ..streams import Terminal, ascii_stream, shown

every_result = pytest.mark.parametrize("result", EVERY_RESULT.values(), ids=EVERY_RESULT)


def test_every_kind_of_result_has_a_screen():
    kinds = {
        each
        for each in vars(results).values()
        if isinstance(each, type) and issubclass(each, results.Result)
    }
    assert kinds - {results.Result} == set(SCREENS)


def test_every_screen_has_a_sample():
    assert {type(each) for each in EVERY_RESULT.values()} == set(SCREENS)


@every_result
def test_piped_output_has_no_escape_sequence_and_no_space_at_the_end(result):
    for text in shown(result):
        assert "\x1b" not in text
        assert all(line == line.rstrip() for line in text.splitlines())


@every_result
@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.usefixtures("plain_terminal")
def test_every_screen_fits_its_terminal(monkeypatch, result, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    out, _ = shown(result, on=Terminal)
    assert max(map(len, out.splitlines()), default=0) <= columns


@every_result
def test_colours_change_nothing_of_the_text(monkeypatch, result):
    plain = shown(result)
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = shown(result)
    assert [_without_colours(each) for each in coloured] == list(plain)


def _without_colours(text):
    head, *others = text.split("\x1b[")
    return head + "".join(each.partition("m")[2] for each in others)


@every_result
def test_quiet_prints_the_data_only(result):
    out, _ = shown(result)
    assert shown(result, is_quiet=True) == (out, "")


@every_result
def test_every_screen_reaches_a_stream_that_takes_only_ascii(result):
    out, err = shown(result, on=ascii_stream)
    assert (out + err).isascii()


@given(records())
def test_no_record_reaches_a_pipe_with_what_a_terminal_obeys_or_cut(record):
    out, _ = shown(replace(RECORDS, records=[record], total=1))
    heading, line, end = out.split("\n")
    assert end == ""
    assert not OBEYED.search(heading + line)
    assert line.startswith(visible(record.id))
    assert line.endswith(visible(record.content))
    everything, _ = shown(replace(RECORD, record=record))
    assert not OBEYED.search(everything.replace("\n", ""))


@given(st.text(max_size=30))
def test_no_name_reaches_a_stream_with_what_a_terminal_obeys(text):
    crews = [results.CrewStats(text, text, 1)]
    named = replace(STATS, location=text, profile=text, group_id=text, crews=crews)
    target = replace(MIGRATE_DIFFERS.target, location=text, profile=None)
    for each in (named, replace(MIGRATE_DIFFERS, target=target, other_groups=[text])):
        for told in shown(each):
            assert not OBEYED.search(told.replace("\n", ""))


@pytest.mark.usefixtures("plain_terminal")
def test_a_forged_record_can_not_leave_its_line():
    forged = make_record(
        1, id="a\x1b[2K\rb", content="x\n\x1b[31mred\x1b[0m \u202e", crew_id="[red]"
    )
    out, _ = shown(replace(RECORDS, records=[forged], total=1), on=Terminal)
    assert len(out.splitlines()) == 3
    assert "\x1b" not in out
    assert "[red]" in out

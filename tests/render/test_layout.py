from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from memctl.render.layout import (
    Column,
    Fit,
    Frame,
    Row,
    facts,
    hanging,
    joined,
    styled,
    table,
)

PIPED = Frame(width=None, is_utf8=True)
cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def plain(lines):
    return [each.plain for each in lines]


def on_terminal(width, *, is_utf8=True):
    return Frame(width, is_utf8)


def test_facts_align_their_values_and_leave_out_what_is_none():
    pairs = [("store", "x"), ("profile", None), ("a longer name", Text("y"))]
    assert plain(facts(pairs, PIPED)) == ["store          x", "a longer name  y"]


def test_facts_keep_the_style_of_name_and_value_apart():
    (line,) = facts([("store", styled("x", "green"))], PIPED)
    assert [(each.start, each.end, each.style) for each in line.spans] == [
        (0, 7, "dim"),
        (7, 8, "green"),
    ]


def test_a_long_text_goes_on_below_itself():
    lines = hanging(styled("note: "), styled("the path is long"), on_terminal(14))
    assert plain(lines) == ["note: the path", "      is long"]


def test_a_word_longer_than_the_line_is_folded_and_not_lost():
    lines = hanging(styled("> "), styled("abcdefghij"), on_terminal(6))
    assert plain(lines) == ["> abcd", "  efgh", "  ij"]


def test_joined_leaves_out_what_is_empty():
    assert joined("a", "", Text("b"), gap=", ").plain == "a, b"


def test_a_piped_table_has_a_line_a_row_and_nothing_to_the_right():
    columns = [Column("name"), Column("records", is_number=True), Column("note")]
    rows = [Row(["a", "1", "x"]), Row(["bcd", "20"]), Row(["total", "21"], is_total=True)]
    assert plain(table(columns, rows, PIPED)) == [
        "name   records  note",
        "a            1  x",
        "bcd         20",
        "total       21",
    ]


def test_a_table_on_a_terminal_has_lines_under_the_heading_and_above_the_total():
    columns = [Column("name"), Column("n", is_number=True)]
    rows = [Row(["a", "1"]), Row(["total", "1"], is_total=True)]
    assert plain(table(columns, rows, on_terminal(80))) == [
        "name   n",
        "────────",
        "a      1",
        "────────",
        "total  1",
    ]


def test_lines_are_ascii_where_the_terminal_is():
    lines = table([Column("name")], [Row(["a"])], on_terminal(80, is_utf8=False))
    assert plain(lines) == ["name", "----", "a"]


def test_a_column_without_title_and_cells_takes_no_room():
    lines = table([Column("a"), Column(""), Column("b")], [Row(["1", "", "2"])], PIPED)
    assert plain(lines) == ["a  b", "1  2"]


def test_details_stand_indented_below_their_row():
    lines = table([Column("a")], [Row(["1"], [styled("more")]), Row(["2"])], PIPED)
    assert plain(lines) == ["a", "1", "  more", "2"]


@pytest.mark.parametrize(("is_utf8", "shown"), [(True, "abcdefghijk…"), (False, "abcdefghi...")])
def test_a_cut_is_shown(is_utf8, shown):
    lines = table(
        [Column("id", fit=Fit.CUT)], [Row(["abcdefghijklmnop"])], on_terminal(12, is_utf8=is_utf8)
    )
    assert plain(lines)[2] == shown


def test_the_widest_column_gives_way_first():
    columns = [Column("a", fit=Fit.CUT), Column("b", fit=Fit.CUT), Column("c")]
    lines = table(columns, [Row(["a" * 30, "b" * 12, "c" * 10])], on_terminal(40))
    assert plain(lines)[2] == "aaaaaaaaaaaaa…  bbbbbbbbbbbb  cccccccccc"


def test_a_column_that_is_kept_is_never_cut():
    lines = table(
        [Column("a"), Column("b", fit=Fit.CUT)], [Row(["a" * 30, "b" * 30])], on_terminal(20)
    )
    assert plain(lines)[2] == "a" * 30 + "  bbbbbbb…"


def test_a_wrapped_cell_goes_on_in_its_column():
    columns = [Column("a", fit=Fit.WRAP), Column("b")]
    lines = table(columns, [Row(["one two three", "x"])], on_terminal(12))
    assert plain(lines)[2:] == ["one two    x", "three"]


def test_a_column_moves_below_its_row_only_where_the_row_is_too_wide():
    columns = [Column("a"), Column("b", fit=Fit.CUT, moves_below=True)]
    rows = [Row(["1", "x" * 10]), Row(["2", ""])]
    assert plain(table(columns, rows, on_terminal(13)))[2:] == ["1  xxxxxxxxxx", "2"]
    assert plain(table(columns, rows, on_terminal(11)))[2:] == ["1", "  xxxxxxxx…", "2"]


def test_wide_characters_count_as_they_are_shown():
    rows = [Row(["編集", "1"]), Row(["ab", "2"])]
    assert plain(table([Column("a"), Column("b")], rows, PIPED)) == [
        "a     b",
        "編集  1",
        "ab    2",
    ]


@given(st.lists(st.tuples(cells, cells), max_size=4))
def test_a_piped_table_holds_every_cell_whole(pairs):
    columns = [Column("a", fit=Fit.CUT), Column("b", fit=Fit.WRAP, moves_below=True)]
    lines = plain(table(columns, [Row(each) for each in pairs], PIPED))
    assert len(lines) == 1 + len(pairs)
    for line, (first, second) in zip(lines[1:], pairs, strict=True):
        assert line.startswith(styled(first).plain)
        assert line.endswith(styled(second).plain)


@given(st.lists(st.tuples(cells, cells, cells), max_size=3), st.integers(24, 60))
def test_a_table_fits_its_terminal(rows, width):
    columns = [
        Column("a", fit=Fit.CUT),
        Column("b", fit=Fit.WRAP),
        Column("c", fit=Fit.CUT, moves_below=True),
    ]
    lines = table(columns, [Row(each) for each in rows], on_terminal(width))
    assert all(line.cell_len <= width for line in lines)

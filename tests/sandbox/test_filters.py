from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memctl.sandbox.refusal import Refusal
from memctl.sandbox.service.columns import parse_schema
from memctl.sandbox.service.filters import parse_filters
from memctl.sandbox.service.sql_filters import parse_filter

from .conftest import SCHEMA, SPEC, row

COLUMNS = parse_schema(json.dumps({**SCHEMA, "group OR": "string", "my note": "string"}))
ROWS = {
    "a": {"content": "green tea", "n": 1, "score": 0.5, "is_new": True, "tags": ["x", "y"]},
    "b": {"content": "it's 100% coffee", "n": 2, "score": 1.5, "is_new": False, "tags": ["y"]},
    "c": {"content": "Tea", "n": 3, "at": "2026-01-02T00:00:00Z"},
    "d": {},
}


def kept(keep):
    return "".join(name for name, each in ROWS.items() if keep(each))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, "abcd"),
        ({"n": 2}, "b"),
        ({"n": [1, 3]}, "ac"),
        ({"n NOT": 2}, "ac"),
        ({"n NOT": [1, 2]}, "c"),
        ({"n >": 1}, "bc"),
        ({"n >=": 2, "n <=": 2}, "b"),
        ({"n <": 2}, "a"),
        ({"content LIKE": "tea"}, "a"),
        ({"content LIKE": "te%"}, ""),
        ({"content NOT LIKE": "tea"}, "bc"),
        ({"is_new": False}, "b"),
        ({"tags": "y"}, "ab"),
        ({"tags": ["x", "z"]}, "a"),
        ({"at >": "2026-01-01T00:00:00Z"}, "c"),
        ({"content OR n <=": ["Tea", 1]}, "ac"),
        ({"n OR n OR n": [1, 2, 9]}, "ab"),
        ([{"n >": 1}, {"score >": 1}], "b"),
    ],
)
def test_the_dialect_of_standard_endpoints(asked, expected):
    assert kept(parse_filters(json.dumps(asked), COLUMNS)) == expected


@pytest.mark.parametrize(
    "asked",
    [
        {"none": 1},
        {"n BETWEEN": [1, 2]},
        {"n": "1"},
        {"n": None},
        {"n >": [1, 2]},
        {"n LIKE": "1"},
        {"content OR n": ["a"]},
        {"n": [*range(1025)]},
        ["n"],
        3,
    ],
)
def test_what_that_dialect_does_not_know_is_refused(asked):
    with pytest.raises(Refusal) as caught:
        parse_filters(json.dumps(asked), COLUMNS)

    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("n = 2", "b"),
        ("n != 2", "ac"),
        ("n <> 2 AND n < 3", "a"),
        ("n >= 2 and n <= 2", "b"),
        ("n IN (1, 3)", "ac"),
        ("n NOT IN (1, 3)", "b"),
        ("score > -1e3", "ab"),
        ("content = 'it''s 100% coffee'", "b"),
        ("content LIKE '%tea'", "a"),
        ("content LIKE '_ea'", "c"),
        ("content NOT LIKE '%tea%'", "bc"),
        ("is_new IS TRUE", "a"),
        ("is_new IS NOT TRUE", "bcd"),
        ("is_new = false", "b"),
        ("n IS NULL", "d"),
        ("score is not null", "ab"),
        ("n = 1 OR n = 2 AND is_new = true", "a"),
        ("(n = 1 OR n = 2) AND is_new = false", "b"),
        ("NOT (n = 1 OR score > 1)", ""),
        ("NOT n = 1", "bc"),
        ("at > TO_TIMESTAMP('2026-01-01T00:00:00Z')", "c"),
        ("`my note` IS NULL", "abcd"),
    ],
)
def test_the_dialect_of_storage_optimized_endpoints(asked, expected):
    assert kept(parse_filter(asked, COLUMNS)) == expected


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "n",
        "n =",
        "n = 1 AND",
        "n = 1 n = 2",
        "(n = 1",
        "n BETWEEN 1 AND 2",
        "n = '1'",
        "none = 1",
        "tags = 'x'",
        "content = 'open",
        "content LIKE 3",
        "1 = 1",
        "n IN ()",
        "n NOT 3",
        "n = 1; DROP TABLE x",
        "UPPER(content) = 'X'",
        "content IS 'x'",
    ],
)
def test_what_is_no_such_condition_is_refused(asked):
    with pytest.raises(Refusal) as caught:
        parse_filter(asked, COLUMNS)

    assert caught.value.status == 400


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_a_quoted_text_means_itself_in_both_dialects(text):
    quoted = text.replace("'", "''")
    rows = [{"content": text}, {"content": text + "x"}]

    for keep in (
        parse_filter(f"content = '{quoted}'", COLUMNS),
        parse_filters(json.dumps({"content": text}), COLUMNS),
    ):
        assert [keep(each) for each in rows] == [True, False]


@given(st.text(max_size=40))
def test_any_text_is_a_condition_or_is_refused(text):
    with suppress(Refusal):
        assert parse_filter(text, COLUMNS)({}) in {True, False}


def test_each_type_of_endpoint_speaks_its_own_dialect(rest):
    for name, endpoint_type in (("ep", "STANDARD"), ("big", "STORAGE_OPTIMIZED")):
        vector = {"name": "embedding", "embedding_dimension": 16}
        rest.make_endpoint(name, endpoint_type)
        index = f"ml.agents.on_{name}"
        rest.make_index(index, name, {**SPEC, "embedding_vector_columns": [vector]})
        rest.upsert([row(n, embedding=[n] * 16) for n in (1, 2)], index)
    asked = {"query_vector": [0] * 16}
    as_json, as_sql = {"filters_json": '{"n": 2}'}, {"filter_string": "n = 2"}

    assert rest.ids(name="ml.agents.on_ep", **asked, **as_json) == {"row-00002"}
    assert rest.ids(name="ml.agents.on_big", **asked, **as_sql) == {"row-00002"}
    assert rest.query("ml.agents.on_ep", **asked, **as_sql).status == 400
    assert rest.query("ml.agents.on_big", **asked, **as_json).status == 400


def test_a_filter_is_applied_before_the_nearest_are_taken(rest, index):
    rest.upsert([row(number) for number in range(20)])

    found = rest.ids(num_results=2, filters_json='{"n >=": 15}')

    assert found == {"row-00015", "row-00016"}

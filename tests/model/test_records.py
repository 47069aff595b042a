"""Many records at once are what each of them is alone."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memctl.model.canonical import DEEPEST, canonical_json, format_time, metadata_jsons, parse_time
from memctl.model.record import MemoryRecord
from memctl.model.records import Records, column_of, to_columns
from memctl.testing.records import records

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)  # fmt: skip
ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.lists(records(), max_size=4))
def test_records_made_of_columns_are_those_that_the_columns_were_made_of(many):
    again = Records(to_columns(many))

    assert len(again) == len(many)
    for old, new in zip(many, again, strict=True):
        assert type(new) is MemoryRecord
        assert all(getattr(new, each.name) is getattr(old, each.name) for each in fields(old))


@given(st.lists(records(), min_size=3, max_size=4))
def test_records_are_made_once_and_some_of_them_are_among_all(many):
    again = Records(to_columns(many))

    assert [*map(id, again)] == [*map(id, again)]
    assert again[1] is [*again][1]
    assert again[1:3] == [*again][1:3]
    assert again[:] is again
    assert again[::-1] == [*again][::-1]


@given(st.lists(records(), max_size=4))
def test_a_column_is_the_same_of_records_and_of_a_list_of_them(many):
    again = Records(to_columns(many))

    for each in fields(MemoryRecord):
        assert [*map(id, column_of(again, each.name))] == [*map(id, column_of(many, each.name))]
    assert to_columns(again).keys() == to_columns(many).keys()


def test_columns_of_different_lengths_make_no_records():
    columns = to_columns([])

    with pytest.raises(ValueError, match="different lengths"):
        Records({**columns, "id": ["a"]})


@given(st.lists(st.dictionaries(st.text(), ANY_JSON, max_size=3), max_size=4))
def test_metadata_written_together_is_written_as_alone(metadatas):
    assert metadata_jsons(metadatas) == [canonical_json(each) for each in metadatas]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_metadata_nested_too_deep_is_refused_wherever_it_stands(place):
    deep = json.loads('{"a":' * (DEEPEST + 1) + "1" + "}" * (DEEPEST + 1))
    metadatas = [{"a": 1}, {"b": 2}, {"c": 3}]
    metadatas[place] = deep

    with pytest.raises(ValueError, match="nested more than"):
        metadata_jsons(metadatas)


@given(st.datetimes(timezones=st.just(UTC)) | st.datetimes(timezones=ZONES))
def test_a_time_is_written_in_utc_and_read_back(moment):
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        return  # before the first year of UTC, or after the last
    text = format_time(moment)

    assert text == in_utc.isoformat().replace("+00:00", "Z")
    assert parse_time(text) == moment

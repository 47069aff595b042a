from __future__ import annotations

import json

import pytest

from memctl.model import bounded
from memctl.model.bounded import DEEPEST, TooLarge, depth_of, join_pieces, parse_json
from memctl.model.canonical import read_json

FAR_TOO_DEEP = 100_000


def nested(depth, around="1"):
    return "[" * depth + around + "]" * depth


@pytest.mark.parametrize("value", [None, 1, "a", [], {}, [[1.5, 2]], {"a": [{"b": None}]}])
@pytest.mark.parametrize("encode", [str.encode, lambda text: text], ids=["bytes", "text"])
def test_what_is_within_bounds_is_read_as_python_does(value, encode):
    assert parse_json(encode(json.dumps(value))) == value


@pytest.mark.parametrize(
    "data", ["", "{", b"\xff\xfe\xff", nested(FAR_TOO_DEEP), "[" * FAR_TOO_DEEP, "9" * 5_000]
)
def test_what_is_no_json_or_nested_far_too_deep_is_a_value_error(data):
    with pytest.raises(ValueError, match=r"."):
        parse_json(data)


def test_the_deepest_is_read_and_one_level_more_is_not():
    assert depth_of(parse_json(nested(DEEPEST))) == DEEPEST
    with pytest.raises(ValueError, match="nested too deep"):
        parse_json(nested(DEEPEST + 1))


def test_brackets_in_texts_and_beside_each_other_are_no_depth():
    wide = [{"text": "[{" * 1_000, "vector": [0.5] * 10}] * 1_000

    assert parse_json(json.dumps(wide)) == wide


def test_a_deep_value_behind_many_numbers_is_found():
    with pytest.raises(ValueError, match="nested too deep"):
        parse_json(f"[{'1,' * 10_000}{nested(DEEPEST)}]")


def test_what_is_larger_than_the_bound_is_refused_before_it_is_parsed(monkeypatch):
    monkeypatch.setattr(bounded, "LARGEST", 10)

    assert parse_json("[1,2,3,45]") == [1, 2, 3, 45]
    with pytest.raises(TooLarge, match="more than 10 bytes"):
        parse_json("not JSON at all")


def test_pieces_are_taken_in_up_to_the_bound_and_no_further(monkeypatch):
    monkeypatch.setattr(bounded, "LARGEST", 10)
    pieces = iter([b"12345"] * 5)

    assert join_pieces([b"12345", b"67890"]) == b"1234567890"
    with pytest.raises(TooLarge):
        join_pieces(pieces)
    assert len(list(pieces)) == 2


def test_metadata_of_another_program_may_hold_nan_and_is_bounded_too():
    assert read_json('{"score": NaN}') == {"score": "NaN"}
    with pytest.raises(ValueError, match="nested too deep"):
        read_json(nested(FAR_TOO_DEEP))

from __future__ import annotations

import pytest

from memctl.backends.exchange import FailureReason, SetupRequest
from memctl.backends.holding import Holds, Unheld, fits_bits, judge, sort_out
from memctl.model.records import to_columns
from memctl.testing.records import make_record, nested

from ..conftest import open_backend

STRICT = Holds(nul=False, half_characters=False, odd_numbers=False, odd_vectors=False)


@pytest.mark.parametrize("name", ["chroma", "crewai", "archive"])
@pytest.mark.parametrize(
    "changes", [{"importance": 10**400}, {"metadata": nested(100_000)}], ids=["number", "depth"]
)
def test_what_no_float_and_no_json_holds_keeps_no_other_record_back(tmp_path, name, changes):
    odd = make_record(1, **changes)
    with open_backend(name, tmp_path / "store", writable=True) as backend:
        for step in backend.plan_setup(SetupRequest((odd.type,))):
            step.do()
        result = backend.upsert(odd.type, [make_record(0), odd, make_record(2)])

    assert result.done == 2
    assert {key: each.reason for key, each in result.failed.items()} == {
        odd.id: FailureReason.REFUSED
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"content": "a\0"}, "its content holds a NUL character"),
        ({"metadata": {"a": ["\0"]}}, "its metadata holds a NUL character"),
        ({"crew_id": "\ud800"}, "its crew_id holds half a character (U+D800), which is no UTF-8"),
        ({"metadata": {"\udfff": 1}}, "its metadata holds half a character (U+DFFF)"),
        ({"importance": float("nan")}, "its importance is nan"),
    ],
)
def test_a_reason_names_the_field_and_what_is_wrong_with_it(changes, reason):
    with pytest.raises(Unheld) as raised:
        judge(to_columns([make_record(0), make_record(1, **changes)]), STRICT)

    assert str(raised.value).startswith(reason)


def test_the_text_of_an_escape_is_no_nul():
    columns = to_columns([make_record(1, metadata={"a": "\\u0000", "b": "\\\\u0000"})])

    assert len(judge(columns, STRICT)) == 1


def test_single_records_are_looked_at_only_where_one_is_refused():
    asked = []

    def prepare(some):
        asked.append(len(some))
        judge(to_columns(some), STRICT)
        return some

    sort_out([make_record(n) for n in range(4)], prepare)
    assert asked == [4]

    kept, failed = sort_out([make_record(0), make_record(1, content="\0")], prepare)
    assert asked == [4, 2, 1, 1, 1]
    assert [each.id for each in kept] == ["record-00000"]
    assert failed.keys() == {"record-00001"}


def test_the_sign_of_a_whole_number_takes_one_bit():
    assert fits_bits(2**63 - 1, 64)
    assert fits_bits(-(2**63), 64)
    assert not fits_bits(2**63, 64)

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memctl.core.transfer.comparison import merge_join
from memctl.model.memory_type import MemoryType
from memctl.testing.records import DIFFICULT, make_record, make_records

from ..conftest import fingerprint, make_store

OTHER_VECTOR = np.array([9, 9, 9, 9], np.float32)


@pytest.fixture(params=["in memory", "through the spill"])
def diff(memctl, tmp_path, monkeypatch, request):
    """Compare two archives of these records: ``diff(ours, theirs, "--list")``."""
    made = 0
    batches = ()
    if request.param == "through the spill":
        monkeypatch.setattr(merge_join, "WAITING", 0)
        batches = ("--batch-size", "2")

    def run(ours, theirs, *arguments, kinds=("archive", "archive")):
        nonlocal made
        made += 1
        sides = []
        for side, kind, records in zip("ab", kinds, (ours, theirs), strict=True):
            sides.append(f"{kind}:{make_store(kind, tmp_path / f'{side}{made}', records)}")
        return memctl("diff", *sides, "--json", *batches, *arguments)

    return run


def figures(ran):
    names = ("same", "only_in_source", "only_in_target", "different", "unreadable")
    return tuple(sum(each[name] for each in ran.data["types"]) for name in names)


def test_two_stores_of_the_same_records_are_the_same(diff):
    difficult = [replace(each, id=f"{each.id}-{n}") for n, each in enumerate(DIFFICULT.values())]
    records = [*make_records(30), *difficult]

    ran = diff(records, list(reversed(records)), kinds=("archive", "chroma"))

    assert ran.exit_code == 0, ran.stdout
    assert figures(ran) == (len(records), 0, 0, 0, 0)
    assert ran.data["differences"] == []


def test_what_only_one_side_holds_is_named(diff):
    ran = diff(make_records(5)[1:], make_records(4))

    assert ran.exit_code == 3
    assert figures(ran) == (3, 1, 1, 0, 0)
    assert [(each["state"], each["id"]) for each in ran.data["differences"]] == [
        ("only_in_source", "record-00004"),
        ("only_in_target", "record-00000"),
    ]
    assert ran.document["errors"][0]["code"] == "sides_differ"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("content", "another text"),
        ("embedding", OTHER_VECTOR),
        ("agent_id", "reader"),
        ("session_id", None),
        ("scope", "/"),
        ("importance", 0.25),
        ("created_at", None),
        ("metadata", {"number": 1.0}),
    ],
)
def test_the_fields_that_differ_are_named(diff, field, value):
    changed = replace(make_record(1), **{field: value})

    ran = diff(make_records(3), [make_record(0), changed, make_record(2)])

    assert ran.exit_code == 3
    assert ran.data["differences"] == [
        {"type": "short_term", "id": changed.id, "state": "different", "fields": [field]}
    ]


def test_vectors_may_differ_by_what_cosine_stores_change(diff):
    record = make_record(1)
    nearly = replace(record, embedding=record.embedding * np.float32(1 + 5e-7))

    assert diff([record], [nearly]).exit_code == 0
    assert diff([record], [replace(record, embedding=OTHER_VECTOR)]).exit_code == 3


def test_ten_differences_are_named_and_every_one_with_list(diff):
    ours, theirs = make_records(25), [make_record(99)]

    assert len(diff(ours, theirs).data["differences"]) == 10
    assert len(diff(ours, theirs, "--list").data["differences"]) == 26
    assert figures(diff(ours, theirs)) == (0, 25, 1, 0, 0)


def test_only_the_records_that_are_meant_are_compared(diff):
    ours = [*make_records(4), make_record(4, crew_id="support"), *make_entities(5, 8)]
    theirs = [*make_records(4), make_record(5, crew_id="support"), *make_entities(5, 9)]

    assert figures(diff(ours, theirs, "--crew", "research", "--type", "short_term"))[:4] == (
        4,
        0,
        0,
        0,
    )
    assert figures(diff(ours, theirs, "--type", "entity"))[:4] == (3, 0, 1, 0)
    assert figures(diff(ours, theirs, "--crew", "support"))[:4] == (0, 1, 1, 0)


@pytest.mark.parametrize(("group", "same"), [("acme", 3), ("globex", 0)])
def test_rows_without_a_group_are_left_out_on_both_sides(diff, group, same):
    records = [*make_records(3, group_id="acme"), make_record(3, group_id=None)]

    assert figures(diff(records, records, "--group", group))[:4] == (same, 0, 0, 0)


def make_entities(first, last):
    return [make_record(number, type=MemoryType.ENTITY) for number in range(first, last)]


def test_equal_ids_of_two_owners_are_two_records(diff):
    ours = [make_record(1), make_record(2)]
    theirs = [make_record(1, group_id="globex"), make_record(2)]

    ran = diff(ours, theirs)

    assert figures(ran)[:4] == (1, 1, 1, 0)


def test_a_copy_is_the_same_in_both_directions(memctl, tmp_path, home):
    records = [replace(each, group_id=None) for each in make_records(12)]
    source = f"archive:{make_store('archive', tmp_path / 'source', records)}"
    assert memctl("setup", "chroma", "--name", "prod", "-g", "acme").exit_code == 0
    assert memctl("migrate", source, "prod", "-g", "acme").exit_code == 0

    there = memctl("diff", source, "prod", "-g", "acme", "--include-unscoped", "--json")
    back = memctl("diff", "prod", source, "-g", "acme", "--include-unscoped", "--json")

    assert (there.exit_code, back.exit_code) == (0, 0), back.stdout
    assert figures(there) == figures(back) == (12, 0, 0, 0, 0)


def test_neither_side_is_changed(memctl, tmp_path):
    ours = make_store("chroma", tmp_path / "ours", make_records(6))
    theirs = make_store("archive", tmp_path / "theirs", make_records(7))
    before = fingerprint(ours), fingerprint(theirs)

    assert memctl("diff", f"chroma:{ours}", f"archive:{theirs}").exit_code == 3

    assert (fingerprint(ours), fingerprint(theirs)) == before


@pytest.mark.parametrize("damaged", ["source", "target"])
def test_a_damaged_side_is_told(memctl, tmp_path, damaged):
    for side in ("source", "target"):
        make_store("archive", tmp_path / side, make_records(8))
    part = tmp_path / damaged / "short_term-000001.parquet"
    part.write_bytes(part.read_bytes()[:-10])

    ran = memctl("diff", f"archive:{tmp_path}/source", f"archive:{tmp_path}/target", "--json")

    assert ran.exit_code == 4
    assert ran.document["errors"][0]["code"] == "damaged_store"
    assert damaged == "source" or figures(ran) == (0, 0, 0, 0, 8)


def test_a_store_that_is_not_there_is_an_error(memctl, tmp_path):
    ours = make_store("archive", tmp_path / "ours", make_records(1))

    ran = memctl("diff", f"archive:{ours}", f"chroma:{tmp_path}/nothing", "--json")

    assert ran.exit_code == 4
    assert ran.document["errors"][0]["code"] == "store_not_found"


NUMBERS = st.sets(st.integers(0, 11))


@given(ours=NUMBERS, theirs=NUMBERS, changed=NUMBERS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_counts_are_those_of_the_sets(diff, ours, theirs, changed):
    ran = diff(
        [make_record(each) for each in sorted(ours)],
        [make_record(each, **({"content": "new"} if each in changed else {})) for each in theirs],
    )

    both = ours & theirs
    expected = (len(both - changed), len(ours - theirs), len(theirs - ours), len(both & changed), 0)
    assert figures(ran) == expected
    assert ran.exit_code == (0 if ours == theirs and not both & changed else 3)

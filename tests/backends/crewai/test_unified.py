"""Unified memory: what CrewAI's own storage gets wrong, and what it must be able to read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import lancedb
import pytest

from memctl.backends.base import FailureReason
from memctl.backends.holding import RECORD_KEY as MARK
from memctl.model.memory_type import MemoryType
from memctl.model.record import same_record
from memctl.model.selector import EVERYTHING, Selector
from memctl.testing.records import EPOCH, make_record, make_records

from ...conftest import make_store, open_backend
from ...formats.crewai.stores import unpack
from .foreign import make_table, row

UNIFIED, ENTITY, SHORT_TERM = MemoryType.UNIFIED, MemoryType.ENTITY, MemoryType.SHORT_TERM


def scan(path, memory_type=UNIFIED, selector=EVERYTHING, **options):
    with open_backend("crewai", path) as backend:
        batches = backend.scan(memory_type, selector, **options)
        return [record for batch in batches for record in batch.records]


def raw_rows(path):
    table = lancedb.connect(str(path / "memory")).open_table("memories")
    return {each["id"]: each for each in table.to_arrow().to_pylist()}


# What is read


def test_a_crew_means_its_scope_and_what_is_below_it(tmp_path):
    scopes = ["/crew/a", "/crew/a/x", "/crew/a-2", "/crew/a.b", "/crew/A", "/", "/crew/ab/a"]
    path = make_table(tmp_path, [row(n, scope=scope) for n, scope in enumerate(scopes)])

    found = scan(path, selector=Selector(crew_id="a"))

    assert [record.scope for record in found] == ["/crew/a", "/crew/a/x"]
    assert [r.scope for r in scan(path, selector=Selector(crew_id="a-2"))] == ["/crew/a-2"]


def test_an_age_is_heeded_whatever_zone_a_stamp_names(tmp_path):
    stamps = ["2026-01-01T12:00:00", "2026-01-01T13:00:00+02:00", "2026-01-01T12:00:00Z", "soon"]
    path = make_table(tmp_path, [row(n, created_at=stamp) for n, stamp in enumerate(stamps)])
    noon = EPOCH.replace(hour=12)

    assert [r.metadata["task"] for r in scan(path, selector=Selector(created_before=noon))] == [
        "task 1"
    ]
    with open_backend("crewai", path) as backend:
        times = [(each.records, each.oldest, each.newest) for each in backend.tally()]
    assert sum(records for records, _, _ in times) == 4
    assert sum(oldest is None for _, oldest, _ in times) == 1
    assert min(oldest for _, oldest, _ in times if oldest) == noon.replace(hour=11)


def test_rows_of_one_id_are_told_apart_and_found(tmp_path):
    path = make_table(tmp_path, [row(1, id="x", content=text) for text in "abc"])
    make_table(path, [row(2, id="y")])

    assert [(r.id, r.content) for r in scan(path)][:3] == [("x", "a"), ("x#2", "b"), ("x#3", "c")]
    assert [r.content for r in scan(path, selector=Selector(ids=frozenset({"x#2"})))] == ["b"]
    assert [r.content for r in scan(path, selector=Selector(ids=frozenset({"x"})))] == ["a"]


def test_an_id_that_looks_like_a_later_row_is_found(tmp_path):
    path = make_table(tmp_path, [row(1, id="x#2"), row(2, id="x")])

    assert [r.id for r in scan(path, selector=Selector(ids=frozenset({"x#2"})))] == ["x#2"]


def test_odd_columns_are_read_as_far_as_they_go(tmp_path):
    odd = dict.fromkeys(row(1), None)
    path = make_table(tmp_path, [row(1), {**odd, "id": "empty"}])
    make_table(path, [row(2, metadata_str="no JSON", categories_str="no JSON", id="text")])

    _, empty, text = scan(path)

    assert (empty.content, empty.scope, empty.created_at, empty.embedding) == ("", "/", None, None)
    assert text.metadata["metadata_str"] == "no JSON"
    assert text.metadata["categories"] == ["no JSON"]


def test_a_column_does_not_hide_metadata_of_its_name(tmp_path):
    metadata = json.dumps({"source": "mine", "private": 0})
    path = make_table(tmp_path, [row(1, source="crew", private=True, metadata_str=metadata)])

    (record,) = scan(path)

    assert record.metadata["source"] == "mine"
    assert record.metadata["crewai:source"] == "crew"
    assert (record.metadata["private"], record.metadata["crewai:private"]) == (0, True)


# What is written


def test_what_crewai_wrote_is_written_back_as_it_was(tmp_path):
    source = unpack("1.15.30-a", tmp_path)
    records = [record for record in scan(source) if "#" not in record.id]

    copy = make_store("crewai", tmp_path / "copy", records)

    before = {**raw_rows(source)}
    for record_id, found in raw_rows(copy).items():
        expected = {**before[record_id]}
        for name in ("categories_str", "metadata_str"):
            found[name], expected[name] = json.loads(found[name]), json.loads(expected[name])
        if not record_id.endswith("0003"):  # its first row, and CrewAI wrote it twice
            assert found == expected


def test_a_row_is_one_that_crewai_understands(tmp_path):
    record = make_record(1, scope=None, crew_id="My Crew", agent_id="Writer", importance=7.5)

    (found,) = raw_rows(make_store("crewai", tmp_path, [record])).values()

    assert found["scope"] == "/crew/my-crew/agent/writer"
    assert found["importance"] == 1.0
    assert json.loads(found["categories_str"]) == ["short-term"]
    assert datetime.fromisoformat(found["created_at"]).tzinfo is None
    assert found["created_at"] == found["last_accessed"]
    assert json.loads(found["metadata_str"])["number"] == 1
    assert same_record(scan(tmp_path, SHORT_TERM)[0], record)


def test_a_record_that_crewai_recalled_since_is_still_the_same(tmp_path):
    path = make_store("crewai", tmp_path, [make_record(1)])
    table = lancedb.connect(str(path / "memory")).open_table("memories")
    table.update(values={"last_accessed": "2030-01-01T00:00:00"})

    assert same_record(scan(path, SHORT_TERM)[0], make_record(1))


@pytest.mark.parametrize(
    "metadata",
    [
        {MARK: {"type": "entity"}, "x": 1},
        {"source": "s", "categories": ["a"], "private": True, "last_accessed": "2026-01-01"},
        {"source": "", "categories": [], "private": False, "last_accessed": "soon"},
        {"source": 5, "crewai:source": "s", "crewai:private": True},
        {"categories": ["short-term", 1]},
        {"categories": ["short-term"]},
    ],
)
@pytest.mark.parametrize("memory_type", [SHORT_TERM, UNIFIED])
def test_metadata_of_reserved_names_survives(tmp_path, metadata, memory_type):
    record = make_record(1, metadata=metadata, type=memory_type)

    assert same_record(scan(make_store("crewai", tmp_path, [record]), memory_type)[0], record)


def test_records_of_several_types_may_have_one_id(tmp_path):
    records = [make_record(1, type=each, content=each.value) for each in MemoryType]

    path = make_store("crewai", tmp_path, records)
    make_store("crewai", path, records)

    for record in records:
        (found,) = scan(path, record.type)
        assert same_record(found, record)
    with open_backend("crewai", path, writable=True) as backend:
        assert backend.delete(ENTITY, ["record-00001"]).done == 1
        assert backend.count() == len(MemoryType) - 1


def test_an_id_of_several_rows_is_not_written(tmp_path):
    path = make_table(tmp_path, [row(1, id="x", scope="/crew/a") for _ in range(2)])
    with open_backend("crewai", path, writable=True) as backend:
        record = make_record(1, id="x", crew_id="a", group_id=None, type=UNIFIED)

        result = backend.upsert(UNIFIED, [record, replace(record, id="z")])

        assert [each.reason for each in result.failed.values()] == [FailureReason.REFUSED]
        assert sorted(r.id for r in scan(path)) == ["x", "x#2", "z"]


def test_deleting_one_of_several_rows_of_an_id_leaves_the_others(tmp_path):
    path = make_table(tmp_path, [row(1, id="x", content=text) for text in "abc"])

    with open_backend("crewai", path, writable=True) as backend:
        assert backend.delete(UNIFIED, ["x#2"]).done == 1

    assert [record.content for record in scan(path)] == ["a", "c"]


def test_a_text_that_is_no_unicode_is_refused_by_name(tmp_path):
    with open_backend("crewai", make_store("crewai", tmp_path, []), writable=True) as backend:
        result = backend.upsert(SHORT_TERM, [make_record(1, content="\ud800"), make_record(2)])

        assert list(result.failed) == ["record-00001"]
        assert backend.count() == 1


# Batches


def test_reading_goes_on_where_it_was_after_rows_were_deleted_and_compacted(tmp_path):
    path = make_table(tmp_path, [row(n) for n in range(6)])
    make_table(path, [row(n) for n in range(6, 12)])
    with open_backend("crewai", path) as backend:
        first = next(iter(backend.scan(UNIFIED, batch_size=4)))
        table = lancedb.connect(str(path / "memory")).open_table("memories")
        table.delete("content = 'memory number 1'")
        table.optimize()

        rest = [r.id for batch in backend.scan(UNIFIED, after=first.cursor) for r in batch.records]

    assert {*rest} >= {row(n)["id"] for n in range(4, 12)}


def test_a_table_that_was_compacted_while_it_was_read_loses_no_row(tmp_path):
    path = make_store("crewai", tmp_path, make_records(20))
    with open_backend("crewai", path) as backend:
        batches = backend.scan(SHORT_TERM, batch_size=5)
        found = {record.id for record in next(batches).records}
        table = lancedb.connect(str(path / "memory")).open_table("memories")
        table.delete("id = 'record-00000'")
        table.optimize()
        assert backend.count() == 19  # which makes the new state of the table the one that is read

        found.update(record.id for batch in batches for record in batch.records)

    assert found == {record.id for record in make_records(20)}

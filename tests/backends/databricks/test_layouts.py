from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from memctl.backends.base import FailureReason
from memctl.backends.databricks.indexes.layouts import OWN_COLUMNS, read_layout
from memctl.backends.databricks.indexes.schema import normalise_type
from memctl.backends.databricks.rows.data_plane import open_data_plane
from memctl.backends.databricks.rows.records import COLUMNS_KEY
from memctl.model.errors import NotAStore, StoreNotFound, Unreachable
from memctl.model.memory_type import MemoryType
from memctl.model.selector import Selector
from memctl.testing.records import DIFFICULT, make_record
from memctl.testing.suite import assert_same, scan_all

from .opening import make_endpoint, make_index, open_store

VECTOR = [0.5, -1.0, 0.25, 2.0]
NAME = "ml.agents.foreign"
S1_SHORT_TERM = {
    **dict.fromkeys(["id", "crew_id", "agent_id", "content", "metadata", "timestamp"], "string"),
    "score": "float",
    "embedding": "array<float>",
}
S2_ENTITY = {k: v for k, v in OWN_COLUMNS[MemoryType.ENTITY].items() if k != "metadata"}
S2_DOCUMENT = {
    k: v for k, v in OWN_COLUMNS[MemoryType.DOCUMENT].items() if k not in {"metadata", "crew_id"}
}


@pytest.fixture
def foreign(sandbox):
    """Make an index with some columns, put rows into it as another program does, and open it."""
    opened = []

    def make(memory_type, columns, rows=(), **options):
        with open_store(sandbox, indexes={}) as setup:
            make_endpoint(setup.service)
            make_index(setup.service, NAME, columns, **options)
            if rows:
                open_data_plane(setup.service, NAME).write(rows)
        opened.append(open_store(sandbox, indexes={memory_type: NAME}))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def test_an_old_short_term_row_has_no_group(foreign):
    row = {
        "id": "1",
        "crew_id": "research",
        "agent_id": "writer",
        "content": "text",
        "metadata": json.dumps({"task": "x", "n": 3}),
        "timestamp": "2025-08-03T10:00:00.123456",
        "score": 0.5,
        "embedding": VECTOR,
    }
    store = foreign(MemoryType.SHORT_TERM, S1_SHORT_TERM, [row])

    (record,) = scan_all(store)

    assert (record.group_id, record.crew_id, record.agent_id) == (None, "research", "writer")
    assert record.created_at == datetime(2025, 8, 3, 10, 0, 0, 123456, UTC)
    assert record.metadata == {"task": "x", "n": 3, "score": 0.5}
    assert record.embedding.tolist() == VECTOR
    assert scan_all(store, Selector(group_id="g")) == []
    assert scan_all(store, Selector(group_id="g", include_unscoped=True)) != []


def test_a_short_term_row_of_kasal_is_read_whole(foreign):
    row = {
        "id": "1",
        "content": "text",
        "query_text": "q",
        "session_id": "s",
        "interaction_sequence": 7,
        "timestamp": "2025-11-07T10:00:00.000002",
        "created_at": "2025-11-07T10:00:00.000009",
        "ttl_hours": 24,
        "metadata": '{"llm_model":"m","tools_used":["a"]}',
        "crew_id": "c",
        "agent_id": "a",
        "group_id": "g",
        "llm_model": "m",
        "tools_used": '["a"]',
        "embedding": VECTOR,
        "embedding_model": "e",
        "version": 1,
    }
    store = foreign(MemoryType.SHORT_TERM, OWN_COLUMNS[MemoryType.SHORT_TERM], [row])

    (record,) = scan_all(store)

    assert record.metadata == {
        "query_text": "q",
        "interaction_sequence": 7,
        "ttl_hours": 24,
        "llm_model": "m",
        "tools_used": ["a"],
        "embedding_model": "e",
        "version": 1,
        COLUMNS_KEY: {"tools_used": '["a"]'},
    }
    assert type(record.metadata["interaction_sequence"]) is int
    assert record.created_at == datetime(2025, 11, 7, 10, 0, 0, 2, UTC)
    assert (record.group_id, record.session_id) == ("g", "s")


def test_an_entity_has_its_description_for_content_else_its_name(foreign):
    row = {"entity_type": "Person", "relationships": "[]", "crew_id": "c", "embedding": VECTOR}
    store = foreign(
        MemoryType.ENTITY,
        S2_ENTITY,
        [
            {**row, "id": "1", "entity_name": "Ada", "description": "a writer"},
            {**row, "id": "2", "entity_name": "Bob"},
        ],
    )

    first, second = scan_all(store)

    assert (first.content, second.content) == ("a writer", "Bob")
    assert first.metadata == {"entity_name": "Ada", "entity_type": "Person", "relationships": "[]"}


def test_a_document_row_of_kasal_is_read_from_its_own_json_column(foreign):
    row = {
        "id": "1",
        "title": "t",
        "content": "text",
        "chunk_index": 2,
        "created_at": "2025-11-07T10:00:00",
        "updated_at": "2025-11-08T10:00:00",
        "doc_metadata": '{"a":{"b":1}}',
        "group_id": "g",
        "embedding": VECTOR,
    }
    store = foreign(MemoryType.DOCUMENT, S2_DOCUMENT, [row])

    (record,) = scan_all(store)

    assert record.metadata == {
        "title": "t",
        "chunk_index": 2,
        "updated_at": "2025-11-08T10:00:00",
        "a": {"b": 1},
    }
    assert (record.group_id, record.crew_id) == ("g", None)


def test_a_unified_row_is_read(foreign):
    row = {
        "id": "1",
        "content": "text",
        "scope": "/a",
        "categories": '["x"]',
        "importance": 0.75,
        "private": True,
        "metadata": "{}",
        "created_at": "2026-02-12T10:00:00Z",
        "crew_id": "c",
        "group_id": "g",
        "embedding": VECTOR,
        "version": 2,
    }
    store = foreign(MemoryType.UNIFIED, OWN_COLUMNS[MemoryType.UNIFIED], [row])

    (record,) = scan_all(store)

    assert (record.scope, record.importance) == ("/a", 0.75)
    assert record.created_at == datetime(2026, 2, 12, 10, tzinfo=UTC)
    assert record.metadata == {"categories": '["x"]', "private": True, "version": 2}


def test_a_foreign_index_is_read_by_its_schema(foreign):
    columns = {
        "memory_id": "string",
        "memory": "string",
        "hash": "string",
        "user_id": "string",
        "count": "long",
        "vec": "array<float>",
    }
    row = {"memory_id": "m1", "memory": "text", "hash": "h", "count": 3, "vec": VECTOR}
    store = foreign(MemoryType.UNIFIED, columns, [row], key="memory_id", vector="vec")

    (record,) = scan_all(store)

    assert (record.id, record.content) == ("m1", "text")
    assert record.metadata == {"hash": "h", "count": 3}
    assert record.embedding.tolist() == VECTOR


def test_json_that_is_none_stays_text(foreign):
    row = {"id": "1", "content": "x", "metadata": "not json", "embedding": VECTOR}
    store = foreign(MemoryType.SHORT_TERM, S1_SHORT_TERM, [row])

    assert scan_all(store)[0].metadata == {"metadata": "not json"}


def test_an_index_with_numbers_for_keys_is_read_in_their_order(foreign):
    columns = {"id": "bigint", "content": "string", "embedding": "array<float>"}
    rows = [{"id": n, "content": str(n), "embedding": VECTOR} for n in (9, 10, 100, -1)]
    store = foreign(MemoryType.SHORT_TERM, columns, rows)

    assert [each.id for each in scan_all(store, batch_size=2)] == ["-1", "9", "10", "100"]
    assert [each.id for each in scan_all(store, Selector(ids=frozenset({"10", "11"})))] == ["10"]
    assert store.delete(MemoryType.SHORT_TERM, ["10"]).done == 1


@pytest.mark.parametrize("case", DIFFICULT)
@pytest.mark.parametrize("memory_type", sorted(set(MemoryType) - {MemoryType.SHORT_TERM}))
def test_difficult_records_survive_in_every_layout(foreign, memory_type, case):
    record = replace(DIFFICULT[case], type=memory_type)
    store = foreign(memory_type, OWN_COLUMNS[memory_type])

    assert store.upsert(memory_type, [record]).failed == {}

    assert_same([record], scan_all(store))


def test_an_index_that_lacks_columns_names_them_and_takes_no_such_record(foreign):
    store = foreign(MemoryType.ENTITY, S2_ENTITY)
    bare = make_record(1, type=MemoryType.ENTITY, session_id=None, scope=None, importance=None)
    fitting = replace(bare, metadata={"entity_name": "Ada"})
    rich = make_record(2, type=MemoryType.ENTITY)

    result = store.upsert(MemoryType.ENTITY, [fitting, rich])

    missing = ["importance", "number", "scope", "session_id"]
    assert store.unheld_fields(MemoryType.ENTITY, rich) == missing
    assert store.unheld_fields(MemoryType.ENTITY, fitting) == []
    assert result.failed[rich.id].reason is FailureReason.REFUSED
    assert ", ".join(missing) in result.failed[rich.id].message
    assert_same([fitting], scan_all(store))


def test_what_a_column_holds_exactly_stands_there(sandbox, foreign):
    store = foreign(MemoryType.LONG_TERM, OWN_COLUMNS[MemoryType.LONG_TERM])
    kept = {"quality": 0.5, "version": 3, "task_hash": "h"}
    changed = {"task_description": 7, "llm_model": None}
    record = make_record(
        1, type=MemoryType.LONG_TERM, importance=0.1, metadata={**kept, **changed, "x": 2**53 + 1}
    )
    store.upsert(MemoryType.LONG_TERM, [record])

    answer = open_data_plane(store.service, NAME).scan_page(1, None)

    fields = {each["key"]: each["value"] for each in answer["data"][0]["fields"]}
    assert fields["quality"] == {"number_value": 0.5}
    assert fields["version"] == {"number_value": 3.0}
    assert json.loads(fields["metadata"]["string_value"]) == {
        **changed,
        "x": 2**53 + 1,
        "memctl:record": {"importance": 0.1, "scope": "/crew/research", "session_id": "session-1"},
    }
    assert_same([record], scan_all(store))


def test_an_index_that_is_not_there_is_named(sandbox):
    with (
        open_store(sandbox, indexes={MemoryType.ENTITY: "ml.agents.nope"}) as store,
        pytest.raises(StoreNotFound, match=r"ml\.agents\.nope"),
    ):
        scan_all(store)


@pytest.mark.parametrize("state", ["PROVISIONING", "OFFLINE_FAILED", "OFFLINE"])
def test_an_index_that_is_not_ready_is_told_and_works_once_it_is(sandbox, foreign, state):
    store = foreign(MemoryType.SHORT_TERM, OWN_COLUMNS[MemoryType.SHORT_TERM])
    sandbox.put(index=NAME, state=state)

    with pytest.raises(Unreachable, match=r"`ml\.agents\.foreign` .* is ") as error:
        store.count()
    sandbox.put(index=NAME, state="ONLINE_DIRECT_ACCESS")

    assert "memctl verify" in error.value.hint
    assert store.count() == 0


def test_a_schema_that_is_none_is_told():
    described = {"name": "x", "direct_access_index_spec": {"schema_json": "[1"}}

    with pytest.raises(NotAStore):
        read_layout(described)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("integer", "int"),
        ("LONG", "bigint"),
        ("array<long>", "array<bigint>"),
        ("array< float >", "array<float>"),
        ("string", "string"),
    ],
)
def test_types_are_spelled_as_the_service_does(given, kept):
    assert normalise_type(given) == kept

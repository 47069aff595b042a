"""Every record of stores that CrewAI's own classes made is read, whole, and nothing changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from memctl.core.query.collections import count_collections
from memctl.model.memory_type import MemoryType

from ...conftest import fingerprint, open_backend
from ...formats.crewai.stores import LEGACY, UNIFIED, expected, unpack

TYPES = {"short_term": MemoryType.SHORT_TERM, "entities": MemoryType.ENTITY}


def read_all(path):
    """Read every record: (type, collection, id) -> record."""
    with open_backend("crewai", path) as backend:
        found = [
            (batch.collection, record)
            for memory_type in backend.describe().types
            for batch in backend.scan(memory_type, batch_size=2)
            for record in batch.records
        ]
    records = {(record.type, name, record.id): record for name, record in found}
    assert len(records) == len(found)
    return records


def type_of(collection: str) -> MemoryType | None:
    kinds = [kind for name, kind in TYPES.items() if name in collection]
    return None if collection.startswith("knowledge") else kinds[0]


@pytest.mark.parametrize("name", LEGACY)
def test_every_record_of_chroma_is_read(tmp_path, name):
    path = unpack(name, tmp_path)
    before = fingerprint(path)

    found = read_all(path)

    for place, collections in expected(path)["chroma"].items():
        for collection, held in collections.items():
            memory_type = type_of(collection)
            if memory_type is None:
                continue
            inside = place.removesuffix("chroma.sqlite3").removesuffix("/")
            for each in held["records"]:
                record = found.pop((memory_type, inside or collection, each["id"]))
                assert record.content == each["document"]
                assert record.metadata.items() >= each["metadata"].items()
                assert record.agent_id == each["metadata"].get("agent")
                assert record.created_at == utc(each["created_at"])
                assert record.embedding.shape == (held["dimension"],)
                assert np.allclose(record.embedding[:4], each["vector_first4"], atol=1e-6)
    assert {memory_type for memory_type, _, _ in found} <= {MemoryType.LONG_TERM}
    assert fingerprint(path) == before


@pytest.mark.parametrize("name", LEGACY)
def test_every_long_term_row_is_read(tmp_path, name):
    path = unpack(name, tmp_path)

    found = [r for (t, _, _), r in read_all(path).items() if t is MemoryType.LONG_TERM]

    (tables,) = (
        expected(path)["sqlite"].values()
        if len(expected(path)["sqlite"]) == 1
        else [expected(path)["sqlite"]["long_term_memory_storage.db"]]
    )
    rows = tables["long_term_memories"]
    assert len(found) == len(rows)
    by_time = {record.created_at: record for record in found}
    for row in rows:
        record = by_time[datetime.fromtimestamp(float(row["datetime"]), UTC)]
        metadata = json.loads(row["metadata"])
        assert record.metadata.items() >= metadata.items()
        assert record.metadata["task_description"] == row["task_description"]
        assert record.content.split("\n")[0] == row["task_description"]
        assert all(each in record.content for each in metadata["suggestions"])
        assert record.agent_id == metadata["agent"]
        assert record.importance == row["score"] / 10
        assert record.embedding is None


@pytest.mark.parametrize("name", UNIFIED)
def test_every_row_of_lance_is_read(tmp_path, name):
    path = unpack(name, tmp_path)
    before = fingerprint(path)

    found = list(read_all(path).values())

    rows = expected(path)["rows"]
    assert len(found) == len(rows)
    by_content = {record.content: record for record in found}
    for row in rows:
        record = by_content[row["content"]]
        assert record.type is MemoryType.UNIFIED
        assert record.id.partition("#")[0] == row["id"]
        assert record.scope == row["scope"]
        assert record.importance == row["importance"]
        assert record.created_at == utc(row["created_at"])
        assert record.metadata.items() >= json.loads(row["metadata_str"]).items()
        assert record.metadata.get("categories", []) == json.loads(row["categories_str"])
        assert record.metadata.get("source", "") == row["source"]
        assert record.metadata.get("private", False) == row["private"]
        assert record.metadata["last_accessed"] == row["last_accessed"]
        assert np.allclose(record.embedding, row["vector"], atol=1e-6)
    assert fingerprint(path) == before


def utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def test_knowledge_outputs_and_states_of_flows_are_listed_and_not_counted(tmp_path):
    with open_backend("crewai", unpack("1.9.3-a", tmp_path)) as backend:
        counted = count_collections(backend)
        others = {each.name: n for each, n in counted.items() if each.type is None}

        assert others == {
            "knowledge_Senior_Researcher": 1,
            "knowledge_crew": 2,
            "latest_kickoff_task_outputs": 1,
            "flow_states": 2,
            "pending_feedback": 0,
        }
        assert backend.count() == 18


def test_a_crew_is_named_alike_in_all_of_its_truncated_collections(tmp_path):
    with open_backend("crewai", unpack("1.9.3-a", tmp_path)) as backend:
        crews = {
            (each.type.value, each.crew_id): records
            for each, records in count_collections(backend).items()
            if each.type is not None
        }

    long = "Extremely_Verbose_Principal_Staff_Senior_Rese"
    assert (crews["short_term", long], crews["entity", long]) == (1, 1)
    assert crews["short_term", None] == 2


def test_entities_are_told_by_name_and_kind(tmp_path):
    found = read_all(unpack("1.9.3-b", tmp_path))

    kinds = {
        (r.metadata["entity_name"], r.metadata["entity_type"])
        for (t, _, _), r in found.items()
        if t is MemoryType.ENTITY
    }
    assert kinds == {("Ada Lovelace", "Person"), ("北京大学", "Organisation")}


def test_sibling_crews_of_a_longer_name_are_told_apart(tmp_path):
    with open_backend("crewai", unpack("1.15.30-a", tmp_path)) as backend:
        counts = {row.crew_id: 0 for row in backend.tally()}
        for row in backend.tally():
            counts[row.crew_id] += row.records

    assert counts == {"research-crew": 6, "research-crew-2": 1, "/flow/my-pipeline": 1, None: 1}


def test_two_rows_of_one_id_are_two_records(tmp_path):
    twice = "00000000-0000-4000-8000-000000000003"
    found = read_all(unpack("1.15.30-a", tmp_path))

    ids = sorted(record_id for _, _, record_id in found if record_id.startswith(twice))
    assert ids == [twice, f"{twice}#2"]

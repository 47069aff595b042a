from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memctl.backends.base import FailureReason, SetupRequest
from memctl.backends.chroma.directory.client import translate_errors
from memctl.backends.chroma.rows import FIELD_KEYS, JSON_KEY, to_metadatas, to_records
from memctl.formats.chroma import RowBatch
from memctl.model.backend.capability import Capability
from memctl.model.errors import (
    DamagedStore,
    InvalidCursor,
    MemctlError,
    NotAStore,
    NotPermitted,
    StoreLocked,
    UnsupportedOperation,
    WrongDimension,
)
from memctl.model.memory_type import MemoryType
from memctl.model.record import same_record
from memctl.model.records import to_columns
from memctl.model.selector import Selector
from memctl.testing.contract import BackendContract
from memctl.testing.records import DIFFICULT, make_record, make_records, records
from memctl.testing.suite import assert_same, scan_all

from ..cli.stores import INDEX_ON_DISK, make_foreign_store, row, rows
from ..conftest import contents, fingerprint, make_store, open_backend

SHORT_TERM, ENTITY = MemoryType.SHORT_TERM, MemoryType.ENTITY


class TestChroma(BackendContract):
    @pytest.fixture
    def new_place(self, tmp_path):
        with open_backend("chroma", tmp_path / "new" / "store", writable=True) as backend:
            yield backend

    @pytest.fixture
    def other_place(self, tmp_path):
        with open_backend("chroma", tmp_path / "new" / "other") as backend:
            yield backend

    def traces(self, backend):
        return [*contents(backend.place.path.parents[1]), super().traces(backend)]


@pytest.fixture
def backend(chroma_directory, tmp_path):
    """A writable connection to a copy of a small store."""
    path = shutil.copytree(chroma_directory, tmp_path / "store")
    with open_backend("chroma", path, writable=True) as backend:
        yield backend


def names_of(backend) -> list[str]:
    return [each.name for each in backend.place.store.collections()]


@pytest.mark.parametrize("name", ["rest", "local", "duckdb"])
def test_a_relative_place_may_have_the_name_of_a_former_setting_of_chromadb(
    tmp_path, monkeypatch, name
):
    monkeypatch.chdir(tmp_path)

    make_store("chroma", Path(name), make_records(2))

    with open_backend("chroma", Path(name)) as backend:
        assert backend.count() == 2


# Records and rows


def read_back(metadata, row_id="x", document=None, embedding=None):
    """Give the record that a row is."""
    vectors = None if embedding is None else embedding.reshape(1, -1)
    rows = RowBatch([row_id], [document], [metadata], [None], vectors, [embedding is not None], "")
    (record,) = to_records(rows, SHORT_TERM, crew_id=None, with_row_times=False)
    return record


@given(records())
def test_any_record_is_the_same_after_it_was_a_row(record):
    (row_,) = to_metadatas(to_columns([record]))

    assert all(isinstance(value, str | int | float) for value in row_.values())
    assert all(key and not key.startswith(("$", "#")) for key in row_)
    assert same_record(read_back(row_, record.id, record.content, record.embedding), record)


@pytest.mark.parametrize("name", DIFFICULT)
def test_metadata_keeps_its_place_apart_from_the_fields(name):
    record = DIFFICULT[name]

    (row_,) = to_metadatas(to_columns([record]))

    for key in FIELD_KEYS & record.metadata.keys():
        assert row_.get(key) != record.metadata[key]
        assert JSON_KEY in row_


@given(st.dictionaries(st.text(max_size=8), st.text() | st.integers(-9, 9) | st.booleans()))
def test_a_row_of_another_program_loses_nothing(metadata):
    record = read_back(dict(metadata))

    kept = dict(record.metadata)
    for name in ("group_id", "crew_id", "agent_id", "session_id", "scope", "importance"):
        if getattr(record, name) is not None:
            kept[name] = getattr(record, name)
    assert kept == metadata or JSON_KEY in metadata or "created_at" in metadata


@pytest.mark.parametrize("zone", ["", "Z", "+02:00"])
def test_nanoseconds_of_another_program_are_kept_as_it_wrote_them(zone):
    text = f"2026-01-01T00:00:00.123456789{zone}"

    record = read_back({"created_at": text})
    (row_,) = to_metadatas(to_columns([record]))

    assert record.created_at.microsecond == 123456
    assert record.metadata == {"created_at": text}
    assert same_record(read_back(row_), record)


@pytest.mark.parametrize("zone", ["", "Z", "+02:00"])
def test_a_time_that_a_record_holds_whole_is_in_its_field_alone(zone):
    record = read_back({"created_at": f"2026-01-01T00:00:00.123456{zone}"})

    assert record.created_at.microsecond == 123456
    assert record.metadata == {}


# Writing


def test_what_is_written_is_seen_by_chromadb_itself(backend):
    import chromadb

    written = make_record(100, metadata={"a": 1, "b": {"c": None}})
    backend.upsert(SHORT_TERM, [written])
    path = backend.place.path
    backend.close()

    client = chromadb.PersistentClient(str(path))
    found = client.get_collection("short_term", embedding_function=None).get(
        ids=[written.id], include=["documents", "metadatas", "embeddings"]
    )
    client.close()

    assert found["documents"] == [written.content]
    assert found["metadatas"][0]["crew_id"] == "research"
    assert found["metadatas"][0][JSON_KEY] == '{"b":{"c":null}}'
    assert np.allclose(found["embeddings"][0], written.embedding, rtol=1e-6)


def test_more_rows_than_chromadb_takes_at_once_are_written(tmp_path):
    written = make_records(5600)

    path = make_store("chroma", tmp_path / "store", written)

    with open_backend("chroma", path) as backend:
        assert backend.count() == 5600
        assert sum(len(each.records) for each in backend.scan(SHORT_TERM)) == 5600


def test_what_chroma_can_not_hold_is_named_and_the_rest_is_written(backend):
    bad = {
        "": make_record(100, id=""),
        "no vector": make_record(101, id="no vector", embedding=None),
        "nan": make_record(102, id="nan", embedding=np.array([1, np.nan, 0, 0], np.float32)),
        "inf": make_record(103, id="inf", embedding=np.array([1, np.inf, 0, 0], np.float32)),
        "half": make_record(104, id="half", content="\ud800"),
        "half key": make_record(105, id="half key", metadata={"\udfff": 1}),
        "not json": make_record(106, id="not json", metadata={"x": float("nan")}),
    }

    result = backend.upsert(SHORT_TERM, [*bad.values(), make_record(107)])

    assert result.failed.keys() == bad.keys()
    assert {each.reason for each in result.failed.values()} == {FailureReason.REFUSED}
    assert all(each.message for each in result.failed.values())
    assert result.done == 1
    assert_same([*make_records(20), make_record(107)], scan_all(backend))


def test_the_profiles_dimension_binds_an_empty_collection(backend):
    with open_backend("chroma", backend.place.path, writable=True, dimension=9) as bound:
        with pytest.raises(WrongDimension):
            bound.upsert(ENTITY, [make_record(1, type=ENTITY)])
        assert bound.describe().dimension(SHORT_TERM) == 4


def test_a_collection_is_made_for_a_type_that_has_none(tmp_path):
    with open_backend("chroma", tmp_path / "store", writable=True, metric="ip") as backend:
        for step in backend.plan_setup(SetupRequest((SHORT_TERM,))):
            step.do()
        backend.upsert(ENTITY, [make_record(1, type=ENTITY)])

        assert names_of(backend) == ["entity", "short_term"]
        assert backend.describe().metric(ENTITY) == "ip"


def test_deleting_says_how_many_there_were(backend):
    result = backend.delete(SHORT_TERM, ["record-00001", "record-00002", "nobody"])

    assert result.done == 2
    assert backend.count() == 18


def test_deleting_keeps_to_the_selector(backend):
    backend.upsert(SHORT_TERM, [make_record(100, crew_id="sales")])

    backend.delete(SHORT_TERM, ["record-00001", "record-00100"], Selector(crew_id="sales"))

    assert backend.count() == 20
    assert backend.count(Selector(crew_id="sales")) == 0


@pytest.mark.parametrize("metric", ["cosine", "l2", "ip"])
def test_a_search_ranks_by_the_collections_metric(tmp_path, metric):
    written = make_records(12)
    path = make_store("chroma", tmp_path / "store", written, metric=metric)
    vector = np.array([0.3, -1, 2, 0.1], np.float32)
    score = {
        "cosine": lambda v: v @ vector / np.linalg.norm(v) / np.linalg.norm(vector),
        "ip": lambda v: v @ vector,
        "l2": lambda v: -np.linalg.norm(v - vector),
    }[metric]

    with open_backend("chroma", path) as backend:
        hits = backend.search(SHORT_TERM, vector, limit=4)

    ranked = sorted(written, key=lambda each: -score(each.embedding))
    assert [hit.record.id for hit in hits] == [each.id for each in ranked[:4]]
    assert {hit.metric for hit in hits} == {metric}


# Other programs' collections


@pytest.fixture(scope="session")
def foreign_directory(tmp_path_factory):
    """A store with several collections of one type; not to be written."""
    collections = {
        "memory_short_term_One": rows(5),
        "memory_short_term_Two": [row(n, crew_id="own", group_id="beta") for n in range(7)],
        "short_term": [row(n) for n in range(20, 29)],
        "entities": rows(3),
        "knowledge": rows(2),
    }
    return make_foreign_store(
        tmp_path_factory.mktemp("foreign") / "store", collections, INDEX_ON_DISK
    )


@pytest.fixture
def foreign(foreign_directory):
    with open_backend("chroma", foreign_directory) as backend:
        yield backend


def scanned(backend, memory_type=SHORT_TERM, selector=None, **options):
    batches = backend.scan(memory_type, selector or Selector(), **options)
    return [(each.collection, record.id) for each in batches for record in each.records]


def test_several_collections_of_a_type_are_one_scan(foreign):
    assert [collection for collection, _ in scanned(foreign)] == [
        *["memory_short_term_One"] * 5,
        *["memory_short_term_Two"] * 7,
        *["short_term"] * 9,
    ]


def test_a_scan_over_several_collections_resumes_after_any_cursor(foreign):
    whole = scanned(foreign)
    seen = 0
    for batch in foreign.scan(SHORT_TERM, batch_size=2):
        seen += len(batch.records)
        assert scanned(foreign, after=batch.cursor) == whole[seen:]
        assert scanned(foreign, until=batch.cursor, batch_size=3) == whole[:seen]


@pytest.mark.parametrize("n", [1, 2, 3, 5, 40])
def test_partitions_cover_several_collections_without_overlap(foreign, n):
    parts = foreign.partitions(SHORT_TERM, n)

    found = [
        each for part in parts for each in scanned(foreign, after=part.after, until=part.until)
    ]
    assert found == scanned(foreign)


def test_a_cursor_of_another_store_is_none(foreign, backend):
    cursor = next(backend.scan(SHORT_TERM)).cursor

    for odd in (cursor, "", ":", "x", cursor.replace(":", "")):
        with pytest.raises(InvalidCursor):
            list(foreign.scan(SHORT_TERM, after=odd))


@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    group=st.sampled_from([None, "acme", "beta"]),
    crew=st.sampled_from([None, "research", "own", "One", "Two"]),
    unscoped=st.booleans(),
    ids=st.none() | st.frozensets(st.sampled_from(["row-001", "row-004", "row-021", "x"])),
)
def test_any_selector_scans_counts_and_tallies_alike(foreign, group, crew, unscoped, ids):
    selector = Selector(group_id=group, crew_id=crew, include_unscoped=unscoped, ids=ids)
    everything = [record for batch in foreign.scan(SHORT_TERM) for record in batch.records]

    found = [record for batch in foreign.scan(SHORT_TERM, selector) for record in batch.records]

    expected = [each for each in everything if selector.matches(each)]
    assert [(each.crew_id, each.id) for each in found] == [(e.crew_id, e.id) for e in expected]
    of_type = Selector(
        group_id=group, crew_id=crew, include_unscoped=unscoped, ids=ids,
        types=frozenset({SHORT_TERM}),
    )  # fmt: skip
    assert foreign.count(of_type) == len(expected)


def test_another_programs_collection_is_never_written_to(foreign_directory, tmp_path):
    path = shutil.copytree(foreign_directory, tmp_path / "store")
    before = fingerprint(path)
    with open_backend("chroma", path, writable=True) as backend:
        with pytest.raises(UnsupportedOperation, match="made by another program"):
            backend.upsert(SHORT_TERM, [make_record(1)])
        with pytest.raises(UnsupportedOperation) as error:
            backend.owners(SHORT_TERM, ["row-001"])
    assert error.value.hint
    assert fingerprint(path) == before


def test_a_row_s_own_crew_outranks_the_name_of_its_collection(foreign):
    crews = {
        batch.collection: {record.crew_id for record in batch.records}
        for batch in foreign.scan(SHORT_TERM)
    }

    assert crews == {
        "memory_short_term_One": {"research"},
        "memory_short_term_Two": {"own"},
        "short_term": {None},
    }


def make_two_databases(path: Path) -> Path:
    """Make a store whose two databases use the same names and ids."""
    import chromadb
    from chromadb.api.client import AdminClient

    first = chromadb.PersistentClient(str(path))
    AdminClient.from_system(first._system).create_database("another")
    second = chromadb.PersistentClient(str(path), database="another")
    for client, text in ((first, "first"), (second, "second")):
        collection = client.create_collection("short_term", embedding_function=None)
        collection.add(ids=["x"], embeddings=[[1.0, 2.0]], documents=[text])
        client.close()
    return path


def test_collections_of_two_databases_are_told_apart(tmp_path, memctl):
    path = make_two_databases(tmp_path / "store")

    ran = memctl("migrate", f"chroma:{path}", f"chroma:{tmp_path}/copy", "--json")
    stats = memctl("stats", "--at", f"chroma:{path}", "--json").data

    assert ran.exit_code == 0, ran.stdout
    assert {each["name"] for each in stats["collections"]} == {"short_term", "another/short_term"}
    with open_backend("chroma", tmp_path / "copy") as backend:
        assert sorted(each.content for each in scan_all(backend)) == ["first", "second"]


def test_rows_of_another_database_are_not_deleted_for_those_of_the_default_one(tmp_path):
    path = make_two_databases(tmp_path / "store")
    with open_backend("chroma", path, writable=True) as backend:
        with pytest.raises(MemctlError):
            backend.delete(SHORT_TERM, ["x"])
        assert "second" in {each.content for each in scan_all(backend)}


# Setting up


def test_each_step_finds_what_it_made_and_takes_it_back(tmp_path):
    with open_backend("chroma", tmp_path / "store", writable=True) as backend:
        steps = backend.plan_setup(SetupRequest((SHORT_TERM, ENTITY)))
        assert not any(step.find() for step in steps)
        for step in steps:
            step.do()
        assert all(step.find() for step in steps)
        assert names_of(backend) == ["entity", "short_term"]
        for step in reversed(steps):
            step.undo()

    assert list(tmp_path.iterdir()) == []


def test_undoing_a_store_leaves_files_that_came_from_elsewhere(tmp_path):
    with open_backend("chroma", tmp_path / "store", writable=True) as backend:
        (create, *_) = backend.plan_setup(SetupRequest(()))
        create.do()
        (tmp_path / "store" / "letter.txt").write_text("dear")
        create.undo()

    assert [each.name for each in (tmp_path / "store").iterdir()] == ["letter.txt"]


def test_a_place_that_fills_up_between_plan_and_act_is_not_emptied(tmp_path):
    (tmp_path / "store").mkdir()
    with open_backend("chroma", tmp_path / "store", writable=True) as backend:
        (create, *_) = backend.plan_setup(SetupRequest(()))
        (tmp_path / "store" / "letter.txt").write_text("dear")
        create.do()
        create.undo()

    assert (tmp_path / "store" / "letter.txt").read_text() == "dear"


def test_another_programs_store_gets_no_collections_by_setup(foreign_directory):
    with open_backend("chroma", foreign_directory) as backend:
        assert backend.plan_setup(SetupRequest((SHORT_TERM, MemoryType.DOCUMENT))) == []


def test_a_directory_with_other_files_is_no_place_for_a_store(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")

    with (
        open_backend("chroma", tmp_path, writable=True) as backend,
        pytest.raises(NotAStore),
    ):
        backend.plan_setup(SetupRequest((SHORT_TERM,)))


# Errors


def test_sqlite_errors_become_errors_of_memctl(tmp_path):
    file = tmp_path / "x.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE t (x)")
        cases = {
            StoreLocked: lambda: lock_twice(file),
            NotPermitted: lambda: sqlite3.connect(tmp_path / "none" / "x.db"),
            DamagedStore: lambda: connection.execute("SELECT * FROM nothing"),
        }
        for error, act in cases.items():
            with pytest.raises(error), translate_errors(tmp_path):
                act()


def lock_twice(file: Path) -> None:
    with (
        closing(sqlite3.connect(file, isolation_level=None)) as one,
        closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as two,
    ):
        one.execute("BEGIN IMMEDIATE")
        two.execute("BEGIN IMMEDIATE")


def test_a_panic_of_chromadb_is_a_damaged_store(tmp_path):
    class PanicException(BaseException):  # as pyo3 names it
        pass

    with pytest.raises(DamagedStore) as error, translate_errors(tmp_path):
        raise PanicException("unreachable")

    assert "unreachable" in error.value.message


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, NotAStore])
def test_what_is_no_error_of_chromadb_passes(tmp_path, error):
    with pytest.raises(error), translate_errors(tmp_path):
        raise error("x")


def test_a_store_that_chromadb_can_not_open_is_an_error_of_memctl(chroma_directory, tmp_path):
    path = shutil.copytree(chroma_directory, tmp_path / "store")
    with closing(sqlite3.connect(path / "chroma.sqlite3")) as connection, connection:
        connection.execute("UPDATE migrations SET hash = 'other'")
    with (
        open_backend("chroma", path, writable=True) as backend,
        pytest.raises(MemctlError) as error,
    ):
        backend.upsert(SHORT_TERM, [make_record(100)])

    assert str(path) in error.value.message


def test_a_read_only_connection_declares_reading_only(chroma_directory):
    with open_backend("chroma", chroma_directory) as backend:
        assert backend.capabilities == {Capability.READ}
        for capability in set(Capability) - {Capability.READ}:
            with pytest.raises(UnsupportedOperation) as error:
                backend.require(capability)
            assert error.value.hint

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import memctl as library
from memctl.core.connect import connect
from memctl.core.operations.locks import hold_lock
from memctl.core.selection import StoreRequest
from memctl.model.errors import (
    InvalidSetting,
    LocalStateUnusable,
    MemctlError,
    StoreLocked,
    StoreNotFound,
    UnsupportedOperation,
    WrongDimension,
)
from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_record, make_records

from ..conftest import make_store

SHORT_TERM, ENTITY = MemoryType.SHORT_TERM, MemoryType.ENTITY
WRITTEN = [
    *make_records(20),
    *(make_record(n, crew_id="sales") for n in range(20, 26)),
    *(make_record(n, group_id="beta") for n in range(30, 34)),
    *(make_record(n, group_id=None) for n in range(40, 42)),
    *(make_record(n, type=ENTITY) for n in range(50, 53)),
]


@pytest.fixture(scope="session")
def directory(tmp_path_factory):
    """A store of several groups, crews and types; not to be written."""
    return make_store("chroma", tmp_path_factory.mktemp("connect") / "store", WRITTEN)


@pytest.fixture
def profile(memctl, directory):
    """Save a profile of the store in the group `default`, which serves all groups."""
    assert memctl("setup", "chroma", "--path", directory).exit_code == 0


def scanned(connection, **selected) -> list[str]:
    return [record.id for batch in connection.scan(**selected) for record in batch.records]


# Which store


def test_a_location_is_opened_and_all_of_it_is_meant(directory):
    with library.connect(at=f"chroma:{directory}") as connection:
        assert connection.count() == len(WRITTEN)
        assert connection.used.location == f"chroma:{directory}"


@pytest.mark.usefixtures("profile")
def test_the_profile_in_force_is_opened_within_the_group():
    with library.connect(group="acme") as connection:
        assert connection.used.selected_by == "shared_default"
        assert connection.count() == 29
    with library.connect("chroma") as connection:
        assert (connection.used.profile, connection.count()) == ("chroma", 0)


def test_without_a_store_an_error_of_memctl_is_raised(tmp_path):
    with library.connect() as connection, pytest.raises(StoreNotFound, match="CrewAI"):
        connection.count()
    with library.connect(at=f"chroma:{tmp_path}/none") as connection, pytest.raises(StoreNotFound):
        connection.count()


# Counting and reading


@pytest.mark.usefixtures("profile")
def test_counts_and_scans_keep_to_the_group():
    with library.connect(group="acme") as connection:
        assert connection.count(crew_id="sales") == 6
        assert connection.count(types=[ENTITY]) == 3
        assert connection.count(include_unscoped=True) == 31
        assert len(scanned(connection)) == 29
        assert set(scanned(connection, crew_id="sales")) == {
            f"record-{n:05d}" for n in range(20, 26)
        }
    with library.connect(group="beta") as connection:
        assert scanned(connection) == [f"record-{n:05d}" for n in range(30, 34)]


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_a_scan_streams_batches_of_at_most_that_size(directory, batch_size):
    with library.connect(at=f"chroma:{directory}") as connection:
        batches = list(connection.scan(batch_size=batch_size))

    assert all(0 < len(each.records) <= batch_size for each in batches)
    assert sorted(r.id for each in batches for r in each.records) == sorted(r.id for r in WRITTEN)


@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    group=st.sampled_from([None, "acme", "beta", "nobody"]),
    crew=st.sampled_from([None, "research", "sales", "nobody"]),
    types=st.sets(st.sampled_from([SHORT_TERM, ENTITY, MemoryType.DOCUMENT])),
    unscoped=st.booleans(),
)
def test_any_selector_counts_and_scans_what_a_model_means(directory, group, crew, types, unscoped):
    selected = {"crew_id": crew, "types": types, "include_unscoped": unscoped}
    with library.connect(at=f"chroma:{directory}", group=group) as connection:
        counted, found = connection.count(**selected), scanned(connection, **selected)

    expected = {
        each.id
        for each in WRITTEN
        if (not types or each.type in types)
        and (crew is None or each.crew_id == crew)
        and (group is None or each.group_id == group or (unscoped and each.group_id is None))
    }
    assert (counted, set(found), len(found)) == (len(expected), expected, len(expected))


# Searching


def by_cosine(records, vector):
    """Rank as cosine does: a model of its own."""

    def similarity(record):
        a, b = record.embedding.astype(float), vector.astype(float)
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    return sorted(((similarity(each), each.id) for each in records), reverse=True)


def test_a_search_finds_the_nearest_first_and_exactly(directory):
    vector = np.array([1, -2, 0.5, 3], np.float32)
    with library.connect(at=f"chroma:{directory}") as connection:
        hits = connection.search(SHORT_TERM, vector, limit=5)

    expected = by_cosine([each for each in WRITTEN if each.type is SHORT_TERM], vector)[:5]
    assert [hit.record.id for hit in hits] == [record_id for _, record_id in expected]
    assert [hit.score for hit in hits] == pytest.approx([score for score, _ in expected], rel=1e-5)
    assert {hit.metric for hit in hits} == {"cosine"}


@pytest.mark.usefixtures("profile")
def test_a_search_keeps_to_the_group_and_the_crew():
    theirs = make_record(31).embedding
    with library.connect(group="acme") as connection:
        in_group = connection.search(SHORT_TERM, theirs, limit=100)
        in_crew = connection.search(SHORT_TERM, theirs, limit=100, crew_id="sales")

    assert {hit.record.group_id for hit in in_group} == {"acme"}
    assert {hit.record.crew_id for hit in in_crew} == {"sales"}
    assert (len(in_group), len(in_crew)) == (26, 6)


def test_a_search_by_a_vector_of_another_dimension_is_refused(directory):
    with (
        library.connect(at=f"chroma:{directory}") as connection,
        pytest.raises(WrongDimension),
    ):
        connection.search(SHORT_TERM, np.ones(5, np.float32))


def test_a_search_in_a_type_without_records_finds_nothing(directory):
    with library.connect(at=f"chroma:{directory}") as connection:
        assert connection.search(MemoryType.DOCUMENT, np.ones(4, np.float32)) == []


# Reading only


def test_the_library_opens_for_reading_only(directory):
    with library.connect(at=f"chroma:{directory}") as connection:
        for act in (
            lambda: connection.backend.upsert(SHORT_TERM, [make_record(1)]),
            lambda: connection.backend.delete(SHORT_TERM, ["record-00001"]),
        ):
            with pytest.raises(UnsupportedOperation):
                act()


def test_an_id_that_can_be_no_crew_is_refused(directory):
    with (
        library.connect(at=f"chroma:{directory}") as connection,
        pytest.raises(InvalidSetting),
    ):
        connection.count(crew_id="a\nb")


def test_every_error_is_one_of_memctl(tmp_path):
    (tmp_path / "x").mkdir()
    for at in (f"chroma:{tmp_path}/x", f"archive:{tmp_path}/none", "chroma:", "no location"):
        with pytest.raises(MemctlError), library.connect(at=at) as connection:
            connection.count()


# Locks


def test_a_lock_is_held_by_one_at_a_time(home):
    with hold_lock("/store"):
        with pytest.raises(StoreLocked) as error, hold_lock("/store"):
            pass
        with hold_lock("/another"):
            pass

    assert "/store" in error.value.message
    with hold_lock("/store"):
        pass


def test_readers_take_no_lock(directory, home):
    with hold_lock(str(directory)), library.connect(at=f"chroma:{directory}") as connection:
        assert connection.count() == len(WRITTEN)


def test_a_writer_holds_the_lock_of_the_real_path(directory, tmp_path):
    from memctl.backends.base import Access

    link = tmp_path / "link"
    link.symlink_to(directory)
    with (
        connect(StoreRequest(at=f"chroma:{directory}"), Access(writable=True)),
        pytest.raises(StoreLocked),
        connect(StoreRequest(at=f"chroma:{link}"), Access(writable=True)),
    ):
        pass


def test_a_lock_that_can_not_be_made_is_the_local_state_s_fault(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MEMCTL_HOME", str(tmp_path / "file"))

    with pytest.raises(LocalStateUnusable), hold_lock("/store"):
        pass

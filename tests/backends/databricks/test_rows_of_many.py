"""What several crews, groups, threads and dialects make of one index."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import UUID

import numpy as np
import pytest

from memctl.backends.base import FailureReason
from memctl.backends.databricks.rows.filters import write_filter
from memctl.backends.databricks.rows.ranges import find_cuts
from memctl.core.query.collections import count_collections
from memctl.model.errors import UsageError, WrongDimension
from memctl.model.memory_type import MemoryType
from memctl.model.selector import Selector
from memctl.testing.records import make_record, make_records
from memctl.testing.suite import assert_same, scan_all

from .opening import ALL_INDEXES, INDEX, SHORT_TERM, make_store, open_store

CREWS = [
    "plain",
    "o'brien",
    "''",
    "x' OR '1'='1",
    '"quoted"',
    "a\\",
    "`tick`",
    "'; --",
    "编辑",
    "%",
]
WIDE = 16
"""A storage-optimized endpoint takes dimensions that 16 divides."""


def wide(number: int, **changes):
    vector = np.random.default_rng(number).normal(size=WIDE).astype(np.float32)
    return make_record(number, embedding=vector, **changes)


@pytest.fixture(params=["STANDARD", "STORAGE_OPTIMIZED"])
def store(request, sandbox):
    """An index on an endpoint of each type, which speak different dialects of filters."""
    with make_store(sandbox, endpoint_type=request.param, dimension=WIDE) as store:
        yield store


class TestDialects:
    def test_a_search_finds_just_the_rows_of_a_crew_whatever_its_name(self, store):
        written = [wide(n, crew_id=crew) for n, crew in enumerate(CREWS)]
        store.upsert(SHORT_TERM, written)

        for number, crew in enumerate(CREWS):
            hits = store.search(SHORT_TERM, wide(0).embedding, selector=Selector(crew_id=crew))
            assert [hit.record.id for hit in hits] == [written[number].id], crew

    def test_a_search_keeps_groups_apart(self, store):
        store.upsert(SHORT_TERM, [wide(n, group_id="gh"[n % 2]) for n in range(20)])
        store.upsert(SHORT_TERM, [wide(30, group_id=None)])
        vector = wide(1).embedding

        found = store.search(SHORT_TERM, vector, selector=Selector(group_id="g"), limit=50)
        wider = Selector(group_id="g", include_unscoped=True)

        assert {hit.record.group_id for hit in found} == {"g"}
        assert len(found) == 10
        assert len(store.search(SHORT_TERM, vector, selector=wider, limit=50)) == 11
        assert len(store.search(SHORT_TERM, vector, selector=wider, limit=3)) == 3

    def test_scores_are_distances(self, store):
        written = [wide(n) for n in range(12)]
        store.upsert(SHORT_TERM, written)

        hits = store.search(SHORT_TERM, written[5].embedding, limit=12)

        apart = {r.id: float(np.linalg.norm(r.embedding - written[5].embedding)) for r in written}
        assert [hit.record.id for hit in hits] == sorted(apart, key=apart.__getitem__)
        for hit in hits:
            assert hit.score == pytest.approx(apart[hit.record.id], rel=1e-5, abs=1e-6)

    def test_ids_are_looked_up_whatever_is_in_them(self, store):
        ids = [*CREWS, "plain~", "plain~~", "plainer", "\u0001", "z" * 300]
        store.upsert(SHORT_TERM, [wide(n, id=each) for n, each in enumerate(ids)])

        for each in ids:
            found = store.scan(SHORT_TERM, Selector(ids=frozenset({each, each + "x"})))
            assert [r.id for batch in found for r in batch.records] == [each]
        found = scan_all(store, Selector(ids=frozenset([*ids, "nobody"])))
        assert sorted(r.id for r in found) == sorted(ids)
        assert store.delete(SHORT_TERM, ids).done == len(ids)

    def test_a_query_reads_all_pages(self, store):
        store.upsert(SHORT_TERM, [wide(n) for n in range(1100)])

        assert len(store.search(SHORT_TERM, wide(1).embedding, limit=1050)) == 1050


def test_filters_are_written_in_the_endpoints_dialect():
    conditions = {"crew_id": "o'brien", "id": ["a", "b'"], "odd name": "x"}

    assert write_filter(conditions, "STANDARD") == conditions
    assert (
        write_filter(conditions, "STORAGE_OPTIMIZED")
        == "crew_id = 'o''brien' AND id IN ('a', 'b''') AND `odd name` = 'x'"
    )
    assert write_filter({}, "STANDARD") is None


def test_more_results_than_the_service_ranks_are_refused_before_it_is_asked(sandbox):
    with open_store(sandbox, secrets={}) as store, pytest.raises(UsageError, match="10000"):
        store.search(SHORT_TERM, np.ones(4, np.float32), limit=10_001)


def test_a_search_with_a_vector_of_another_dimension_is_refused(sandbox):
    with make_store(sandbox) as store, pytest.raises(WrongDimension):
        store.search(SHORT_TERM, np.ones(5, np.float32))


def test_equal_ids_of_two_groups_stay_their_first_owners(sandbox):
    with make_store(sandbox) as store:
        store.upsert(SHORT_TERM, make_records(40, group_id="g"))

    with open_store(sandbox, indexes={SHORT_TERM: INDEX}) as store:
        result = store.upsert(SHORT_TERM, make_records(60, group_id="h", content="theirs"))
        gone = store.delete(SHORT_TERM, ["record-00001", "record-00050"], Selector(group_id="h"))

        assert {each.reason for each in result.failed.values()} == {FailureReason.OTHER_OWNER}
        assert (result.done, len(result.failed), gone.done) == (20, 40, 1)
        assert_same(make_records(40, group_id="g"), scan_all(store, Selector(group_id="g")))
        assert store.count(Selector(group_id="h")) == 19


def test_an_id_is_free_again_once_its_row_is_deleted(sandbox):
    with make_store(sandbox) as store:
        store.upsert(SHORT_TERM, make_records(30))
        store.delete(SHORT_TERM, ["record-00003"])

        result = store.upsert(SHORT_TERM, [make_record(3, crew_id="other")])

        assert result.done == 1


def test_several_threads_write_without_a_loss(sandbox):
    with make_store(sandbox) as store:
        parts = [make_records(400)[n : n + 20] for n in range(0, 400, 20)]
        with ThreadPoolExecutor(store.info.writers) as pool:
            results = list(pool.map(lambda part: store.upsert(SHORT_TERM, part), parts))

        looked_up = [each for each in sandbox.requests() if each["path"].endswith("/scan")]
        assert len(looked_up) < 10
        assert sum(each.done for each in results) == 400
        assert_same(make_records(400), scan_all(store))


def test_copying_into_an_empty_index_asks_nothing_of_each_batch(sandbox):
    with make_store(sandbox) as store:
        store.upsert(SHORT_TERM, make_records(10))
        sandbox.clear()
        for start in range(10, 200, 10):
            store.upsert(SHORT_TERM, make_records(200)[start : start + 10])

    assert {each["path"].rpartition("/")[2] for each in sandbox.requests()} == {"upsert-data"}
    assert len(sandbox.requests()) == 19


def test_a_large_batch_is_sent_in_parts_that_the_service_takes(sandbox):
    with make_store(sandbox) as store:
        written = make_records(12, content='é"' * 300_000)

        assert store.upsert(SHORT_TERM, written).failed == {}
        assert store.count() == 12


def test_a_record_larger_than_a_request_is_refused_and_named(sandbox):
    with make_store(sandbox) as store:
        result = store.upsert(SHORT_TERM, [make_record(1, content="é" * 4_200_000), make_record(2)])

        assert list(result.failed) == ["record-00001"]
        assert_same([make_record(2)], scan_all(store))


@pytest.mark.parametrize(
    "ids",
    [
        [str(UUID(int=(n * 0x9E3779B97F4A7C15F39CC0605CEDC834) % 2**128)) for n in range(3000)],
        [f"record-{n:05d}" for n in range(3000)],
        [f"{crew}/{n}" for crew in ("alpha", "beta", "gamma") for n in range(1000)],
        ["x"],
        [],
    ],
    ids=["uuids", "numbered", "by crew", "one", "none"],
)
def test_cuts_are_keys_in_order_and_parts_are_about_equal(ids):
    ids = sorted(ids)
    cuts = find_cuts(lambda after: next((each for each in ids if each > (after or "")), None), 4)

    assert cuts == sorted(set(cuts))
    assert set(cuts) <= set(ids)
    bounds = [0, *(ids.index(each) + 1 for each in cuts), len(ids)]
    if len(ids) > 1:
        assert max(b - a for a, b in pairwise(bounds)) <= 0.4 * len(ids)


def test_ranges_of_a_large_index_cover_all_of_it(sandbox):
    with make_store(sandbox) as store:
        store.upsert(SHORT_TERM, make_records(2000))
        parts = store.partitions(SHORT_TERM, 4)

        ids = [
            record.id
            for part in parts
            for batch in store.scan(SHORT_TERM, after=part.after, until=part.until)
            for record in batch.records
        ]

    assert len(parts) == 4
    assert ids == [each.id for each in make_records(2000)]


def test_ranges_are_counted_together(sandbox):
    with make_store(sandbox) as store:
        store.upsert(SHORT_TERM, make_records(1000))

        assert len(store.partitions(SHORT_TERM, 4)) == 2
        assert store.count() == 1000
        assert store.count(Selector(crew_id="nobody")) == 0


@pytest.mark.parametrize("id_", ["\ud800", ""])
def test_an_id_that_no_service_holds_is_not_looked_for(sandbox, id_):
    with make_store(sandbox) as store:
        assert scan_all(store, Selector(ids=frozenset({id_}))) == []
        assert store.delete(SHORT_TERM, [id_]).done == 0
        assert list(store.upsert(SHORT_TERM, [make_record(1, id=id_)]).failed) == [id_]


def test_one_connection_describes_an_index_once(sandbox):
    with make_store(sandbox) as store:
        store.upsert(SHORT_TERM, make_records(10))
    sandbox.clear()

    with open_store(sandbox, writable=False, indexes={SHORT_TERM: INDEX}) as store:
        count_collections(store)
        store.tally()
        assert store.describe().dimension(SHORT_TERM) == 4

    described = [each for each in sandbox.requests() if each["path"].endswith(f"/{INDEX}")]
    assert len(described) == 1


def test_indexes_are_described_by_as_many_requests_whatever_they_hold(sandbox):
    taken = []
    types = (SHORT_TERM, MemoryType.ENTITY)
    indexes = {each: ALL_INDEXES[each] for each in types}
    with make_store(sandbox, types=types) as store:
        for number in (3, 300):
            store.upsert(SHORT_TERM, make_records(number))
            sandbox.clear()
            with open_store(sandbox, writable=False, indexes=indexes) as reading:
                found = list(reading.describe().collections)
            assert [each.type for each in found] == [*types]
            assert not [each for each in sandbox.requests() if "scan" in each["path"]]
            taken.append(len(sandbox.requests()))

    assert taken[0] == taken[1] > 0

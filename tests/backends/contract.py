"""The laws that every backend keeps; a backend's own test file is a fixture and a subclass.

A subclass gives a fixture `backend`: a writable connection to an empty store that is set up for all
memory types, and may override `reread`, which gives a connection that reads what was written.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memctl.backends.base import FailureReason
from memctl.model.capability import Capability
from memctl.model.errors import MemctlError, UnsupportedOperation, WrongDimension
from memctl.model.memory_type import MemoryType
from memctl.model.record import differing_fields
from memctl.model.selector import EVERYTHING, Selector

from ..records import DIFFICULT, DIMENSION, make_record, make_records, records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from memctl.backends.base import MemoryBackend
    from memctl.model.record import MemoryRecord

SHORT_TERM = MemoryType.SHORT_TERM
SECRET = "s3cr3t-that-nobody-may-see"  # noqa: S105 - a canary

any_store = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[
        HealthCheck.differing_executors,
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
)


def scan_all(
    backend: MemoryBackend, selector: Selector = EVERYTHING, **options
) -> list[MemoryRecord]:
    return [
        record
        for memory_type in backend.types()
        if selector.wants(memory_type)
        for batch in backend.scan(memory_type, selector, **options)
        for record in batch.records
    ]


def assert_same(expected: list[MemoryRecord], found: list[MemoryRecord]) -> None:
    by_id = {record.id: record for record in found}
    assert len(by_id) == len(found)
    assert {record.id for record in expected} == by_id.keys()
    for record in expected:
        assert list(differing_fields(record, by_id[record.id])) == []


class BackendContract:
    """Laws of DESIGN section 3, for one backend."""

    @pytest.fixture
    def backend(self) -> Iterator[MemoryBackend]:
        raise NotImplementedError

    def reread(self, backend: MemoryBackend) -> MemoryBackend:
        return backend

    def fill(self, backend: MemoryBackend, written: list[MemoryRecord]) -> MemoryBackend:
        for memory_type in MemoryType:
            if batch := [record for record in written if record.type is memory_type]:
                assert backend.upsert(memory_type, batch).failed == {}
        return self.reread(backend)

    def test_an_empty_store_counts_nothing(self, backend):
        assert backend.count() == 0
        assert scan_all(backend) == []

    def test_upsert_then_scan_gives_the_same_records(self, backend):
        written = [replace(make_record(n), type=t) for n, t in enumerate([*MemoryType] * 3)]

        assert_same(written, scan_all(self.fill(backend, written)))

    def test_upsert_says_how_many_it_wrote(self, backend):
        assert backend.upsert(SHORT_TERM, make_records(3)).done == 3

    def test_upsert_twice_leaves_one(self, backend):
        self.fill(backend, make_records(5))

        assert_same(make_records(5), scan_all(self.fill(backend, make_records(5))))

    def test_upsert_replaces_all_of_a_record(self, backend):
        self.fill(backend, make_records(3))
        bare = make_record(1, content="new", session_id=None, importance=None, metadata={"x": 1})

        found = self.fill(backend, [bare])

        assert_same([make_record(0), bare, make_record(2)], scan_all(found))

    def test_the_last_of_equal_ids_in_a_batch_stays(self, backend):
        self.fill(backend, [make_record(1), make_record(1, content="last")])

        assert_same([make_record(1, content="last")], scan_all(self.reread(backend)))

    @pytest.mark.parametrize("case", DIFFICULT)
    def test_difficult_records_survive(self, backend, case):
        assert_same([DIFFICULT[case]], scan_all(self.fill(backend, [DIFFICULT[case]])))

    @any_store
    @given(record=records())
    def test_any_record_survives(self, backend, record):
        ids = [each.id for each in scan_all(backend)]
        backend.delete(SHORT_TERM, ids)

        assert_same([record], scan_all(self.fill(backend, [record])))

    def test_rows_without_vectors_survive_where_declared(self, backend):
        record = make_record(1, embedding=None)
        if Capability.ROWS_WITHOUT_VECTORS in backend.capabilities:
            assert_same([record], scan_all(self.fill(backend, [record])))
        else:
            result = backend.upsert(SHORT_TERM, [record, make_record(2)])
            assert result.failed[record.id].reason is FailureReason.REFUSED
            assert_same([make_record(2)], scan_all(self.reread(backend)))

    @pytest.mark.parametrize("batch_size", [1, 2, 7, 50, 51, 1000])
    def test_scan_visits_every_id_once_for_any_batch_size(self, backend, batch_size):
        found = self.fill(backend, make_records(50))

        batches = list(found.scan(SHORT_TERM, batch_size=batch_size))

        ids = [record.id for batch in batches for record in batch.records]
        assert sorted(ids) == [record.id for record in make_records(50)]
        assert all(0 < len(batch.records) <= batch_size for batch in batches)

    def test_scan_resumes_after_any_cursor_without_gap_or_repeat(self, backend):
        found = self.fill(backend, make_records(23))
        batches = list(found.scan(SHORT_TERM, batch_size=4))
        ids = [record.id for batch in batches for record in batch.records]

        for number, batch in enumerate(batches, 1):
            rest = found.scan(SHORT_TERM, batch_size=5, after=batch.cursor)
            assert ids[4 * number :] == [r.id for each in rest for r in each.records]

    def test_scan_without_embeddings_reads_the_rest(self, backend):
        found = scan_all(self.fill(backend, make_records(3)), with_embeddings=False)

        assert_same([replace(each, embedding=None) for each in make_records(3)], found)

    @pytest.mark.parametrize("n", [1, 2, 3, 8, 100])
    def test_partitions_cover_all_and_overlap_nowhere(self, backend, n):
        found = self.fill(backend, make_records(40))

        parts = found.partitions(SHORT_TERM, n)

        ids = [
            record.id
            for part in parts
            for batch in found.scan(SHORT_TERM, after=part.after, until=part.until, batch_size=7)
            for record in batch.records
        ]
        assert 1 <= len(parts) <= n
        assert sorted(ids) == [record.id for record in make_records(40)]

    def test_delete_removes_just_those(self, backend):
        self.fill(backend, make_records(10))

        result = backend.delete(SHORT_TERM, ["record-00002", "record-00007", "not there"])

        assert result.done == 2
        kept = [each for each in make_records(10) if each.metadata["number"] not in {2, 7}]
        assert_same(kept, scan_all(self.reread(backend)))

    def test_delete_spares_rows_that_the_selector_does_not_mean(self, backend):
        self.fill(backend, [make_record(1), make_record(2, crew_id="sales")])

        result = backend.delete(
            SHORT_TERM, ["record-00001", "record-00002"], Selector(crew_id="research")
        )

        assert result.done == 1
        assert_same([make_record(2, crew_id="sales")], scan_all(self.reread(backend)))

    @pytest.mark.parametrize(
        ("selector", "expected"),
        [
            (Selector(group_id="g", crew_id="a"), ["ga"]),
            (Selector(group_id="g"), ["ga", "gab", "gb"]),
            (Selector(group_id="g", include_unscoped=True), ["a", "ga", "gab", "gb"]),
            (Selector(crew_id="a"), ["a", "ga", "ha"]),
            (Selector(group_id="g", crew_id="a'b"), ["gab"]),
            (Selector(group_id="G"), []),
            (Selector(ids=frozenset({"ga", "ha", "zz"}), group_id="g"), ["ga"]),
            (Selector(types=frozenset({MemoryType.ENTITY})), []),
        ],
    )
    def test_a_selector_means_just_its_rows(self, backend, selector, expected):
        owners = {
            "ga": ("g", "a"),
            "gb": ("g", "b"),
            "gab": ("g", "a'b"),
            "ha": ("h", "a"),
            "a": (None, "a"),
        }
        written = [
            make_record(n, id=name, group_id=group, crew_id=crew)
            for n, (name, (group, crew)) in enumerate(owners.items())
        ]
        found = self.fill(backend, written)

        assert sorted(record.id for record in scan_all(found, selector)) == expected
        assert found.count(selector) == len(expected)

    def test_a_selector_by_age_means_older_rows(self, backend):
        found = self.fill(backend, [*make_records(5), make_record(9, created_at=None)])
        selector = Selector(created_before=make_record(2).created_at)

        assert_same(make_records(2), scan_all(found, selector))
        assert found.count(selector) == 2

    def test_upserting_never_changes_another_crews_or_groups_row(self, backend):
        theirs = [make_record(1, crew_id="b"), make_record(2, group_id="h")]
        self.fill(backend, theirs)

        result = backend.upsert(SHORT_TERM, [make_record(n, content="mine") for n in (1, 2, 3)])

        assert {id_: each.reason for id_, each in result.failed.items()} == {
            "record-00001": FailureReason.OTHER_OWNER,
            "record-00002": FailureReason.OTHER_OWNER,
        }
        mine = make_record(3, content="mine")
        assert_same([*theirs, mine], scan_all(self.reread(backend)))

    @any_store
    @given(
        plan=st.lists(st.tuples(st.integers(0, 6), st.sampled_from("ab"), st.sampled_from("gh")))
    )
    def test_any_writes_leave_each_row_with_its_first_owner(self, backend, plan):
        backend.delete(SHORT_TERM, [each.id for each in scan_all(backend)])
        owners: dict[str, tuple[str, str]] = {}
        for number, crew, group in plan:
            record = make_record(number, crew_id=crew, group_id=group)
            backend.upsert(SHORT_TERM, [record])
            owners.setdefault(record.id, (crew, group))

        found = {each.id: (each.crew_id, each.group_id) for each in scan_all(self.reread(backend))}
        assert found == owners

    def test_a_wrong_dimension_raises_before_anything_is_written(self, backend):
        self.fill(backend, [make_record(1)])
        wrong = make_record(3, embedding=np.ones(DIMENSION + 1, np.float32))

        if Capability.MIXED_DIMENSIONS not in backend.capabilities:
            with pytest.raises(WrongDimension):
                backend.upsert(SHORT_TERM, [make_record(2), wrong])
            assert_same([make_record(1)], scan_all(self.reread(backend)))

    def test_a_wrong_dimension_in_the_first_batch_raises(self, backend):
        wrong = make_record(3, embedding=np.ones(DIMENSION + 1, np.float32))

        if Capability.MIXED_DIMENSIONS not in backend.capabilities:
            with pytest.raises(WrongDimension):
                backend.upsert(SHORT_TERM, [make_record(2), wrong])
            assert scan_all(self.reread(backend)) == []

    def test_search_ranks_exactly(self, backend):
        written = make_records(30)
        found = self.fill(backend, written)
        query = written[17].embedding * 2

        hits = found.search(SHORT_TERM, query, limit=3)

        assert len(hits) == 3
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=hits[0].metric != "l2")
        if hits[0].metric == "cosine":
            assert hits[0].record.id == written[17].id

    def test_search_keeps_to_the_selector(self, backend):
        found = self.fill(backend, [make_record(1), make_record(2, crew_id="sales")])

        hits = found.search(
            SHORT_TERM, make_record(1).embedding, selector=Selector(crew_id="sales")
        )

        assert [hit.record.id for hit in hits] == ["record-00002"]

    def test_the_tally_counts_owners_agents_and_days(self, backend):
        written = [
            *make_records(26),
            make_record(30, crew_id="sales", agent_id=None),
            make_record(31, group_id=None, created_at=None),
        ]
        rows = self.fill(backend, written).tally()

        assert sum(row.records for row in rows) == 28
        days = {(row.day.isoformat(), row.records) for row in rows if row.day and row.agent_id}
        assert days == {("2026-01-01", 24), ("2026-01-02", 2)}
        assert min(row.oldest for row in rows if row.oldest) == make_record(0).created_at
        assert [row.records for row in rows if row.group_id is None] == [1]
        assert [row.records for row in rows if row.crew_id == "sales"] == [1]

    def test_collections_say_counts_and_dimensions(self, backend):
        found = self.fill(backend, make_records(6))

        said = [(c.type, c.records, c.dimension) for c in found.collections() if c.records]

        assert said == [(SHORT_TERM, 6, DIMENSION)]

    def test_a_healthy_store_has_no_problem(self, backend):
        checks = self.fill(backend, make_records(6)).check()

        assert checks
        assert [check for check in checks if check.status == "problem"] == []

    def test_no_secret_in_repr_or_location(self, backend):
        assert SECRET not in repr(backend)
        assert SECRET not in backend.location

    def test_close_twice_is_fine(self, backend):
        backend.close()
        backend.close()

    def test_what_is_undeclared_raises(self, backend):
        found = self.reread(backend)
        attempts = {
            Capability.UPSERT: lambda: found.upsert(SHORT_TERM, [make_record(1)]),
            Capability.DELETE: lambda: found.delete(SHORT_TERM, ["x"]),
        }
        for capability, attempt in attempts.items():
            if capability not in found.capabilities:
                with pytest.raises(UnsupportedOperation) as error:
                    attempt()
                assert error.value.hint
        for capability in set(Capability) - found.capabilities:
            with pytest.raises(UnsupportedOperation):
                found.require(capability)

    def test_a_connection_can_do_no_more_than_the_backend_declares(self, backend):
        assert backend.capabilities <= backend.info.capabilities

    def test_every_error_is_a_memctl_error(self, backend):
        for arguments in ({"after": "nonsense"}, {"until": "nonsense"}):
            with pytest.raises(MemctlError):
                list(backend.scan(SHORT_TERM, **arguments))

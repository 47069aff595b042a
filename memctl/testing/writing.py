"""The laws of what is written, replaced, refused and deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..backends.base import FailureReason
from ..model.capability import Capability
from ..model.errors import WrongDimension
from ..model.memory_type import MemoryType
from ..model.selector import Selector
from .records import DIFFICULT, DIMENSION, make_record, make_records, records
from .suite import SHORT_TERM, Suite, any_store, assert_same, scan_all

if TYPE_CHECKING:
    from ..backends.base import MemoryBackend
    from ..model.record import MemoryRecord


class WritingLaws(Suite):
    """What a store takes it keeps as it is, and no owner's row is another's to change."""

    def test_upsert_then_scan_gives_the_same_records(self, backend: MemoryBackend) -> None:
        written = [replace(make_record(n), type=t) for n, t in enumerate([*MemoryType] * 3)]

        assert_same(written, scan_all(self.fill(backend, written)))

    def test_upsert_says_how_many_it_wrote(self, backend: MemoryBackend) -> None:
        assert backend.upsert(SHORT_TERM, make_records(3)).done == 3

    def test_upsert_twice_leaves_one(self, backend: MemoryBackend) -> None:
        self.fill(backend, make_records(5))

        assert_same(make_records(5), scan_all(self.fill(backend, make_records(5))))

    def test_upsert_replaces_all_of_a_record(self, backend: MemoryBackend) -> None:
        self.fill(backend, make_records(3))
        bare = make_record(1, content="new", session_id=None, importance=None, metadata={"x": 1})

        found = self.fill(backend, [bare])

        assert_same([make_record(0), bare, make_record(2)], scan_all(found))

    def test_the_last_of_equal_ids_in_a_batch_stays(self, backend: MemoryBackend) -> None:
        self.fill(backend, [make_record(1), make_record(1, content="last")])

        assert_same([make_record(1, content="last")], scan_all(self.reread(backend)))

    @pytest.mark.parametrize("case", DIFFICULT)
    def test_difficult_records_survive(self, backend: MemoryBackend, case: str) -> None:
        assert_same([DIFFICULT[case]], scan_all(self.fill(backend, [DIFFICULT[case]])))

    @any_store
    @given(record=records())
    def test_any_record_survives(self, backend: MemoryBackend, record: MemoryRecord) -> None:
        ids = [each.id for each in scan_all(backend)]
        backend.delete(SHORT_TERM, ids)

        assert_same([record], scan_all(self.fill(backend, [record])))

    def test_rows_without_vectors_survive_where_declared(self, backend: MemoryBackend) -> None:
        record = make_record(1, embedding=None)
        if Capability.ROWS_WITHOUT_VECTORS in backend.capabilities:
            assert_same([record], scan_all(self.fill(backend, [record])))
        else:
            result = backend.upsert(SHORT_TERM, [record, make_record(2)])
            assert result.failed[record.id].reason is FailureReason.REFUSED
            assert_same([make_record(2)], scan_all(self.reread(backend)))

    def test_delete_removes_just_those(self, backend: MemoryBackend) -> None:
        self.fill(backend, make_records(10))

        result = backend.delete(SHORT_TERM, ["record-00002", "record-00007", "not there"])

        assert result.done == 2
        kept = [each for each in make_records(10) if each.metadata["number"] not in {2, 7}]
        assert_same(kept, scan_all(self.reread(backend)))

    def test_delete_spares_rows_that_the_selector_does_not_mean(
        self, backend: MemoryBackend
    ) -> None:
        self.fill(backend, [make_record(1), make_record(2, crew_id="sales")])

        result = backend.delete(
            SHORT_TERM, ["record-00001", "record-00002"], Selector(crew_id="research")
        )

        assert result.done == 1
        assert_same([make_record(2, crew_id="sales")], scan_all(self.reread(backend)))

    def test_upserting_never_changes_another_crews_or_groups_row(
        self, backend: MemoryBackend
    ) -> None:
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
    def test_any_writes_leave_each_row_with_its_first_owner(
        self, backend: MemoryBackend, plan: list[tuple[int, str, str]]
    ) -> None:
        backend.delete(SHORT_TERM, [each.id for each in scan_all(backend)])
        owners: dict[str, tuple[str, str]] = {}
        for number, crew, group in plan:
            record = make_record(number, crew_id=crew, group_id=group)
            backend.upsert(SHORT_TERM, [record])
            owners.setdefault(record.id, (crew, group))

        found = {each.id: (each.crew_id, each.group_id) for each in scan_all(self.reread(backend))}
        assert found == owners

    def test_a_wrong_dimension_raises_before_anything_is_written(
        self, backend: MemoryBackend
    ) -> None:
        self.fill(backend, [make_record(1)])
        wrong = make_record(3, embedding=np.ones(DIMENSION + 1, np.float32))

        if Capability.MIXED_DIMENSIONS not in backend.capabilities:
            with pytest.raises(WrongDimension):
                backend.upsert(SHORT_TERM, [make_record(2), wrong])
            assert_same([make_record(1)], scan_all(self.reread(backend)))

    def test_a_wrong_dimension_in_the_first_batch_raises(self, backend: MemoryBackend) -> None:
        wrong = make_record(3, embedding=np.ones(DIMENSION + 1, np.float32))

        if Capability.MIXED_DIMENSIONS not in backend.capabilities:
            with pytest.raises(WrongDimension):
                backend.upsert(SHORT_TERM, [make_record(2), wrong])
            assert scan_all(self.reread(backend)) == []

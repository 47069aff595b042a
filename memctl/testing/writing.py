"""The laws of what is written, replaced, refused and deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ..backends.base import FailureReason
from ..model.backend.capability import Capability
from ..model.errors import WrongDimension
from ..model.record import ORIGIN_KEY
from ..model.selector import Selector
from .records import DIFFICULT, DIMENSION, REFUSABLE, UNHELD, records
from .suite import Suite, any_store, assert_ids_lead_back, assert_same, scan_all

if TYPE_CHECKING:
    from ..backends.base import MemoryBackend
    from ..model.memory_type import MemoryType
    from ..model.record import MemoryRecord
    from .suite import MakeRecord, MakeRecords


class WritingLaws(Suite):
    """What a store takes it keeps as it is, and no owner's row is another's to change."""

    def test_upsert_then_scan_gives_the_same_records(
        self, backend: MemoryBackend, one: MakeRecord
    ) -> None:
        written = [one(n, type=t) for n, t in enumerate(self.types_of(backend) * 3)]

        assert_same(written, scan_all(self.fill(backend, written)))

    def test_upsert_says_how_many_it_wrote(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords
    ) -> None:
        assert backend.upsert(memory_type, many(3)).done == 3

    def test_upsert_twice_leaves_one(self, backend: MemoryBackend, many: MakeRecords) -> None:
        self.fill(backend, many(5))

        assert_same(many(5), scan_all(self.fill(backend, many(5))))

    def test_upsert_replaces_all_of_a_record(
        self, backend: MemoryBackend, one: MakeRecord, many: MakeRecords
    ) -> None:
        self.fill(backend, many(3))
        bare = one(1, content="new", session_id=None, importance=None, metadata={"x": 1})

        found = self.fill(backend, [bare])

        assert_same([one(0), bare, one(2)], scan_all(found))

    def test_the_last_of_equal_ids_in_a_batch_stays(
        self, backend: MemoryBackend, one: MakeRecord
    ) -> None:
        self.fill(backend, [one(1), one(1, content="last")])

        assert_same([one(1, content="last")], scan_all(self.reread(backend)))

    @pytest.mark.parametrize("case", DIFFICULT)
    def test_difficult_records_survive(
        self, backend: MemoryBackend, memory_type: MemoryType, case: str
    ) -> None:
        record = replace(DIFFICULT[case], type=memory_type)

        assert_same([record], scan_all(self.fill(backend, [record])))

    @any_store
    @given(record=records())
    def test_any_record_survives(
        self, backend: MemoryBackend, memory_type: MemoryType, record: MemoryRecord
    ) -> None:
        assume(backend.holds.nul or "\\x00" not in repr(record))
        backend.delete(memory_type, [each.id for each in scan_all(backend)])
        record = replace(record, type=memory_type)

        found = self.fill(backend, [record])

        assert_same([record], scan_all(found))
        assert_ids_lead_back(found, memory_type)

    def test_rows_without_vectors_survive_where_declared(
        self, backend: MemoryBackend, memory_type: MemoryType, one: MakeRecord
    ) -> None:
        record = one(1, embedding=None)
        if Capability.ROWS_WITHOUT_VECTORS in backend.capabilities:
            assert_same([record], scan_all(self.fill(backend, [record])))
        else:
            result = backend.upsert(memory_type, [record, one(2)])
            assert result.failed[record.id].reason is FailureReason.REFUSED
            assert_same([one(2)], scan_all(self.reread(backend)))

    @pytest.mark.parametrize("case", REFUSABLE)
    def test_what_a_store_refuses_is_named_and_keeps_nothing_else_back(
        self, backend: MemoryBackend, memory_type: MemoryType, one: MakeRecord, case: str
    ) -> None:
        odd = replace(REFUSABLE[case], type=memory_type)

        result = backend.upsert(memory_type, [one(101), odd, one(102)])

        assert result.failed.keys() <= {odd.id}
        for failure in result.failed.values():
            assert failure.reason is FailureReason.REFUSED
            assert failure.message
        again = backend.upsert(memory_type, [one(101), odd, one(102)])
        assert (again.done, again.failed.keys()) == (result.done, result.failed.keys())
        kept = [one(101), one(102)] if result.failed else [one(101), odd, one(102)]
        assert result.done == len(kept)
        assert_same(kept, scan_all(self.reread(backend)))

    @pytest.mark.parametrize("limit", UNHELD)
    def test_what_a_store_declares_that_it_cant_hold_it_refuses(
        self, backend: MemoryBackend, memory_type: MemoryType, limit: str
    ) -> None:
        odd = [replace(REFUSABLE[case], type=memory_type) for case in UNHELD[limit]]

        result = backend.upsert(memory_type, odd)

        if not getattr(backend.holds, limit):
            assert result.failed.keys() == {each.id for each in odd}
            assert scan_all(self.reread(backend)) == []

    def test_a_store_that_renames_says_so_and_keeps_the_ids_in_the_metadata(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords
    ) -> None:
        result = backend.upsert(memory_type, many(3))

        found = {each.id: each.metadata for each in scan_all(self.as_stored(backend))}
        assert found.keys() == {result.renamed.get(each.id, each.id) for each in many(3)}
        for wanted, row_id in result.renamed.items():
            assert backend.holds.renames
            assert found[row_id][ORIGIN_KEY]["id"] == wanted

    def test_each_id_that_scan_gives_leads_back_to_its_row(
        self, backend: MemoryBackend, memory_type: MemoryType
    ) -> None:
        written = [*DIFFICULT.values(), *REFUSABLE.values()]
        backend.upsert(memory_type, [replace(each, type=memory_type) for each in written])

        assert_ids_lead_back(backend, memory_type)

    def test_delete_removes_just_those(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords
    ) -> None:
        self.fill(backend, many(10))

        result = backend.delete(memory_type, ["record-00002", "record-00007", "not there"])

        assert result.done == 2
        kept = [each for each in many(10) if each.metadata["number"] not in {2, 7}]
        assert_same(kept, scan_all(self.reread(backend)))

    def test_delete_spares_rows_that_the_selector_does_not_mean(
        self, backend: MemoryBackend, memory_type: MemoryType, one: MakeRecord
    ) -> None:
        self.fill(backend, [one(1), one(2, crew_id="sales")])

        result = backend.delete(
            memory_type, ["record-00001", "record-00002"], Selector(crew_id="research")
        )

        assert result.done == 1
        assert_same([one(2, crew_id="sales")], scan_all(self.reread(backend)))

    def test_upserting_never_changes_another_crews_or_groups_row(
        self, backend: MemoryBackend, memory_type: MemoryType, one: MakeRecord
    ) -> None:
        theirs = [one(1, crew_id="b"), one(2, group_id="h")]
        self.fill(backend, theirs)

        result = backend.upsert(memory_type, [one(n, content="mine") for n in (1, 2, 3)])

        assert {id_: each.reason for id_, each in result.failed.items()} == {
            "record-00001": FailureReason.OTHER_OWNER,
            "record-00002": FailureReason.OTHER_OWNER,
        }
        mine = one(3, content="mine")
        assert_same([*theirs, mine], scan_all(self.reread(backend)))

    @any_store
    @given(
        plan=st.lists(st.tuples(st.integers(0, 6), st.sampled_from("ab"), st.sampled_from("gh")))
    )
    def test_any_writes_leave_each_row_with_its_first_owner(
        self,
        backend: MemoryBackend,
        memory_type: MemoryType,
        one: MakeRecord,
        plan: list[tuple[int, str, str]],
    ) -> None:
        backend.delete(memory_type, [each.id for each in scan_all(backend)])
        owners: dict[str, tuple[str, str]] = {}
        for number, crew, group in plan:
            record = one(number, crew_id=crew, group_id=group)
            backend.upsert(memory_type, [record])
            owners.setdefault(record.id, (crew, group))

        found = {each.id: (each.crew_id, each.group_id) for each in scan_all(self.reread(backend))}
        assert found == owners

    def test_a_wrong_dimension_raises_before_anything_is_written(
        self, backend: MemoryBackend, memory_type: MemoryType, one: MakeRecord
    ) -> None:
        self.fill(backend, [one(1)])
        wrong = one(3, embedding=np.ones(DIMENSION + 1, np.float32))

        if Capability.MIXED_DIMENSIONS not in backend.capabilities:
            with pytest.raises(WrongDimension):
                backend.upsert(memory_type, [one(2), wrong])
            assert_same([one(1)], scan_all(self.reread(backend)))

    def test_a_wrong_dimension_in_the_first_batch_raises(
        self, backend: MemoryBackend, memory_type: MemoryType, one: MakeRecord
    ) -> None:
        wrong = one(3, embedding=np.ones(DIMENSION + 1, np.float32))

        if Capability.MIXED_DIMENSIONS not in backend.capabilities:
            with pytest.raises(WrongDimension):
                backend.upsert(memory_type, [one(2), wrong])
            assert scan_all(self.reread(backend)) == []

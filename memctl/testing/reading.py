"""The laws of reading: scans, partitions, selectors, searches and counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ..model.memory_type import MemoryType
from ..model.selector import Selector
from .records import DIMENSION, make_vector
from .suite import Suite, assert_same, scan_all

if TYPE_CHECKING:
    from ..backends.base import MemoryBackend
    from .suite import MakeRecord, MakeRecords


class ReadingLaws(Suite):
    """What is read is just what is meant, whole and once."""

    def test_an_empty_store_counts_nothing(self, backend: MemoryBackend) -> None:
        assert backend.count() == 0
        assert scan_all(backend) == []

    @pytest.mark.parametrize("batch_size", [1, 2, 7, 50, 51, 1000])
    def test_scan_visits_every_id_once_for_any_batch_size(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords, batch_size: int
    ) -> None:
        found = self.fill(backend, many(50))

        batches = list(found.scan(memory_type, batch_size=batch_size))

        ids = [record.id for batch in batches for record in batch.records]
        assert sorted(ids) == [record.id for record in many(50)]
        assert all(0 < len(batch.records) <= batch_size for batch in batches)

    def test_scan_resumes_after_any_cursor_without_gap_or_repeat(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords
    ) -> None:
        found = self.fill(backend, many(23))
        batches = list(found.scan(memory_type, batch_size=4))
        ids = [record.id for batch in batches for record in batch.records]

        read = 0
        for batch in batches:
            read += len(batch.records)  # a batch may be smaller than asked for
            rest = found.scan(memory_type, batch_size=5, after=batch.cursor)
            assert ids[read:] == [r.id for each in rest for r in each.records]

    def test_scan_ends_at_any_cursor_also_after_another(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords
    ) -> None:
        found = self.fill(backend, many(23))
        first, *others = batches = list(found.scan(memory_type, batch_size=4))

        for number, batch in enumerate(batches):
            for after, between in ((None, [first, *others[:number]]), (first, others[:number])):
                cursor = after.cursor if after else None
                part = found.scan(memory_type, batch_size=5, after=cursor, until=batch.cursor)
                assert [r.id for each in between for r in each.records] == [
                    r.id for each in part for r in each.records
                ]

    def test_scan_without_embeddings_reads_the_rest(
        self, backend: MemoryBackend, many: MakeRecords
    ) -> None:
        found = scan_all(self.fill(backend, many(3)), with_embeddings=False)

        assert_same([replace(each, embedding=None) for each in many(3)], found)

    @pytest.mark.parametrize("n", [1, 2, 3, 8, 100])
    def test_partitions_cover_all_and_overlap_nowhere(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords, n: int
    ) -> None:
        found = self.fill(backend, many(40))

        parts = found.partitions(memory_type, n)

        ids = [
            record.id
            for part in parts
            for batch in found.scan(memory_type, after=part.after, until=part.until, batch_size=7)
            for record in batch.records
        ]
        assert 1 <= len(parts) <= n
        assert sorted(ids) == [record.id for record in many(40)]

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
        ],
    )
    def test_a_selector_means_just_its_rows(
        self, backend: MemoryBackend, one: MakeRecord, selector: Selector, expected: list[str]
    ) -> None:
        owners = {
            "ga": ("g", "a"),
            "gb": ("g", "b"),
            "gab": ("g", "a'b"),
            "ha": ("h", "a"),
            "a": (None, "a"),
        }
        written = [
            one(n, id=name, group_id=group, crew_id=crew)
            for n, (name, (group, crew)) in enumerate(owners.items())
        ]
        found = self.fill(backend, written)

        assert sorted(record.id for record in scan_all(found, selector)) == expected
        assert found.count(selector) == len(expected)

    def test_a_selector_of_other_types_means_nothing(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords
    ) -> None:
        others = Selector(types=frozenset(MemoryType) - {memory_type})

        found = self.fill(backend, many(3))

        assert scan_all(found, others) == []
        assert found.count(others) == 0

    @pytest.mark.parametrize(
        "name",
        ["", " ", "\0", "\ud800", "é" * 10_000, "'", '"', "*", "%", "\\", "\n"],
        ids=range(11),
    )
    def test_what_is_not_there_is_not_found_whatever_its_name(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords, name: str
    ) -> None:
        self.fill(backend, many(3))
        meant = frozenset({memory_type})

        assert backend.owners(memory_type, [name]) == {}
        assert backend.delete(memory_type, [name]).done == 0
        for selector in (
            Selector(types=meant, ids=frozenset({name})),
            Selector(types=meant, crew_id=name),
            Selector(types=meant, group_id=name),
        ):
            assert scan_all(backend, selector) == []
            assert backend.count(selector) == 0
        assert_same(many(3), scan_all(self.reread(backend)))

    def test_no_ids_mean_no_rows(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords
    ) -> None:
        self.fill(backend, many(3))

        assert backend.owners(memory_type, []) == {}
        assert backend.delete(memory_type, []).done == 0
        assert scan_all(backend, Selector(ids=frozenset())) == []
        assert backend.count(Selector(ids=frozenset())) == 0
        assert backend.upsert(memory_type, []).done == 0
        assert_same(many(3), scan_all(self.reread(backend)))

    def test_a_selector_by_age_means_older_rows(
        self, backend: MemoryBackend, one: MakeRecord, many: MakeRecords
    ) -> None:
        found = self.fill(backend, [*many(5), one(9, created_at=None)])
        selector = Selector(created_before=one(2).created_at)

        assert_same(many(2), scan_all(found, selector))
        assert found.count(selector) == 2

    def test_search_ranks_exactly(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords
    ) -> None:
        written = many(30)
        found = self.fill(backend, written)
        query = make_vector(17) * 2

        hits = found.search(memory_type, query, limit=3)

        assert len(hits) == 3
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=hits[0].metric != "l2")
        if hits[0].metric == "cosine":
            assert hits[0].record.id == written[17].id

    def test_search_keeps_to_the_selector(
        self, backend: MemoryBackend, memory_type: MemoryType, one: MakeRecord
    ) -> None:
        found = self.fill(backend, [one(1), one(2, crew_id="sales")])

        hits = found.search(memory_type, make_vector(1), selector=Selector(crew_id="sales"))

        assert [hit.record.id for hit in hits] == ["record-00002"]

    def test_the_tally_counts_owners_agents_and_days(
        self, backend: MemoryBackend, one: MakeRecord, many: MakeRecords
    ) -> None:
        written = [
            *many(26),
            one(30, crew_id="sales", agent_id=None),
            one(31, group_id=None, created_at=None),
        ]
        rows = self.fill(backend, written).tally()

        assert sum(row.records for row in rows) == 28
        days = {(row.day.isoformat(), row.records) for row in rows if row.day and row.agent_id}
        assert days == {("2026-01-01", 24), ("2026-01-02", 2)}
        assert min(row.oldest for row in rows if row.oldest) == one(0).created_at
        assert [row.records for row in rows if row.group_id is None] == [1]
        assert [row.records for row in rows if row.crew_id == "sales"] == [1]

    def test_collections_say_counts_and_dimensions(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords
    ) -> None:
        found = self.fill(backend, many(6))

        counted = [(each, found.rows_in(each)) for each in found.describe().collections]
        said = [(each.type, records, each.dimension) for each, records in counted if records]

        assert said == [(memory_type, 6, DIMENSION)]

"""The laws of reading: scans, partitions, selectors, searches and counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ..model.memory_type import MemoryType
from ..model.selector import Selector
from .records import DIMENSION, make_record, make_records, make_vector
from .suite import SHORT_TERM, Suite, assert_same, scan_all

if TYPE_CHECKING:
    from ..backends.base import MemoryBackend


class ReadingLaws(Suite):
    """What is read is just what is meant, whole and once."""

    def test_an_empty_store_counts_nothing(self, backend: MemoryBackend) -> None:
        assert backend.count() == 0
        assert scan_all(backend) == []

    @pytest.mark.parametrize("batch_size", [1, 2, 7, 50, 51, 1000])
    def test_scan_visits_every_id_once_for_any_batch_size(
        self, backend: MemoryBackend, batch_size: int
    ) -> None:
        found = self.fill(backend, make_records(50))

        batches = list(found.scan(SHORT_TERM, batch_size=batch_size))

        ids = [record.id for batch in batches for record in batch.records]
        assert sorted(ids) == [record.id for record in make_records(50)]
        assert all(0 < len(batch.records) <= batch_size for batch in batches)

    def test_scan_resumes_after_any_cursor_without_gap_or_repeat(
        self, backend: MemoryBackend
    ) -> None:
        found = self.fill(backend, make_records(23))
        batches = list(found.scan(SHORT_TERM, batch_size=4))
        ids = [record.id for batch in batches for record in batch.records]

        for number, batch in enumerate(batches, 1):
            rest = found.scan(SHORT_TERM, batch_size=5, after=batch.cursor)
            assert ids[4 * number :] == [r.id for each in rest for r in each.records]

    def test_scan_without_embeddings_reads_the_rest(self, backend: MemoryBackend) -> None:
        found = scan_all(self.fill(backend, make_records(3)), with_embeddings=False)

        assert_same([replace(each, embedding=None) for each in make_records(3)], found)

    @pytest.mark.parametrize("n", [1, 2, 3, 8, 100])
    def test_partitions_cover_all_and_overlap_nowhere(self, backend: MemoryBackend, n: int) -> None:
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
    def test_a_selector_means_just_its_rows(
        self, backend: MemoryBackend, selector: Selector, expected: list[str]
    ) -> None:
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

    def test_a_selector_by_age_means_older_rows(self, backend: MemoryBackend) -> None:
        found = self.fill(backend, [*make_records(5), make_record(9, created_at=None)])
        selector = Selector(created_before=make_record(2).created_at)

        assert_same(make_records(2), scan_all(found, selector))
        assert found.count(selector) == 2

    def test_search_ranks_exactly(self, backend: MemoryBackend) -> None:
        written = make_records(30)
        found = self.fill(backend, written)
        query = make_vector(17) * 2

        hits = found.search(SHORT_TERM, query, limit=3)

        assert len(hits) == 3
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=hits[0].metric != "l2")
        if hits[0].metric == "cosine":
            assert hits[0].record.id == written[17].id

    def test_search_keeps_to_the_selector(self, backend: MemoryBackend) -> None:
        found = self.fill(backend, [make_record(1), make_record(2, crew_id="sales")])

        hits = found.search(SHORT_TERM, make_vector(1), selector=Selector(crew_id="sales"))

        assert [hit.record.id for hit in hits] == ["record-00002"]

    def test_the_tally_counts_owners_agents_and_days(self, backend: MemoryBackend) -> None:
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

    def test_collections_say_counts_and_dimensions(self, backend: MemoryBackend) -> None:
        found = self.fill(backend, make_records(6))

        said = [(c.type, c.records, c.dimension) for c in found.collections() if c.records]

        assert said == [(SHORT_TERM, 6, DIMENSION)]

"""The laws of facets: what only some stores can do, these do alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..backends.facets import (
    CheckedForDeletion,
    ClearedWhole,
    Discoverable,
    KnowsUsers,
    Scoped,
    Settling,
    Snapshotted,
    Versioned,
)
from ..model.backend.capability import Capability
from ..model.selector import EVERYTHING
from .suite import SECRET, Suite, assert_same, scan_all

if TYPE_CHECKING:
    from ..backends.base import MemoryBackend
    from ..model.memory_type import MemoryType
    from .suite import MakeRecord, MakeRecords


class FacetLaws(Suite):
    """What a store says that it can do beyond the others, it does."""

    def test_a_revision_is_another_one_after_a_write_and_only_then(
        self, backend: MemoryBackend, memory_type: MemoryType, one: MakeRecord
    ) -> None:
        found = self.fill(backend, [one(1)])
        store = found.facet(Snapshotted)
        if store is None:
            return
        before = store.revision(memory_type)
        scan_all(found)
        assert store.revision(memory_type) == before

        self.fill(backend, [one(2)])

        assert store.revision(memory_type) != before
        assert (store.size_bytes() or 1) > 0

    def test_logging_in_twice_is_the_same_user_and_tells_no_secret(
        self, backend: MemoryBackend
    ) -> None:
        store = backend.facet(KnowsUsers)
        if store is not None:
            assert store.log_in() == store.log_in()
            assert SECRET not in repr(store.log_in())

    def test_what_settles_stays_what_it_was(
        self, backend: MemoryBackend, many: MakeRecords
    ) -> None:
        store = backend.facet(Settling)
        if store is not None:
            self.fill(backend, many(5))
            store.settle()
            store.settle()
            assert_same(many(5), scan_all(self.reread(backend)))

    def test_a_sound_store_bears_deletions(self, backend: MemoryBackend, many: MakeRecords) -> None:
        found = self.fill(backend, many(3))
        store = found.facet(CheckedForDeletion)
        if store is not None:
            store.check_deletable(frozenset(each.name for each in found.describe().collections))

    def test_where_records_can_be_deleted_no_collection_is_cleared_whole(
        self, backend: MemoryBackend, many: MakeRecords
    ) -> None:
        found = self.fill(backend, many(3))
        store = found.facet(ClearedWhole)
        if store is not None and Capability.DELETE in found.capabilities:
            assert store.whole_clearing(EVERYTHING) is None
            assert store.unfinished_clearing({}) == []

    def test_purging_versions_leaves_the_records(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords
    ) -> None:
        self.fill(backend, many(5))
        store = backend.facet(Versioned)
        if store is not None and Capability.PURGE_VERSIONS in backend.capabilities:
            backend.delete(memory_type, [many(1)[0].id])
            assert store.purge_versions() > 0
            assert_same(many(5)[1:], scan_all(self.reread(backend)))

    def test_a_record_that_is_given_a_scope_stays_the_record(
        self, backend: MemoryBackend, one: MakeRecord
    ) -> None:
        store = backend.facet(Scoped)
        if store is not None and store.arrange is not None:
            placed = store.arrange(one(1))
            assert (placed.id, placed.content) == (one(1).id, one(1).content)
            assert store.arrange(placed) == placed

    def test_looking_for_stores_twice_finds_the_same(self, backend: MemoryBackend) -> None:
        store = backend.facet(Discoverable)
        if store is not None:
            assert store.find_stores([]) == store.find_stores([])

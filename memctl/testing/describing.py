"""The laws of what a store is: which one, and what its collections are like."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ..model.backend.capability import Capability
from .records import DIMENSION
from .suite import Suite, scan_all

if TYPE_CHECKING:
    import pytest

    from ..backends.base import MemoryBackend
    from ..model.memory_type import MemoryType
    from .suite import MakeRecord, MakeRecords

READS_OR_COUNTS = ("scan", "partitions", "owners", "count", "count_by_owner", "tally", "rows_in")


def refuse(*_: object, **__: object) -> NoReturn:
    """Stand where nothing is to be read."""
    raise AssertionError("a description is found out without reading or counting rows")


class DescribingLaws(Suite):
    """A store is told from others, and tells what its collections are like at little cost."""

    def test_who_reads_what_another_connection_wrote_is_at_the_same_store(
        self, backend: MemoryBackend, many: MakeRecords
    ) -> None:
        identity = backend.identity

        found = self.fill(backend, many(3))

        assert len(scan_all(found)) == 3
        assert found.identity == identity == backend.identity

    def test_two_stores_have_two_identities(
        self, backend: MemoryBackend, other_place: MemoryBackend | None
    ) -> None:
        if other_place is not None:
            assert other_place.identity != backend.identity

    def test_describing_reads_no_record_and_counts_none(
        self, backend: MemoryBackend, many: MakeRecords, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = self.fill(backend, many(30))
        for name in READS_OR_COUNTS:
            monkeypatch.setattr(found, name, refuse)

        assert list(found.describe().collections)

    def test_describing_twice_gives_the_same(
        self, backend: MemoryBackend, many: MakeRecords
    ) -> None:
        found = self.fill(backend, many(3))

        first = list(found.describe().collections)

        assert list(found.describe().collections) == first
        assert len({each.name for each in first}) == len(first)

    def test_a_description_tells_of_each_type_what_its_collections_tell(
        self, backend: MemoryBackend, many: MakeRecords
    ) -> None:
        described = self.fill(backend, many(3)).describe()

        collections = list(described.collections)
        assert described.types == [
            each for each in self.types_of(backend) if each in {one.type for one in collections}
        ]
        for memory_type in described.types:
            assert list(described.of_type(memory_type)) == [
                each for each in collections if each.type is memory_type
            ]

    def test_a_description_follows_what_its_own_connection_writes(
        self, backend: MemoryBackend, memory_type: MemoryType, one: MakeRecord
    ) -> None:
        list(backend.describe().collections)

        self.fill(backend, [one(1)])

        described = backend.describe()
        assert memory_type in described.types
        assert described.dimension(memory_type) == DIMENSION
        if Capability.DELETE in backend.capabilities:
            backend.delete(memory_type, [one(1).id])
            held = sum(map(backend.rows_in, backend.describe().of_type(memory_type)))
            assert held == 0

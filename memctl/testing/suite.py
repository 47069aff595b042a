"""What every law stands on: the connection that a backend's own test file gives, and helpers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from ..model.memory_type import MemoryType
from ..model.record import differing_fields
from ..model.selector import EVERYTHING, Selector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..backends.base import MemoryBackend
    from ..model.record import MemoryRecord


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
    backend: MemoryBackend, selector: Selector = EVERYTHING, **options: Any
) -> list[MemoryRecord]:
    """Return every record that a selector means, of all types."""
    return [
        record
        for memory_type in backend.types()
        if selector.wants(memory_type)
        for batch in backend.scan(memory_type, selector, **options)
        for record in batch.records
    ]


def assert_same(expected: list[MemoryRecord], found: list[MemoryRecord]) -> None:
    """Hold that two lists have the same records, in whatever order."""
    by_id = {record.id: record for record in found}
    assert len(by_id) == len(found)
    assert {record.id for record in expected} == by_id.keys()
    for record in expected:
        assert list(differing_fields(record, by_id[record.id])) == []


class Suite:
    """What the laws are given; a backend's own test file overrides it."""

    @pytest.fixture
    def backend(self) -> Iterator[MemoryBackend]:
        """Give a writable connection to an empty store, set up for all memory types."""
        raise NotImplementedError

    def reread(self, backend: MemoryBackend) -> MemoryBackend:
        """Return a connection that reads what was written."""
        return backend

    def fill(self, backend: MemoryBackend, written: list[MemoryRecord]) -> MemoryBackend:
        """Write records, and return a connection that reads them."""
        for memory_type in MemoryType:
            if batch := [record for record in written if record.type is memory_type]:
                assert backend.upsert(memory_type, batch).failed == {}
        return self.reread(backend)

from __future__ import annotations

from dataclasses import replace

import pytest

from memctl.backends.base import Access
from memctl.backends.memory import MemoryInProcess
from memctl.model.memory_type import MemoryType
from memctl.testing.contract import BackendContract
from memctl.testing.suite import SECRET


class TestMemory(BackendContract):
    @pytest.fixture
    def new_place(self):
        with MemoryInProcess(
            {}, read_secret=lambda _: SECRET, access=Access(writable=True)
        ) as backend:
            yield backend

    def test_two_connections_are_two_stores(self, backend):
        others = [MemoryInProcess({}, read_secret=lambda _: SECRET) for _ in range(2)]

        assert len({each.identity for each in [backend, *others]}) == 3


class OfTwoTypes(MemoryInProcess):
    """A store that has no place for any other type."""

    info = replace(
        MemoryInProcess.info, types=frozenset({MemoryType.LONG_TERM, MemoryType.DOCUMENT})
    )

    def upsert(self, memory_type, records):
        assert memory_type in self.info.types
        assert {each.type for each in records} <= {memory_type}
        return super().upsert(memory_type, records)


class TestMemoryOfTwoTypes(BackendContract):
    """A law writes no memory of a type that the store does not declare."""

    @pytest.fixture
    def new_place(self):
        with OfTwoTypes({}, read_secret=lambda _: SECRET, access=Access(writable=True)) as backend:
            yield backend

from __future__ import annotations

from dataclasses import replace

import pytest

from memctl.backends.base import Access
from memctl.backends.memory import MemoryInProcess
from memctl.model.memory_type import MemoryType
from memctl.testing.contract import BackendContract
from memctl.testing.records import make_record
from memctl.testing.suite import SECRET

from ..conftest import no_secret


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


class WrittenMeanwhile(MemoryInProcess):
    """A store that is written to, as by another thread, while it is first described."""

    written = False

    def _describe(self):
        found = super()._describe()
        if not self.written:
            self.written = True
            self.upsert(MemoryType.ENTITY, [make_record(1, type=MemoryType.ENTITY)])
        return found


def test_a_description_that_a_write_overtook_is_not_kept():
    with WrittenMeanwhile({}, read_secret=no_secret, access=Access(writable=True)) as backend:
        assert backend.describe().types == []
        assert backend.describe().types == [MemoryType.ENTITY]

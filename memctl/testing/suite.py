"""What every law stands on: the connection that a backend's own test file gives, and helpers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import HealthCheck, settings

from ..backends.base import SetupRequest
from ..model.backend.capability import Capability
from ..model.memory_type import MemoryType
from ..model.record import differing_fields
from ..model.selector import EVERYTHING, Selector
from .records import make_record, make_records
from .renaming import AsWritten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..backends.base import MemoryBackend
    from ..model.record import MemoryRecord
    from ..model.step import Step

    MakeRecord = Callable[..., MemoryRecord]
    MakeRecords = Callable[..., list[MemoryRecord]]

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
        for memory_type in backend.describe().types
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


def assert_ids_lead_back(backend: MemoryBackend, memory_type: MemoryType) -> None:
    """Hold that `owners`, a selector and `delete` know each id that `scan` gives; delete all.

    To be held for rows that another program wrote, too.
    """
    found = [
        record
        for batch in backend.scan(memory_type, with_embeddings=False)
        for record in batch.records
    ]
    ids = [record.id for record in found]
    owners = {record.id: (record.group_id, record.crew_id) for record in found}

    assert len(owners) == len(ids)
    assert backend.owners(memory_type, ids) == owners
    assert_same(found, _scan_ids(backend, memory_type, ids))
    for record in found:
        assert backend.owners(memory_type, [record.id]) == {record.id: owners[record.id]}
        assert_same([record], _scan_ids(backend, memory_type, [record.id]))
        assert (
            backend.count(Selector(types=frozenset({memory_type}), ids=frozenset({record.id}))) == 1
        )
    if Capability.DELETE in backend.capabilities:
        for id_ in ids[:3]:
            assert backend.delete(memory_type, [id_]).done == 1
        assert backend.delete(memory_type, ids).done == len(ids[3:])
        assert [batch for batch in backend.scan(memory_type) if batch.records] == []


def _scan_ids(
    backend: MemoryBackend, memory_type: MemoryType, ids: Sequence[str]
) -> list[MemoryRecord]:
    meant = Selector(ids=frozenset(ids))
    batches = backend.scan(memory_type, meant, with_embeddings=False)
    return [record for batch in batches for record in batch.records]


class Suite:
    """What the laws are given; a backend's own test file gives `new_place` and overrides the rest.

    `BackendContract` says how.
    """

    @pytest.fixture
    def new_place(self) -> Iterator[MemoryBackend]:
        """Return a writable connection to a place of the test's own, where nothing was set up."""
        raise NotImplementedError("a subclass of `BackendContract` gives the fixture `new_place`")

    @pytest.fixture
    def backend(self, new_place: MemoryBackend) -> MemoryBackend:
        """Return a writable connection to an empty store, set up for all types that it can hold."""
        for step in self.setup_steps(new_place, self.types_of(new_place)):
            if not step.find():
                step.do()
        return self.as_written(new_place)

    @pytest.fixture
    def other_place(self) -> MemoryBackend | None:
        """Return a connection to another place, or `None` where nothing tells places apart."""
        return None

    @pytest.fixture
    def memory_type(self, backend: MemoryBackend) -> MemoryType:
        """Return the memory type that most laws write."""
        return self.types_of(backend)[0]

    @pytest.fixture
    def one(self, memory_type: MemoryType) -> MakeRecord:
        """Make the record of a number."""
        return partial(make_record, type=memory_type)

    @pytest.fixture
    def many(self, memory_type: MemoryType) -> MakeRecords:
        """Make the records of the numbers below one."""
        return partial(make_records, type=memory_type)

    def as_written(self, backend: MemoryBackend) -> MemoryBackend:
        """Return a connection as the laws see it, which know records by the ids they wrote."""
        renames = backend.holds.renames
        return cast("MemoryBackend", AsWritten(backend)) if renames else backend

    def as_stored(self, backend: MemoryBackend) -> MemoryBackend:
        """Return a connection that reads records by the ids that the store calls them."""
        return backend.connection if isinstance(backend, AsWritten) else self.reread(backend)

    def reread(self, backend: MemoryBackend) -> MemoryBackend:
        """Return a connection that reads what was written, by default the one that wrote it."""
        return backend

    def setup_steps(self, backend: MemoryBackend, types: Sequence[MemoryType]) -> Sequence[Step]:
        """List the steps that make a place ready for memory of these types."""
        return backend.plan_setup(SetupRequest(tuple(types)))

    def traces(self, backend: MemoryBackend) -> object:
        """Return all that a setup can leave at the place, in a form that can be compared."""
        if not backend.exists():
            return None
        return sorted(collection.name for collection in backend.describe().collections)

    def types_of(self, backend: MemoryBackend) -> list[MemoryType]:
        """List the memory types that the laws write: those that the backend declares."""
        return [each for each in MemoryType if each in backend.info.types]

    def fill(self, backend: MemoryBackend, written: list[MemoryRecord]) -> MemoryBackend:
        """Write records, and return a connection that reads them."""
        for memory_type in MemoryType:
            if batch := [record for record in written if record.type is memory_type]:
                assert backend.upsert(memory_type, batch).failed == {}
        return self.reread(backend)

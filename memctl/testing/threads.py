"""The laws of several threads: as many as a backend declares may read, or write, at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar

from ..model.selector import Selector
from .suite import Suite, assert_same, scan_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..backends.base import MemoryBackend, Partition
    from ..model.memory_type import MemoryType
    from ..model.record import MemoryRecord
    from .suite import MakeRecords

T = TypeVar("T")
R = TypeVar("R")


def work_at_once(work: Callable[[T], R], items: Sequence[T], threads: int) -> list[R]:
    """Work on every item, in as many threads; with one, in the caller's, as a copy does."""
    if threads == 1:
        return [work(item) for item in items]
    everybody = Barrier(min(threads, len(items)))
    with ThreadPoolExecutor(threads, initializer=everybody.wait, initargs=(60,)) as pool:
        return list(pool.map(work, items))


class ThreadLaws(Suite):
    """What holds for one thread holds for as many as `BackendInfo` declares."""

    def test_partitions_that_are_read_at_once_give_every_record_once(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords
    ) -> None:
        found = self.fill(backend, many(60))
        readers = found.info.readers

        def read(part: Partition) -> list[MemoryRecord]:
            batches = found.scan(memory_type, after=part.after, until=part.until, batch_size=7)
            return [record for batch in batches for record in batch.records]

        # A small store may be but one part, which then is read by all of them.
        parts = found.partitions(memory_type, readers)
        read_by_all = work_at_once(read, parts * readers, readers)

        for first in range(0, len(read_by_all), len(parts)):
            whole = read_by_all[first : first + len(parts)]
            assert_same(many(60), [record for part in whole for record in part])

    def test_batches_that_are_written_at_once_are_all_kept(
        self, backend: MemoryBackend, memory_type: MemoryType, many: MakeRecords
    ) -> None:
        writers = backend.info.writers
        count = 4 * writers
        written = many(5 * count)
        batches = [written[number::count] for number in range(count)]

        def copy(batch: list[MemoryRecord]) -> int:
            """Look who holds the ids, write, read again and take one back, as a copy may."""
            ids = [record.id for record in batch]
            assert backend.owners(memory_type, ids) == {}
            assert backend.upsert(memory_type, batch).failed == {}
            assert len(scan_all(backend, Selector(ids=frozenset(ids)))) == len(batch)
            return backend.delete(memory_type, ids[:1]).done

        deleted = work_at_once(copy, batches, writers)

        assert deleted == [1] * count
        assert_same(written[count:], scan_all(self.reread(backend)))

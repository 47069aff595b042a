"""Chroma's collections as a memory store, wherever they lie."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ...model.records import column_of
from ...model.selector import EVERYTHING, Selector
from ..base import DEFAULT_BATCH_SIZE, MemoryBackend, WriteResult
from ..shared.sections import ScanRange
from .info import INFO
from .rows import is_own_layout
from .writer import HOLDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...model.backend.collection import Collection, Description, TallyRow
    from ...model.backend.info import BackendInfo
    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from ..base import Batch, Failure, Partition
    from ..holding import Holds
    from .place import Place


class ChromaBase(MemoryBackend):
    """Collections of one place, which a subclass makes from its settings."""

    holds: ClassVar[Holds] = HOLDS
    info: ClassVar[BackendInfo] = INFO

    @property
    @abstractmethod
    def place(self) -> Place:
        """Where the collections lie; opened when something is first read or written."""

    @property
    def location(self) -> str:
        """The directory, as it was given, or the server's URL."""
        return self.place.location

    def exists(self) -> bool:
        """Return whether a store is there, by looking only."""
        return self.place.exists()

    def _describe(self) -> Description:
        """Return every collection with its type and crew."""
        return self.place.reader.describe(self.settings["dimension"])

    def rows_in(self, collection: Collection) -> int:
        """Return the place's own count of a collection's rows."""
        return self.place.reader.count(collection.name)

    def scan(
        self,
        memory_type: MemoryType,
        selector: Selector = EVERYTHING,
        *,
        batch_size: int = DEFAULT_BATCH_SIZE,
        after: str | None = None,
        until: str | None = None,
        with_embeddings: bool = True,
    ) -> Iterator[Batch]:
        """Yield the rows of every collection of the type, collection by collection."""
        bounds = ScanRange(after, until, batch_size)
        sections = self.place.reader.sections(memory_type)
        return sections.scan(selector, bounds, with_embeddings=with_embeddings)

    def partitions(self, memory_type: MemoryType, n: int) -> list[Partition]:
        """Return parts of the scan order; large collections are split further than small ones."""
        return self.place.reader.sections(memory_type).partitions(n)

    def tally(self, selector: Selector = EVERYTHING) -> list[TallyRow]:
        """Return counts by owner, agent and day, without reading texts or vectors."""
        return [
            row
            for memory_type in filter(selector.wants, self.describe().types)
            for row in self.place.reader.sections(memory_type).tally(selector)
        ]

    def owners(
        self, memory_type: MemoryType, ids: Sequence[str]
    ) -> dict[str, tuple[str | None, str | None]]:
        """Return group and crew of these ids; rows of memctl's own layout need not be records.

        Raises:
            UnsupportedOperation: for a writer, when another program made the type's collection.
        """
        if self.access.writable:
            self.place.own_collection(memory_type)  # says so before anything is written
        collections = self.place.reader.collections(memory_type)
        if not all(map(is_own_layout, collections)):
            return super().owners(memory_type, ids)
        return {
            record_id: owner
            for stored in collections
            for record_id, owner in self.place.store.owners(stored, ids).items()
        }

    def _write(self, memory_type: MemoryType, records: Sequence[MemoryRecord]) -> WriteResult:
        return WriteResult.of(records, self._upsert(memory_type, records))

    def _upsert(
        self, memory_type: MemoryType, records: Sequence[MemoryRecord]
    ) -> dict[str, Failure]:
        stored = self.place.own_collection(memory_type)
        if stored is None:
            self.place.writer.create(
                memory_type, self.settings["metric"], self.settings["embedder"]
            )
            return self.place.writer.upsert(memory_type, records, {})
        ids = frozenset(column_of(records, "id"))
        held = {
            row_id: frozenset(metadata)
            for rows in self.place.store.scan(stored, ids=ids, with_embeddings=False)
            for row_id, metadata in zip(rows.ids, rows.metadatas, strict=True)
        }
        return self.place.writer.upsert(stored.name, records, held)

    def _delete(
        self, memory_type: MemoryType, ids: Sequence[str], selector: Selector
    ) -> WriteResult:
        meant = replace(selector, ids=frozenset(ids))
        found = self.scan(memory_type, meant, with_embeddings=False)
        batches = [(each.collection, [record.id for record in each.records]) for each in found]
        for collection, row_ids in batches:
            self.place.writer.delete(collection, row_ids)
        return WriteResult(sum(len(row_ids) for _, row_ids in batches))

    def close(self) -> None:
        """Close what reads and what writes."""
        super().close()
        self.place.close()

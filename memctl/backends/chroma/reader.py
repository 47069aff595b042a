"""Reads a Chroma store's rows as records of memory types, collection by collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.backend.collection import Collection, Description, TallyRow
from ..shared.sections import SectionReader
from .rows import EMBEDDER_KEY, is_own_layout, to_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ...formats.chroma import StoredCollection
    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from ...model.selector import Selector
    from ..shared.sections import ScanRange
    from .names import Names
    from .store import Store


class Reader:
    """Reads a store's rows; a type may have several collections, each with its place in the scan.

    Args:
        store: the open store; its collections are listed once.
        names: what the collections' names mean.
        rows_in: counts the rows of a collection.
        location: the store's, for errors.
    """

    def __init__(
        self,
        store: Store,
        names: Names,
        rows_in: Callable[[StoredCollection], int],
        location: str,
    ) -> None:
        self.store = store
        self.names = names
        self.rows_in = rows_in
        self._location = location
        self._stored = store.collections()

    def describe(self, dimension: int | None) -> Description:
        """Return every collection, those of no memory type too.

        Args:
            dimension: the one that the settings ask for, where there is none yet.
        """
        return Description([self._describe(stored) for stored in self._stored], dimension)

    def _describe(self, stored: StoredCollection) -> Collection:
        memory_type, crew_id = self.names.read(stored)
        embedder = stored.metadata.get(EMBEDDER_KEY)
        return Collection(
            self.names.full(stored),
            memory_type,
            stored.dimension,
            stored.metric,
            crew_id,
            embedder if isinstance(embedder, str) else None,
        )

    def count(self, name: str) -> int:
        """Count the rows of the collection of a name; one that is gone by now has none."""
        found = (stored for stored in self._stored if self.names.full(stored) == name)
        return sum(map(self.rows_in, found))

    def collections(self, memory_type: MemoryType) -> list[StoredCollection]:
        """List the collections of a type in an order that does not change between runs."""
        of_type = [stored for stored in self._stored if self.names.read(stored)[0] is memory_type]
        return sorted(of_type, key=lambda stored: (stored.name, stored.id))

    def sections(self, memory_type: MemoryType) -> SectionReader:
        """Return what reads the collections of a type one after the other."""
        found = [_Section(self, stored, memory_type) for stored in self.collections(memory_type)]
        return SectionReader(found, self._location)


class _Section:
    """The rows of one collection as records."""

    def __init__(self, reader: Reader, stored: StoredCollection, memory_type: MemoryType) -> None:
        self.key = stored.id
        self.name = reader.names.full(stored)
        self.type = memory_type
        self._crew = reader.names.read(stored)[1]
        self._reader = reader
        self._stored = stored

    def count(self) -> int:
        """Return how many rows the collection has."""
        return self._reader.rows_in(self._stored)

    def scan(
        self, selector: Selector, bounds: ScanRange, *, with_embeddings: bool
    ) -> Iterator[tuple[Sequence[MemoryRecord], str]]:
        """Yield the records of rows that the store finds by ids and owner."""
        batches = self._reader.store.scan(
            self._stored,
            after=bounds.after,
            until=bounds.until,
            batch_size=bounds.batch_size,
            ids=selector.ids,
            where=self._where(selector),
            with_embeddings=with_embeddings,
        )
        by_row = not is_own_layout(self._stored)
        for rows in batches:
            records = to_records(rows, self.type, crew_id=self._crew, with_row_times=by_row)
            yield records, rows.cursor

    def split_points(self, n: int) -> list[str]:
        """Return the positions at which the store splits the rows."""
        return self._reader.store.partition_points(self._stored, n)

    def tally(self) -> Iterator[TallyRow]:
        """Yield the counts of the rows by owner, agent and day."""
        row_times = not is_own_layout(self._stored)
        for counted in self._reader.store.tally(self._stored, row_times=row_times):
            group_id, crew_id, agent_id = counted.values
            yield TallyRow(
                collection=self.name,
                type=self.type,
                group_id=group_id,
                crew_id=crew_id if crew_id is not None else self._crew,
                agent_id=agent_id,
                day=counted.day,
                records=counted.count,
                oldest=counted.oldest,
                newest=counted.newest,
            )

    def _where(self, selector: Selector) -> dict[str, str]:
        """Return what the store can filter by; `Selector.select` does the rest."""
        where = {}
        if selector.group_id is not None and not selector.include_unscoped:
            where["group_id"] = selector.group_id
        if selector.crew_id is not None and selector.crew_id != self._crew:
            where["crew_id"] = selector.crew_id
        return where

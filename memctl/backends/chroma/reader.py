"""Reads a Chroma store's rows as records of memory types, across its collections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...model.backend.collection import Collection, Description, TallyRow
from ...model.errors import InvalidCursor
from ..base import Batch, Partition
from .rows import EMBEDDER_KEY, is_own_layout, to_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ...formats.chroma import StoredCollection
    from ...model.memory_type import MemoryType
    from ...model.selector import Selector
    from .names import Names
    from .store import Store


@dataclass(frozen=True, slots=True)
class ScanRange:
    """Which part of a scan, and in how large batches."""

    after: str | None
    until: str | None
    batch_size: int


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
        self._store = store
        self._names = names
        self._rows_in = rows_in
        self._location = location
        self._stored = store.collections()

    def describe(self, dimension: int | None) -> Description:
        """Return every collection, those of no memory type too.

        Args:
            dimension: the one that the settings ask for, where there is none yet.
        """
        return Description([self._describe(stored) for stored in self._stored], dimension)

    def _describe(self, stored: StoredCollection) -> Collection:
        memory_type, crew_id = self._names.read(stored)
        embedder = stored.metadata.get(EMBEDDER_KEY)
        return Collection(
            self._names.full(stored),
            memory_type,
            stored.dimension,
            stored.metric,
            crew_id,
            embedder if isinstance(embedder, str) else None,
        )

    def count(self, name: str) -> int:
        """Count the rows of the collection of a name; one that is gone by now has none."""
        found = (stored for stored in self._stored if self._names.full(stored) == name)
        return sum(map(self._rows_in, found))

    def collections(self, memory_type: MemoryType) -> list[StoredCollection]:
        """List the collections of a type in an order that does not change between runs."""
        of_type = [stored for stored in self._stored if self._names.read(stored)[0] is memory_type]
        return sorted(of_type, key=lambda stored: (stored.name, stored.id))

    def scan(
        self,
        memory_type: MemoryType,
        selector: Selector,
        part: ScanRange,
        *,
        with_embeddings: bool,
    ) -> Iterator[Batch]:
        """Yield the rows that are meant, collection by collection."""
        collections = self.collections(memory_type)
        first = self._place(collections, part.after)
        last = self._place(collections, part.until)
        for number, stored in enumerate(collections):
            if (first and number < first[0]) or (last and number > last[0]):
                continue
            batches = self._store.scan(
                stored,
                after=first[1] if first and number == first[0] else None,
                until=last[1] if last and number == last[0] else None,
                batch_size=part.batch_size,
                ids=selector.ids,
                where=self._where(stored, selector),
                with_embeddings=with_embeddings,
            )
            for rows in batches:
                records = to_records(
                    rows,
                    memory_type,
                    crew_id=self._names.read(stored)[1],
                    with_row_times=not is_own_layout(stored),
                )
                if meant := selector.select(records):
                    yield Batch(self._names.full(stored), meant, f"{stored.id}:{rows.cursor}")

    def partitions(self, memory_type: MemoryType, n: int) -> list[Partition]:
        """Return at most ``n`` parts of about the same size that cover the scan order.

        With several collections, each is split by its share of the rows.
        """
        collections = self.collections(memory_type)
        counts = [self._rows_in(stored) for stored in collections]
        total = sum(counts) or 1
        bounds: list[str | None] = [None]
        for stored, count in zip(collections, counts, strict=True):
            parts = max(1, n * count // total)
            points = self._store.partition_points(stored, parts)
            bounds += [f"{stored.id}:{point}" for point in points]
        return [Partition(a, b) for a, b in zip(bounds, [*bounds[1:], None], strict=True)]

    def tally(self, memory_type: MemoryType) -> Iterator[TallyRow]:
        """Yield the counts of a type's rows by owner, agent and day."""
        for stored in self.collections(memory_type):
            _, named_crew = self._names.read(stored)
            for counted in self._store.tally(stored, row_times=not is_own_layout(stored)):
                group_id, crew_id, agent_id = counted.values
                yield TallyRow(
                    collection=self._names.full(stored),
                    type=memory_type,
                    group_id=group_id,
                    crew_id=crew_id if crew_id is not None else named_crew,
                    agent_id=agent_id,
                    day=counted.day,
                    records=counted.count,
                    oldest=counted.oldest,
                    newest=counted.newest,
                )

    def _place(
        self, collections: list[StoredCollection], cursor: str | None
    ) -> tuple[int, str] | None:
        """Return the collection's number and the place in it that a cursor means."""
        if cursor is None:
            return None
        collection_id, colon, place = cursor.partition(":")
        for number, stored in enumerate(collections):
            if stored.id == collection_id and colon:
                return number, place
        raise InvalidCursor(f"`{cursor[:80]}` is not a place in `{self._location}`")

    def _where(self, stored: StoredCollection, selector: Selector) -> dict[str, str]:
        """Return what the store can filter by; `Selector.select` does the rest."""
        _, named_crew = self._names.read(stored)
        where = {}
        if selector.group_id is not None and not selector.include_unscoped:
            where["group_id"] = selector.group_id
        if selector.crew_id is not None and selector.crew_id != named_crew:
            where["crew_id"] = selector.crew_id
        return where

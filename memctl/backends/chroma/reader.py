"""A Chroma store's rows as records of memory types; what is done with them, the backend knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...model.collection import Collection, TallyRow
from ...model.errors import InvalidCursor
from ..base import Batch, Partition
from .names import read_name
from .rows import EMBEDDER_KEY, is_own_layout, to_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...formats.chroma import StoredCollection
    from ...model.memory_type import MemoryType
    from ...model.selector import Selector
    from .base import ChromaBase
    from .store import Store


@dataclass(frozen=True, slots=True)
class ScanRange:
    """Which part of a scan, and in how large batches."""

    after: str | None
    until: str | None
    batch_size: int


class Reader:
    """Reads a store; a type may have several collections, and each has its place in the scan."""

    def __init__(self, backend: ChromaBase, store: Store) -> None:
        """List the collections that there are now."""
        self._backend = backend
        self._store = store
        self._mapping = backend.settings["map"]
        self._stored = self._store.collections()

    def describe(self) -> list[Collection]:
        """List every collection, those of no memory type too."""
        described = []
        for stored in self._stored:
            memory_type, crew_id = self._read_name(stored)
            described.append(
                Collection(
                    self._backend.full_name(stored),
                    memory_type,
                    self._backend.rows_in(stored),
                    stored.dimension,
                    stored.metric,
                    crew_id,
                    _embedder(stored),
                )
            )
        return described

    def collections(self, memory_type: MemoryType) -> list[StoredCollection]:
        """List the collections of a type in an order that does not change between runs."""
        of_type = [stored for stored in self._stored if self._read_name(stored)[0] is memory_type]
        return sorted(of_type, key=lambda stored: (stored.name, stored.id))

    def scan(
        self,
        memory_type: MemoryType,
        selector: Selector,
        part: ScanRange,
        *,
        with_embeddings: bool,
    ) -> Iterator[Batch]:
        """Stream the rows that are meant, collection by collection."""
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
                    crew_id=self._read_name(stored)[1],
                    with_row_times=not is_own_layout(stored),
                )
                if meant := selector.select(records):
                    yield Batch(
                        self._backend.full_name(stored), meant, f"{stored.id}:{rows.cursor}"
                    )

    def partitions(self, memory_type: MemoryType, n: int) -> list[Partition]:
        """Split the scan order into at most ``n`` parts of about the same size.

        With several collections, each is split by its share of the rows.
        """
        collections = self.collections(memory_type)
        counts = [self._backend.rows_in(stored) for stored in collections]
        total = sum(counts) or 1
        bounds: list[str | None] = [None]
        for stored, count in zip(collections, counts, strict=True):
            parts = max(1, n * count // total)
            points = self._store.partition_points(stored, parts)
            bounds += [f"{stored.id}:{point}" for point in points]
        return [Partition(a, b) for a, b in zip(bounds, [*bounds[1:], None], strict=True)]

    def tally(self, memory_type: MemoryType) -> Iterator[TallyRow]:
        """Count the rows of a type by owner, agent and day."""
        for stored in self.collections(memory_type):
            _, named_crew = self._read_name(stored)
            for counted in self._store.tally(stored, row_times=not is_own_layout(stored)):
                group_id, crew_id, agent_id = counted.values
                yield TallyRow(
                    collection=self._backend.full_name(stored),
                    type=memory_type,
                    group_id=group_id,
                    crew_id=crew_id if crew_id is not None else named_crew,
                    agent_id=agent_id,
                    day=counted.day,
                    records=counted.count,
                    oldest=counted.oldest,
                    newest=counted.newest,
                )

    def _read_name(self, stored: StoredCollection) -> tuple[MemoryType | None, str | None]:
        return read_name(stored.name, self._mapping)

    def _place(
        self, collections: list[StoredCollection], cursor: str | None
    ) -> tuple[int, str] | None:
        """Split a cursor into the collection's number and the place in it."""
        if cursor is None:
            return None
        collection_id, colon, place = cursor.partition(":")
        for number, stored in enumerate(collections):
            if stored.id == collection_id and colon:
                return number, place
        raise InvalidCursor(f"`{cursor[:80]}` is not a place in `{self._backend.location}`")

    def _where(self, stored: StoredCollection, selector: Selector) -> dict[str, str]:
        """Give what the store can filter by; `Selector.matches` does the rest."""
        _, named_crew = self._read_name(stored)
        where = {}
        if selector.group_id is not None and not selector.include_unscoped:
            where["group_id"] = selector.group_id
        if selector.crew_id is not None and selector.crew_id != named_crew:
            where["crew_id"] = selector.crew_id
        return where


def _embedder(stored: StoredCollection) -> str | None:
    """Give the model that memctl noted, if it did."""
    noted = stored.metadata.get(EMBEDDER_KEY)
    return noted if isinstance(noted, str) else None

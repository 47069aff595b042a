"""A store as another sees it; what is wrapped stays open, and its opener closes it."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..model.backend.capability import WRITING
from ..model.backend.collection import Description
from ..model.errors import InvalidCursor
from ..model.memory_type import MemoryType
from ..model.own_type import given_back, own_type
from ..model.selector import EVERYTHING, Selector
from .base import DEFAULT_BATCH_SIZE, Batch, MemoryBackend, Partition
from .facets import Snapshotted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeVar

    from ..model.backend.capability import Capability
    from ..model.backend.check import Check
    from ..model.record import MemoryRecord
    from .base import WriteResult

    F = TypeVar("F")


class TypesGivenBack(MemoryBackend):
    """A store to read, whose records are of their own types again.

    A store that can't hold a type may keep such records as another one (`kept_as`). Nothing but
    their metadata tells, so that every collection is read for each type that is given back.

    Args:
        store: the store.
        types: the types that are given back, none of which it can hold itself.
    """

    def __init__(self, store: MemoryBackend, types: frozenset[MemoryType]) -> None:
        super().__init__(store.settings, read_secret=store.read_secret)
        self.info = store.info  # type: ignore[misc]  # a wrapper is of the kind that it wraps
        self.holds = store.holds  # type: ignore[misc]  # as above
        self._store = store
        self._types = types

    @property
    def location(self) -> str:
        """That of the store."""
        return self._store.location

    @property
    def identity(self) -> str:
        """That of the store."""
        return self._store.identity

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the store can do without being written to."""
        return self._store.capabilities - WRITING

    def facet(self, kind: type[F]) -> F | None:
        """Return the store as that interface, but for files and revisions: they know no types."""
        return None if issubclass(kind, Snapshotted) else self._store.facet(kind)

    def exists(self) -> bool:
        """Return whether the store is there."""
        return self._store.exists()

    def check(self) -> list[Check]:
        """Look at the store's health."""
        return self._store.check()

    @cached_property
    def _found(self) -> frozenset[tuple[str, MemoryType]]:
        """The types that the records of each collection have."""
        return frozenset(
            (batch.collection, self._type_of(record))
            for memory_type in self._store.describe().types
            for batch in self._store.scan(memory_type, with_embeddings=False)
            for record in batch.records
        )

    def _type_of(self, record: MemoryRecord) -> MemoryType:
        own = own_type(record)
        return own if own in self._types else record.type

    def _describe(self) -> Description:
        """List each collection once for its own type, and for every type that is given back."""
        return Description(
            [
                replace(each, type=kind)
                for each in self._store.describe().collections
                for kind in (each.type, *MemoryType)
                if kind is each.type or (each.name, kind) in self._found
            ]
        )

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
        """Stream the records that have the type; cursors of those given back begin with another."""
        wanted = replace(selector, types=frozenset())
        kept = [memory_type] if memory_type not in self._types else self._store.describe().types
        if memory_type in self._types and after is not None:
            begun, after = self._read_cursor(after)
            kept = kept[kept.index(begun) :]
        for each in kept if selector.wants(memory_type) else ():
            batches = self._store.scan(
                each,
                wanted,
                batch_size=batch_size,
                after=after,
                until=until,
                with_embeddings=with_embeddings,
            )
            after = None
            for batch in batches:
                meant = [record for record in batch.records if self._type_of(record) is memory_type]
                if each is memory_type and meant:
                    yield Batch(batch.collection, meant, batch.cursor)
                elif meant:
                    records = [given_back(record) for record in meant]
                    yield Batch(batch.collection, records, f"{each}:{batch.cursor}")

    def _read_cursor(self, text: str) -> tuple[MemoryType, str]:
        """Return which type's collections were being read, and how far.

        Raises:
            InvalidCursor: when it is no cursor of a type that is given back.
        """
        word, colon, cursor = text.partition(":")
        if not colon or word not in self._store.describe().types:
            raise InvalidCursor(f"`{text[:80]}` is not a cursor of a type that is given back")
        return MemoryType(word), cursor

    def partitions(self, memory_type: MemoryType, n: int) -> list[Partition]:
        """Split what is of the store's own types; what is given back is one part."""
        if memory_type in self._types:
            return [Partition(None, None)]
        return self._store.partitions(memory_type, n)

    def _write(
        self,
        memory_type: MemoryType,  # noqa: ARG002 - `upsert` has refused
        records: Sequence[MemoryRecord],  # noqa: ARG002 - as above
    ) -> WriteResult:
        raise AssertionError("a store as its reader sees it is not written to")

    def _delete(
        self,
        memory_type: MemoryType,  # noqa: ARG002 - `delete` has refused
        ids: Sequence[str],  # noqa: ARG002 - as above
        selector: Selector,  # noqa: ARG002 - as above
    ) -> WriteResult:
        raise AssertionError("nothing is deleted from a store as its reader sees it")

    def close(self) -> None:
        """Leave it to whoever opened the store."""

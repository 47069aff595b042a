"""Chroma collections of CrewAI up to 1.9 as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ....formats.chroma import open_store
from ....formats.crewai import Kind, read_name
from ....model.backend.collection import Collection, TallyRow
from ....model.canonical import parse_time
from ....model.memory_type import MemoryType
from ....model.record import MemoryRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ....formats.chroma import ChromaStore, RowBatch, StoredCollection
    from ....formats.crewai import Part
    from ....model.selector import Selector
    from ...shared.sections import ScanRange

_AGENT: Final = "agent"
"""CrewAI up to 0.165 writes the agent's role under this key; from 0.175 on nothing names it."""
_CREATED: Final = "created_at"


class ChromaSection:
    """One collection of one of CrewAI's Chroma databases."""

    def __init__(self, part: Part, store: ChromaStore, stored: StoredCollection) -> None:
        """Raise `ValueError` for a collection that holds no memory."""
        named = read_name(stored.name)
        if named.type is None:
            raise ValueError("a collection of no memory type")
        self.type = named.type
        self.key = stored.id
        self.part = part
        self.stored = stored
        self.crew = part.crew_id or named.crew
        self._store = store
        self.name = collection_name(part, stored)

    def describe(self) -> Collection:
        """Return the collection as the catalog describes it."""
        stored = self.stored
        return Collection(self.name, self.type, stored.dimension, stored.metric, self.crew)

    def count(self) -> int:
        """Return how many rows the collection has."""
        return self._store.count(self.stored)

    def scan(
        self, selector: Selector, bounds: ScanRange, *, with_embeddings: bool
    ) -> Iterator[tuple[list[MemoryRecord], str]]:
        """Yield records; nothing is read if the selector means another crew."""
        if not selector.owner_fits(None, self.crew):
            return
        batches = self._store.scan(
            self.stored,
            after=bounds.after,
            until=bounds.until,
            batch_size=bounds.batch_size,
            ids=selector.ids,
            with_embeddings=with_embeddings,
        )
        for rows in batches:
            yield list(self._records(rows)), rows.cursor

    def _records(self, rows: RowBatch) -> Iterator[MemoryRecord]:
        for number, row_id in enumerate(rows.ids):
            metadata = rows.metadatas[number]
            content = rows.documents[number] or ""
            if self.type is MemoryType.ENTITY:
                metadata = {**entity_of(content), **metadata}
            vectors = rows.embeddings
            has_vector = vectors is not None and rows.has_embedding[number]
            yield MemoryRecord(
                id=row_id,
                type=self.type,
                content=content,
                embedding=vectors[number] if vectors is not None and has_vector else None,
                crew_id=self.crew,
                agent_id=agent_of(metadata),
                created_at=_own_time(metadata) or rows.created_at[number],
                metadata=metadata,
            )

    def revision(self) -> str:
        """Return the last operation on the collection; the file is opened anew for it."""
        with open_store(self._store.path) as store:
            return store.revision(self.stored)

    def split_points(self, n: int) -> list[str]:
        """Return the positions at which Chroma's reader splits the rows."""
        return self._store.partition_points(self.stored, n)

    def tally(self) -> Iterator[TallyRow]:
        """Yield counts, made in SQL."""
        for counted in self._store.tally(self.stored, (_AGENT,), _CREATED):
            key = self.name, self.type, None, self.crew, counted.values[0], counted.day
            yield TallyRow(*key, counted.count, counted.oldest, counted.newest)


def chroma_sections(part: Part, store: ChromaStore) -> Iterator[ChromaSection]:
    """Yield a section for each collection that holds memory."""
    for stored in store.collections():
        if read_name(stored.name).type is not None:
            yield ChromaSection(part, store, stored)


def other_collections(part: Part, store: ChromaStore) -> Iterator[tuple[str, StoredCollection]]:
    """Yield name and collection of those that hold no memory: knowledge, and other programs'."""
    for stored in store.collections():
        if read_name(stored.name).type is None:
            yield collection_name(part, stored), stored


def collection_name(part: Part, stored: StoredCollection) -> str:
    """Return a name for the collection that is unique within the store."""
    if part.kind is Kind.SHARED:
        return f"{part.prefix}{stored.name}"
    is_said = stored.name in part.prefix.split("/")
    return part.prefix if is_said else f"{part.prefix}/{stored.name}"


def entity_of(content: str) -> dict[str, str]:
    """Return name and kind from ``Name(Kind): description``, as CrewAI writes an entity."""
    head, colon, _ = content.partition("): ")
    name, bracket, kind = head.rpartition("(")
    return {"entity_name": name, "entity_type": kind} if colon and bracket and name else {}


def agent_of(metadata: dict[str, Any]) -> str | None:
    """Return the agent's role from a record's metadata."""
    agent = metadata.get(_AGENT)
    return agent if isinstance(agent, str) else None


def _own_time(metadata: dict[str, Any]) -> datetime | None:
    text = metadata.get(_CREATED)
    return parse_time(text) if isinstance(text, str) else None

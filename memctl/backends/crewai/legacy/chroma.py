"""Memory of CrewAI up to 1.9 as records: Chroma's collections and the long-term file; read only."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from ....formats.chroma import open_store
from ....formats.crewai import Kind, read_name
from ....formats.crewai.long_term import open_long_term
from ....model.canonical import canonical_json, parse_time
from ....model.collection import Collection, TallyRow
from ....model.errors import InvalidCursor
from ....model.memory_type import MemoryType
from ....model.record import MemoryRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from ....formats.chroma import ChromaStore, RowBatch, StoredCollection
    from ....formats.crewai import Part
    from ....formats.crewai.long_term import LongTermFile, LongTermRow
    from ....model.selector import Selector
    from ..sections import ScanRange

_NAMESPACE: Final = UUID("c0a6a1f2-58a2-5d3c-8b57-0f7c1a6b2d41")
_AGENT: Final = "agent"
"""CrewAI up to 0.165 writes the agent's role under this key."""
_CREATED: Final = "created_at"
_BEST_SCORE: Final = 10.0


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
        """Say what the catalog says."""
        stored = self.stored
        records = self._store.count(stored)
        return Collection(self.name, self.type, records, stored.dimension, stored.metric, self.crew)

    def scan(
        self, selector: Selector, part: ScanRange, *, with_embeddings: bool
    ) -> Iterator[tuple[list[MemoryRecord], str]]:
        """Read rows; those of another crew are not even looked for."""
        if not selector.owner_fits(None, self.crew):
            return
        batches = self._store.scan(
            self.stored,
            after=part.after,
            until=part.until,
            batch_size=part.batch_size,
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
                agent_id=_agent(metadata),
                created_at=_own_time(metadata) or rows.created_at[number],
                metadata=metadata,
            )

    def revision(self) -> str:
        """Name the last operation on the collection, in the file itself: a copy stays behind."""
        with open_store(self._store.path) as store:
            return store.revision(self.stored)

    def points(self, n: int) -> list[str]:
        """Part the rows as Chroma's reader does."""
        return self._store.partition_points(self.stored, n)

    def tally(self) -> Iterator[TallyRow]:
        """Count in SQL."""
        for counted in self._store.tally(self.stored, (_AGENT,), _CREATED):
            yield TallyRow(
                collection=self.name,
                type=self.type,
                group_id=None,
                crew_id=self.crew,
                agent_id=counted.values[0],
                day=counted.day,
                records=counted.count,
                oldest=counted.oldest,
                newest=counted.newest,
            )


class LongTermSection:
    """The file of long-term memory; all crews of its directory share it, and no row names one."""

    type = MemoryType.LONG_TERM

    def __init__(self, part: Part, file: LongTermFile) -> None:
        self.key = f"{part.prefix.replace(':', '_')}long_term"
        self.part = part
        self.crew = part.crew_id
        self._file = file
        self.name = f"{part.prefix}long_term_memories"

    def describe(self) -> Collection:
        """Count the rows; none has a vector."""
        return Collection(self.name, self.type, self._file.count(), None, None, self.crew)

    def scan(
        self,
        selector: Selector,
        part: ScanRange,
        *,
        with_embeddings: bool,  # noqa: ARG002 - there are none
    ) -> Iterator[tuple[list[MemoryRecord], str]]:
        """Read rows in the order of their numbers."""
        if not selector.owner_fits(None, self.crew):
            return
        after, until = _number(part.after) or 0, _number(part.until)
        for rows in self._file.rows(after=after, until=until, batch_size=part.batch_size):
            yield [self._record(row) for row in rows], str(rows[-1].number)

    def _record(self, row: LongTermRow) -> MemoryRecord:
        """Say what was learned: the task, and below it what would make it better."""
        suggestions = row.metadata.get("suggestions")
        lines = suggestions if isinstance(suggestions, list) else []
        score = row.score
        name = canonical_json([row.number, row.task, row.stamp])
        return MemoryRecord(
            id=str(uuid5(_NAMESPACE, name.encode("utf-8", "surrogatepass").hex())),
            type=self.type,
            content="\n".join([row.task, *(f"- {each}" for each in lines)]),
            crew_id=self.crew,
            agent_id=_agent(row.metadata),
            importance=None if score is None else min(max(score / _BEST_SCORE, 0.0), 1.0),
            created_at=row.created_at,
            metadata={"task_description": row.task, "score": score, **row.metadata},
        )

    def revision(self) -> str:
        """Name the newest row and how many there are, looked up anew; CrewAI never changes one."""
        with open_long_term(self._file.path) as file:
            return file.revision()

    def points(self, n: int) -> list[str]:  # noqa: ARG002 - the file is small
        """Part nothing: the file has a row for each task that was ever done, and no vectors."""
        return []

    def tally(self) -> Iterator[TallyRow]:
        """Count row by row."""
        counted: dict[tuple[str | None, date | None], list[datetime | None]] = defaultdict(list)
        for rows in self._file.rows():
            for row in rows:
                day = row.created_at.date() if row.created_at else None
                counted[_agent(row.metadata), day].append(row.created_at)
        for (agent, day), moments in counted.items():
            known = [each for each in moments if each is not None]
            yield TallyRow(
                self.name,
                self.type,
                None,
                self.crew,
                agent,
                day,
                len(moments),
                min(known, default=None),
                max(known, default=None),
            )


LegacySection = ChromaSection | LongTermSection


def chroma_sections(part: Part, store: ChromaStore) -> Iterator[ChromaSection]:
    """Give a section for each collection that holds memory."""
    for stored in store.collections():
        if read_name(stored.name).type is not None:
            yield ChromaSection(part, store, stored)


def other_collections(part: Part, store: ChromaStore) -> Iterable[Collection]:
    """List the collections that hold no memory: knowledge, and what other programs put there."""
    for stored in store.collections():
        if read_name(stored.name).type is None:
            name = collection_name(part, stored)
            yield Collection(name, None, store.count(stored), stored.dimension, stored.metric)


def collection_name(part: Part, stored: StoredCollection) -> str:
    """Give a collection a name that no other one of the store has."""
    if part.kind is Kind.SHARED:
        return f"{part.prefix}{stored.name}"
    is_said = stored.name in part.prefix.split("/")
    return part.prefix if is_said else f"{part.prefix}/{stored.name}"


def entity_of(content: str) -> dict[str, str]:
    """Read name and kind from ``Name(Kind): description``, as CrewAI writes an entity."""
    head, colon, _ = content.partition("): ")
    name, bracket, kind = head.rpartition("(")
    return {"entity_name": name, "entity_type": kind} if colon and bracket and name else {}


def _agent(metadata: dict[str, Any]) -> str | None:
    agent = metadata.get(_AGENT)
    return agent if isinstance(agent, str) else None


def _own_time(metadata: dict[str, Any]) -> datetime | None:
    text = metadata.get(_CREATED)
    return parse_time(text) if isinstance(text, str) else None


def _number(place: str | None) -> int | None:
    if place is None:
        return None
    if not place.isdecimal():
        raise InvalidCursor(f"`{place[:40]}` is not a place in long-term memory")
    return int(place)

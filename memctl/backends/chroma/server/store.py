"""Reads the rows of a Chroma server."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ....formats.chroma import DayCount
from ....formats.chroma.rows import is_storable
from ....model.canonical import parse_time
from ..rows import CREATED_KEY
from .paging import in_pages, list_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    import numpy as np
    from numpy.typing import NDArray

    from ....formats.chroma import StoredCollection
    from .database import Database

    Listed = tuple[str, tuple[tuple[str, str], ...]]
    """A collection's id, and what its rows were filtered by."""

_OWNER_KEYS: Final = ("group_id", "crew_id", "agent_id")


@dataclass(frozen=True, slots=True)
class ServerRows:
    """Some rows, as in `formats.chroma.RowBatch`; a server does not tell when it stored them."""

    ids: list[str]
    documents: list[str | None]
    metadatas: list[dict[str, Any]]
    created_at: list[None]
    embeddings: NDArray[np.float32] | None
    has_embedding: list[bool]
    cursor: str


class ServerStore:
    """Reads one database of a server; one thread may use it.

    A scan lists the ids of the rows that are meant, sorts them and reads the rows by id, so that
    its cursors hold whatever is written or deleted meanwhile. It keeps the ids in memory, and of
    the rows those of one batch. A scan that goes on after a cursor uses the list of the last one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._collections: list[StoredCollection] | None = None
        self._listed: tuple[Listed, list[str]] | None = None

    def collections(self) -> list[StoredCollection]:
        """List the database's collections, once; a writer lets go of the whole store."""
        if self._collections is None:
            self._database.check()
            self._collections = self._database.collections()
        return self._collections

    def forget_rows(self) -> None:
        """List the ids of rows anew: there may be more by now."""
        self._listed = None

    def scan(
        self,
        collection: StoredCollection,
        *,
        after: str | None = None,
        until: str | None = None,
        batch_size: int = 1000,
        ids: frozenset[str] | None = None,
        where: Mapping[str, str] | None = None,
        with_embeddings: bool = True,
    ) -> Iterator[ServerRows]:
        """Yield rows in the order of their ids, as `ChromaStore.scan` does; a cursor is an id."""
        include = ["documents", "metadatas", *(["embeddings"] if with_embeddings else [])]
        wanted = self._wanted(collection, ids, where or {}, is_resumed=after is not None)
        first = 0 if after is None else bisect_right(wanted, after)
        last = len(wanted) if until is None else bisect_right(wanted, until)
        for start in range(first, last, batch_size):
            rows = self._rows(collection, wanted[start : min(start + batch_size, last)], include)
            if rows.ids:
                yield rows

    def partition_points(self, collection: StoredCollection, n: int) -> list[str]:
        """Return up to ``n - 1`` ids that part the order into about equal ranges."""
        ids = self._wanted(collection, None, {}, is_resumed=True)
        ends = sorted({len(ids) * part // n for part in range(1, n)} - {0, len(ids)})
        return [ids[end - 1] for end in ends]

    def tally(self, collection: StoredCollection, *, row_times: bool = True) -> list[DayCount]:  # noqa: ARG002 - no server tells them
        """Return counts by group, crew, agent and the day that the rows' metadata names."""
        counts: Counter[tuple[tuple[str | None, ...], date | None]] = Counter()
        times: dict[tuple[tuple[str | None, ...], date | None], list[datetime]] = {}
        ids = self._wanted(collection, None, {}, is_resumed=False)
        for found in self._pages(collection, ids, ["metadatas"]):
            for metadata in _metadatas(found):
                created = _text(metadata, CREATED_KEY)
                moment = parse_time(created) if created is not None else None
                values = tuple(_text(metadata, key) for key in _OWNER_KEYS)
                key = values, moment.date() if moment else None
                counts[key] += 1
                if moment:
                    known = times.setdefault(key, [moment, moment])
                    known[:] = min(known[0], moment), max(known[1], moment)
        return [
            DayCount(values, day, count, *times.get((values, day), (None, None)))
            for (values, day), count in counts.items()
        ]

    def owners(
        self, collection: StoredCollection, ids: Iterable[str]
    ) -> dict[str, tuple[str | None, str | None]]:
        """Return group and crew of each of the ids that the collection holds."""
        wanted = self._wanted(collection, frozenset(ids), {}, is_resumed=False)
        return {
            row_id: (_text(metadata, "group_id"), _text(metadata, "crew_id"))
            for found in self._pages(collection, wanted, ["metadatas"])
            for row_id, metadata in zip(found["ids"], _metadatas(found), strict=True)
        }

    def _wanted(
        self,
        collection: StoredCollection,
        ids: frozenset[str] | None,
        where: Mapping[str, str],
        *,
        is_resumed: bool,
    ) -> list[str]:
        """Return the ids of the rows that are meant, sorted; those asked for need not exist."""
        if ids is not None:
            return sorted(filter(is_storable, ids))
        if not all(map(is_storable, where.values())):
            return []
        key = collection.id, tuple(sorted(where.items()))
        if self._listed is None or self._listed[0] != key or not is_resumed:
            self._listed = key, list_ids(self._database, collection.id, _filter(where))
        return self._listed[1]

    def _rows(
        self, collection: StoredCollection, ids: Sequence[str], include: list[str]
    ) -> ServerRows:
        rows: dict[str, tuple[str | None, dict[str, Any], list[float] | None]] = {}
        for found in self._pages(collection, ids, include):
            nothing = [None] * len(found["ids"])
            documents = found.get("documents") or nothing
            vectors = found.get("embeddings") or nothing
            values = zip(documents, _metadatas(found), vectors, strict=True)
            rows.update(zip(found["ids"], values, strict=True))
        there = [row_id for row_id in ids if row_id in rows]
        vectors = [rows[row_id][2] for row_id in there]
        return ServerRows(
            ids=there,
            documents=[rows[row_id][0] for row_id in there],
            metadatas=[rows[row_id][1] for row_id in there],
            created_at=[None] * len(there),
            embeddings=_matrix(vectors),
            has_embedding=[vector is not None for vector in vectors],
            cursor=ids[-1],
        )

    def _pages(
        self, collection: StoredCollection, ids: Sequence[str], include: list[str]
    ) -> Iterator[dict[str, Any]]:
        return in_pages(
            ids,
            self._database.page_size,
            lambda page: self._database.rows(
                collection.id, {"ids": list(page), "include": include}
            ),
        )


def _filter(where: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the filter in Chroma's words; its ``$eq`` compares texts byte by byte."""
    conditions = [{key: {"$eq": value}} for key, value in where.items()]
    if len(conditions) > 1:
        return {"$and": conditions}
    return conditions[0] if conditions else None


def _metadatas(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [each or {} for each in found.get("metadatas") or [None] * len(found["ids"])]


def _text(metadata: Mapping[str, Any], key: str) -> str | None:
    value = metadata.get(key)
    return value if isinstance(value, str) else None


def _matrix(vectors: Sequence[list[float] | None]) -> NDArray[np.float32] | None:
    """Return one array of the vectors, zeros where a row has none; `None` where no row has one."""
    import numpy as np

    dimension = next((len(each) for each in vectors if each is not None), None)
    if dimension is None:
        return None
    nothing = [0.0] * dimension
    return np.array([nothing if each is None else each for each in vectors], np.float32)

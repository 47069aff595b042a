"""The rows of a collection once the queued operations are applied to its tables."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from .cursor import Cursor
from .queue import read_row_layer
from .rows import (
    DOCUMENT_KEY,
    Page,
    find_rows,
    list_rows,
    read_rows,
    split_document,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..opening import Database
    from .catalog import StoredCollection
    from .queue import RowChange, RowLayer

ROWS_PER_PAGE: Final = 10_000
"""Rows read at once at most: SQLite takes a million characters of SQL."""


@dataclass(frozen=True, slots=True, eq=False)
class Visible:
    """The rows that a scan visits, in its order.

    Attributes:
        rowids: integer ids of rows in the table, ascending.
        fresh: rows that only the queue holds, in the order of their making.
        layer: what the queue changes in the rows of the table.
    """

    rowids: array[int]
    fresh: dict[str, RowChange]
    layer: RowLayer

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.rowids) + len(self.fresh)

    def cursor_after(self, count: int) -> Cursor:
        """Return the place after so many rows, at least one."""
        in_table = len(self.rowids)
        if count <= in_table:
            return Cursor(self.rowids[count - 1])
        last = list(self.fresh.values())[count - in_table - 1]
        return Cursor(self.rowids[-1] if in_table else 0, last.seq_id)

    def between(self, after: Cursor, until: Cursor | None) -> Visible:
        """Return the rows after one place and up to another."""
        low = bisect_right(self.rowids, after.rowid)
        high = len(self.rowids) if until is None else bisect_right(self.rowids, until.rowid)
        fresh = {
            record_id: change
            for record_id, change in self.fresh.items()
            if change.seq_id > after.seq_id and (until is None or change.seq_id <= until.seq_id)
        }
        return replace(self, rowids=self.rowids[low:high], fresh=fresh)


def count_rows(database: Database, collection: StoredCollection) -> int:
    """Return how many rows there are, without listing them."""
    in_table: int = database.rows(
        "SELECT COUNT(*) FROM embeddings WHERE segment_id = ?", (collection.metadata_segment,)
    )[0][0]
    return in_table + read_row_layer(database, collection).growth


def visible_rows(
    database: Database,
    collection: StoredCollection,
    *,
    ids: frozenset[str] | None = None,
    where: Mapping[str, str] | None = None,
) -> Visible:
    """Return the rows that have one of the ids and hold these texts in their metadata."""
    where = where or {}
    layer = read_row_layer(database, collection)
    if ids is None:
        rowids = list_rows(database, collection, where)
        unsure = layer.patched.keys() if where else frozenset[int]()
    else:
        rowids = array("q", sorted(find_rows(database, collection, ids).values()))
        unsure = frozenset(rowids) if where else frozenset()
    if unsure or layer.hidden:
        kept = set(rowids) - layer.hidden - unsure
        kept.update(_matching(database, layer, sorted(unsure - layer.hidden), where))
        rowids = array("q", sorted(kept))
    fresh = {
        record_id: change
        for record_id, change in layer.fresh.items()
        if (ids is None or record_id in ids) and _matches(change.patch, where)
    }
    return Visible(rowids, fresh, layer)


def _matching(
    database: Database, layer: RowLayer, rowids: list[int], where: Mapping[str, str]
) -> Iterator[int]:
    for start in range(0, len(rowids), ROWS_PER_PAGE):
        page = read_table_page(database, layer, rowids[start : start + ROWS_PER_PAGE])
        for rowid, metadata in zip(page.rowids, page.metadatas, strict=True):
            if _matches(metadata, where):
                yield rowid


def _matches(metadata: Mapping[str, Any], where: Mapping[str, str]) -> bool:
    return all(metadata.get(key) == value for key, value in where.items())


def read_table_page(database: Database, layer: RowLayer, rowids: Sequence[int]) -> Page:
    """Return rows of the table, with what the queue changes in them."""
    page = read_rows(database, rowids)
    for at, rowid in enumerate(page.rowids if layer.patched else ()):
        if patch := layer.patched.get(rowid):
            metadata = page.metadatas[at]
            metadata[DOCUMENT_KEY] = page.documents[at]
            page.documents[at], page.metadatas[at] = split_document({**metadata, **patch})
    return page


def read_fresh_page(fresh: Mapping[str, RowChange]) -> Page:
    """Return rows that only the queue holds; their integer ids are not known yet."""
    page = Page([], [], [], [], [])
    for record_id, change in fresh.items():
        document, metadata = split_document(change.patch)
        page.rowids.append(0)
        page.ids.append(record_id)
        page.documents.append(document)
        page.metadatas.append(metadata)
        page.created_at.append(change.created_at)
    return page

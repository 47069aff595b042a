"""Reads the rows of one index as records: in order of their keys, by key, and the nearest."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from ....model.errors import InvalidCursor, NotAStore, NotPermitted, RequestRefused
from ....workspace.errors import malformed
from ...base import Batch, Hit
from .filters import owner_conditions, write_filter
from .keys import is_after, just_before
from .known_keys import KnownKeys
from .records import to_record
from .wire_format import queried_rows, scanned_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ....model.memory_type import MemoryType
    from ....model.record import MemoryRecord
    from ....model.selector import Selector
    from ..indexes.layouts import Layout
    from .data_plane import Index
    from .known_keys import Owner

    Row = dict[str, Any]

_PAGE_BYTES: Final = 8_000_000
_BYTES_PER_NUMBER: Final = 40
"""Of a vector in a scan's answer, where each number is an object."""

_KEYS_PER_QUERY: Final = 200
_FEW: Final = 2
_KEYS_PER_PAGE: Final = 1000

logger = logging.getLogger(__name__)


class Reader:
    """The rows of the index of one memory type.

    Args:
        index: the client.
        layout: what its columns mean.
        memory_type: the type that it holds.
        dimension: of its vectors.
        row_count: says about how many rows there are.
        endpoint_type: says which filter dialect is spoken.
        settle: waits until reads see what this connection wrote.
    """

    def __init__(
        self,
        index: Index,
        layout: Layout,
        memory_type: MemoryType,
        dimension: int,
        *,
        row_count: Callable[[], int],
        endpoint_type: Callable[[], str | None],
        settle: Callable[[], None],
    ) -> None:
        self.index = index
        self.layout = layout
        self.memory_type = memory_type
        self._dimension = dimension
        self._row_count = row_count
        self._endpoint_type = endpoint_type
        self._settle = settle
        self._known_keys = KnownKeys()
        self._knows_all = False
        self._looked_up = 0
        self._lock = Lock()

    def scan(
        self,
        selector: Selector,
        batch_size: int,
        *,
        after: str | None,
        until: str | None,
        with_embeddings: bool,
    ) -> Iterator[Batch]:
        """Stream the rows that are meant, in the order of their keys."""
        first, last = self._place(after), self._place(until)
        self._settle()
        if selector.ids is not None:
            pages = self._pages_of(selector.ids, batch_size, with_vector=with_embeddings)
        else:
            pages = self.pages(batch_size, first, last, with_vector=with_embeddings)
        for page in pages:
            if meant := selector.select([*self._records(page)]):
                yield Batch(self.index.name, meant, f"{self.index.name}:{self._key(page[-1])}")

    def pages(
        self, limit: int, after: str | None, until: str | None = None, *, with_vector: bool
    ) -> Iterator[list[Row]]:
        """Return all rows between two keys, page by page; only an empty page is the end.

        Raises:
            NotAStore: when the service sorts keys in another way, and a range can't be kept to.
        """
        limit = max(1, min(limit, _PAGE_BYTES // (self._dimension * _BYTES_PER_NUMBER + 1000)))
        while rows := self._page(limit, after, with_vector=with_vector):
            keys = [self._key(row) for row in rows]
            if until is not None:
                self._check_order(keys, after)
                rows = rows[: sum(not self._is_after(key, until) for key in keys)]
            if rows:
                yield rows
            if len(rows) < len(keys) or keys[-1] == until:
                return
            after = keys[-1]

    def _page(self, limit: int, after: str | None, *, with_vector: bool) -> list[Row]:
        with self._understood():
            answer = self.index.scan_page(limit, after)
            return scanned_rows(answer, self.layout, with_vector=with_vector)

    def next_key(self, after: str | None) -> str | None:
        """Return the key that comes after a text, or the first one."""
        rows = self._page(1, after, with_vector=False)
        return self._key(rows[0]) if rows else None

    def _pages_of(
        self, ids: Iterable[str], batch_size: int, *, with_vector: bool
    ) -> Iterator[list[Row]]:
        wanted = sorted(each for each in ids if self.may_hold(each))
        size = min(batch_size, _KEYS_PER_QUERY)
        for start in range(0, len(wanted), size):
            if rows := self.rows_of(wanted[start : start + size], with_vector=with_vector):
                yield rows

    def rows_of(self, keys: Sequence[str], *, with_vector: bool) -> list[Row]:
        """Return the rows of some keys, in order.

        A query finds most of them at once; it is approximate, so that only a scan proves that a
        row is not there.
        """
        found: dict[str, Row] = {}
        if len(keys) > _FEW:
            found = self._query_keys(keys, with_vector=with_vector)
        for key in self._left_to_look_up(keys, found):
            row = self.find(key, with_vector=with_vector)
            if row is not None:
                found[key] = row
        return [found[key] for key in sorted(found)]

    def find(self, key: str, *, with_vector: bool = False) -> Row | None:
        """Return the row of a key by a scan from right before it, which is exact."""
        after, limit = just_before(key, as_text=self.layout.has_text_keys), 1
        while rows := self._page(limit, after, with_vector=with_vector):
            for row in rows:
                if self._key(row) == key:
                    return row
            after = self._key(rows[-1])
            if self._is_after(after, key):
                return None
            limit = min(limit * 4, _KEYS_PER_PAGE)
        return None

    def _query_keys(self, keys: Sequence[str], *, with_vector: bool) -> dict[str, Row]:
        columns = [
            each for each in self.layout.columns if with_vector or each != self.layout.vector
        ]
        if not columns or not self.layout.has_text_keys:
            return {}
        try:
            conditions = {self.layout.key: [*keys]}
            rows = self._query([0.0] * self._dimension, columns, len(keys), conditions)
        except (RequestRefused, NotPermitted) as exc:
            logger.debug("keys are looked up one by one: %s", exc.message)
            return {}
        wanted = frozenset(keys)
        found = {self._key(row): row for row, _ in rows}
        needed = self.layout.vector if with_vector else None
        return {
            key: row
            for key, row in found.items()
            if key in wanted and (needed is None or needed in row)
        }

    def _query(
        self,
        vector: Sequence[float],
        columns: Sequence[str],
        limit: int,
        conditions: dict[str, Any],
    ) -> list[tuple[Row, float]]:
        filters = write_filter(conditions, self._endpoint_type() if conditions else None)
        with self._understood():
            answer = self.index.nearest(vector, columns, limit, filters)
            return queried_rows(answer, self.layout)

    def nearest(
        self, vector: Sequence[float], limit: int, selector: Selector
    ) -> tuple[list[Hit], bool]:
        """Rank rows by the service; only those that the selector means are given.

        Returns:
            The hits, best first, and whether these were all rows that the service has to give.
        """
        self._settle()
        columns = [each for each in self.layout.columns if each != self.layout.vector]
        conditions = owner_conditions(selector, self.layout)
        rows = self._query(vector, columns or [self.layout.key], limit, conditions)
        hits = [
            Hit(record, "l2", _distance(score))
            for record, score in (
                (to_record(row, self.layout, self.memory_type), score) for row, score in rows
            )
            if selector.matches(record)
        ]
        return sorted(hits, key=lambda hit: hit.score), len(rows) < limit

    def owners(self, ids: Sequence[str]) -> dict[str, Owner]:
        """Return group and crew of each of these keys that the index holds."""
        if self._knows_all:
            known = {each: self._known_keys.owner(each) for each in ids}
            return {each: owner for each, owner in known.items() if owner is not None}
        self._settle()
        found = {}
        for rows in self._pages_of(ids, _KEYS_PER_QUERY, with_vector=False):
            for record in self._records(rows):
                found[record.id] = (record.group_id, record.crew_id)
        return found

    def may_hold(self, key: str) -> bool:
        """Return whether a key may be there; `False` is certain, by what this connection knows."""
        if not key or any("\ud800" <= each <= "\udfff" for each in key):
            return False  # no service holds what is empty or no text
        return not self._knows_all or self._known_keys.owner(key) is not None

    def note_written(self, records: Iterable[MemoryRecord]) -> None:
        """Add rows that this connection wrote to the known keys."""
        self._known_keys.add((each.id, (each.group_id, each.crew_id)) for each in records)

    def note_deleted(self, keys: Iterable[str]) -> None:
        """Remove rows that this connection deleted from the known keys."""
        self._known_keys.remove(keys)

    def _left_to_look_up(self, keys: Sequence[str], found: dict[str, Row]) -> list[str]:
        """Return the keys to look up one by one.

        Once that has taken as many requests as reading every key, every key is read: most keys that
        are asked for in a copy are not there, and need no request from then on.
        """
        left = [key for key in keys if key not in found]
        if left and not self._knows_all:
            with self._lock:
                self._looked_up += len(left)
                self._read_all_keys_if_worth()
        return [key for key in left if self.may_hold(key)]

    def _read_all_keys_if_worth(self) -> None:
        """Read every key, once; what is written meanwhile is noted too."""
        if self._knows_all or self._looked_up * _KEYS_PER_PAGE <= self._row_count():
            return
        for page in self.pages(_KEYS_PER_PAGE, None, with_vector=False):
            self.note_written(self._records(page))
        self._knows_all = True
        logger.info("read the keys of index %s", self.index.name)

    def _records(self, rows: Iterable[Row]) -> Iterator[MemoryRecord]:
        return (to_record(row, self.layout, self.memory_type) for row in rows)

    def _key(self, row: Row) -> str:
        return str(row[self.layout.key])

    def _is_after(self, a: str, b: str) -> bool:
        return is_after(a, b, as_text=self.layout.has_text_keys)

    def _check_order(self, keys: Sequence[str], after: str | None) -> None:
        before = [*([after] if after is not None else []), *keys]
        if not all(self._is_after(b, a) for a, b in pairwise(before)):
            raise NotAStore(
                f"index `{self.index.name}` sorts its keys in another way than by their characters",
                hint="read it in one go: this is memctl's to mend, please tell its makers",
            )

    def _place(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        name, colon, key = cursor.partition(":")
        if name != self.index.name or not colon or not key:
            raise InvalidCursor(f"`{cursor[:80]}` is not a place in index `{self.index.name}`")
        return key

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Raise `BadAnswer` where an answer has another form than the API's."""
        try:
            yield
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as exc:
            logger.debug("%s: %s", type(exc).__name__, exc)
            raise malformed(self.index.workspace_url, f"index `{self.index.name}`") from None


def _distance(score: float) -> float:
    """Return the L2 distance that a score of ``1 / (1 + d²)`` stands for."""
    return max(0.0, 1 / score - 1) ** 0.5 if score > 0 else float("inf")

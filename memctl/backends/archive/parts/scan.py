"""Scans an archive's records in order, from and to a cursor, and splits the scan."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import chain, compress, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from ....model.errors import ConfigurationError
from ....model.selector import EVERYTHING
from ...base import Batch, Partition
from .rows import to_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ....model.memory_type import MemoryType
    from ....model.record import MemoryRecord
    from ....model.selector import Selector
    from .reader import OpenPart, PartReader

    Position = tuple[int, int]
    """Number of a part and row in it."""

_CURSOR = re.compile(r"([0-9]{1,9}):([0-9]{1,9})\Z")
_BEFORE_ALL: Final = (-1, -1)
_AFTER_ALL: Final = (10**9, 0)
_ROWS_AT_ONCE: Final = 1000
"""How many rows of a part are converted to records at once, however many it has."""


class Page(NamedTuple):
    """Some records of one part.

    Attributes:
        number: the part's number.
        rows: the row of each record, ascending.
        records: as many.
    """

    number: int
    rows: Sequence[int]
    records: Sequence[MemoryRecord]

    def of(self, selector: Selector) -> Page:
        """Return the page with only the records that the selector means."""
        if selector == EVERYTHING:
            return self
        kept = [selector.matches(each) for each in self.records]
        rows = list(compress(self.rows, kept))
        return self._replace(rows=rows, records=list(compress(self.records, kept)))


def scan(
    reader: PartReader,
    memory_type: MemoryType,
    selector: Selector,
    *,
    batch_size: int,
    after: str | None,
    until: str | None,
    with_embeddings: bool,
) -> Iterator[Batch]:
    """Yield the records that a selector means, in the order of parts and rows.

    Raises:
        ConfigurationError: when a cursor is not one of an archive.
        DamagedStore: when a part is not what was written.
    """
    first = _BEFORE_ALL if after is None else _position(after)
    last = _AFTER_ALL if until is None else _position(until)
    if not selector.wants(memory_type):
        return
    places = _places(reader, memory_type, selector, first, last, with_embeddings=with_embeddings)
    pages = (
        page.of(selector)
        for opened, rows in places
        for page in _pages(opened, _between(rows, opened.part.number, first, last))
    )
    yield from _batches(pages, memory_type, batch_size)


def partitions(reader: PartReader, memory_type: MemoryType, n: int) -> list[Partition]:
    """Return at most ``n`` runs of parts with about the same number of records."""
    parts = [part for part in reader.parts(memory_type) if part.records]
    total = sum(part.records for part in parts)
    bounds: list[str | None] = [None]
    before = 0
    for part in parts[:-1]:
        before += part.records
        if before * n >= total * len(bounds):
            bounds.append(f"{part.number}:{part.records - 1}")
    bounds.append(None)
    return [Partition(after, until) for after, until in pairwise(bounds)]


def _places(
    reader: PartReader,
    memory_type: MemoryType,
    selector: Selector,
    first: Position,
    last: Position,
    *,
    with_embeddings: bool,
) -> Iterator[tuple[OpenPart, Sequence[int]]]:
    """Yield the rows to read: those of the wanted ids, or all of the parts in between."""
    if selector.ids is not None:
        yield from reader.find(memory_type, selector.ids, with_embeddings=with_embeddings)
        return
    for number in [part.number for part in reader.parts(memory_type)]:
        part = reader.part(memory_type, number)  # it may have fewer rows since a delete, or none
        if part is not None and first[0] <= number <= last[0]:
            yield reader.open(part, with_embeddings=with_embeddings), range(part.records)


def _between(rows: Sequence[int], number: int, first: Position, last: Position) -> Sequence[int]:
    """Return the rows of a part, ascending, after one position and up to another."""
    low = bisect_right(rows, first, key=lambda row: (number, row))
    high = bisect_right(rows, last, key=lambda row: (number, row))
    return rows[low:high]


def _pages(opened: OpenPart, rows: Sequence[int]) -> Iterator[Page]:
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        whole = isinstance(some, range)
        table = opened.table.slice(some[0], len(some)) if whole else opened.table.take(some)
        yield Page(opened.part.number, some, to_records(table, opened.part.type, opened.part.name))


def _batches(pages: Iterable[Page], memory_type: MemoryType, size: int) -> Iterator[Batch]:
    """Yield pages joined and split so that each batch but the last has the wanted size."""
    pieces: list[Sequence[MemoryRecord]] = []
    missing, cursor = size, ""
    for page in pages:
        start = 0
        while start < len(page.rows):
            end = min(start + missing, len(page.rows))
            pieces.append(page.records[start:end])
            missing, cursor = missing - (end - start), f"{page.number}:{page.rows[end - 1]}"
            start = end
            if not missing:
                yield Batch(memory_type, _joined(pieces), cursor)
                pieces, missing = [], size
    if pieces:
        yield Batch(memory_type, _joined(pieces), cursor)


def _joined(pieces: Sequence[Sequence[MemoryRecord]]) -> Sequence[MemoryRecord]:
    return pieces[0] if len(pieces) == 1 else [*chain.from_iterable(pieces)]


def _position(cursor: str) -> Position:
    match = _CURSOR.match(cursor)
    if match is None:
        raise ConfigurationError(
            f"`{cursor[:80]}` is not a place in an archive", hint="start from the beginning"
        )
    return int(match[1]), int(match[2])

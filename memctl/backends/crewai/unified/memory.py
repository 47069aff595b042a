"""Reads, finds and counts the records of CrewAI's unified memory.

CrewAI's `save` appends without looking for the id, so several rows may have the same one. The first
row keeps it, and later ones, in scan order, become ``ID#2``, ``ID#3``: ids are unique and no row is
hidden. One table holds every memory type: if a row of another type already has a record's id, the
row's id is ``ID#memctl:TYPE``, and the record keeps its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from ....model.backend.collection import Collection, TallyRow
from ....model.errors import InvalidCursor
from ....model.memory_type import MemoryType
from ....model.selector import EVERYTHING, Selector
from ...holding import RECORD_KEY
from .counts import COUNTED, Counts
from .rows import read_mark, read_metadata, to_record
from .scopes import owner_path
from .table import NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from ....formats.crewai import Part
    from ....model.record import MemoryRecord
    from ...shared.sections import ScanRange
    from .table import Table

_TYPED: Final = "#memctl:"
_COPY: Final = re.compile(r"(?s)(.*)#([2-9]|[1-9][0-9]+)\Z")
_ROWS_AT_ONCE: Final = 2000
_LOOKED_AT: Final = 16
"""Read at once to find a row of a type."""
_MOST_ROWS: Final = 2000
"""Read at once, however large a batch is asked for: vectors are large."""


class UnifiedMemory:
    """One table, with a section for each memory type of its rows."""

    def __init__(self, part: Part, table: Table) -> None:
        self.part = part
        self.table = table
        self._counts: Counts | None = None
        self._types: tuple[int, list[MemoryType]] | None = None
        self._copies: tuple[int, dict[int, str]] | None = None

    def types(self) -> list[MemoryType]:
        """List the types of the rows, and always `unified`; of each a row is looked for."""
        version = self.table.refresh()
        if self._types is None or self._types[0] != version:
            self._types = (
                version,
                [each for each in MemoryType if each is MemoryType.UNIFIED or self._has(each)],
            )
        return self._types[1]

    def _has(self, memory_type: MemoryType) -> bool:
        """Return whether a row is marked as one of a type; reading ends with the first."""
        # The word may be in other metadata of a row too: what is found is read as records are.
        where = " AND ".join(
            f"contains(metadata_str, {_quoted(e)})" for e in (RECORD_KEY, memory_type)
        )
        for batch in self.table.columns(["metadata_str"], _LOOKED_AT, where):
            marks = (read_metadata(each)[1] for each in batch["metadata_str"].to_pylist())
            if any(read_mark(mark).get("type") is memory_type for mark in marks):
                return True
        return False

    def counts(self) -> Counts:
        """Return the counts of all rows, which are made again only if the table has changed."""
        version = self.table.refresh()
        if self._counts is None or self._counts.version != version:
            self._counts = Counts(version)
            for batch in self.table.columns(COUNTED, _ROWS_AT_ONCE):
                self._counts.add_batch(batch)
        return self._counts

    def copies(self) -> dict[int, str]:
        """Return address -> id of each row that is not the first with its id."""
        version = self.table.refresh()
        if self._copies is None or self._copies[0] != version:
            self._copies = version, _copies(self.table.addresses())
        return self._copies[1]

    def find(self, selector: Selector, memory_type: MemoryType | None = None) -> dict[int, str]:
        """Return address -> id of the rows that may be meant, in scan order.

        SQL leaves out most rows that can't be meant; the caller applies the selector.
        """
        where = " AND ".join(f"({each})" for each in _predicates(selector, memory_type))
        copies = self.copies()
        found = self.table.addresses(where or None)
        addresses = found.column("_rowid").to_pylist()
        named = dict(zip(addresses, map(_own_id, found.column("id").to_pylist()), strict=True))
        named |= {address: each for address, each in copies.items() if address in named}
        if selector.ids is None:
            return named
        return {address: each for address, each in named.items() if each in selector.ids}

    def row_ids(self, records: Sequence[MemoryRecord]) -> dict[str, str]:
        """Return record id -> id of its row, which may not be there yet; all are of one type."""
        memory_type = records[0].type
        typed = {record.id: _typed_id(record.id, memory_type) for record in records}
        rows = self.table.addresses(_among({*typed, *typed.values()}))
        columns = (rows.column(name).to_pylist() for name in ("_rowid", "id"))
        held = self.read(dict(zip(*columns, strict=True)), with_embeddings=False)
        types = {record.id: record.type for record in held.values()}
        is_free = {own: types.get(own, memory_type) is memory_type for own in typed}
        return {
            # An id that itself looks typed would be read without its end.
            own: own if is_free[own] and other not in types and _own_id(own) == own else other
            for own, other in typed.items()
        }

    def read(self, named: Mapping[int, str], *, with_embeddings: bool) -> dict[int, MemoryRecord]:
        """Return address -> record of the given rows, in the order of addresses."""
        rows = self.table.rows(list(named), with_vectors=with_embeddings)
        vectors = _vectors(rows) if with_embeddings else [None] * rows.num_rows
        plain = rows.drop_columns(["vector"] if with_embeddings else []).to_pylist()
        return {
            row["_rowid"]: to_record(row, named[row["_rowid"]], vector)
            for row, vector in zip(plain, vectors, strict=True)
        }


class UnifiedSection:
    """The rows of one type in a table."""

    def __init__(self, memory: UnifiedMemory, memory_type: MemoryType) -> None:
        self.type = memory_type
        self.key = f"{memory.part.prefix.replace(':', '_')}{NAME}"
        self._memory = memory
        suffix = "" if memory_type is MemoryType.UNIFIED else f"/{memory_type}"
        self.name = f"{memory.part.prefix}{NAME}{suffix}"

    def describe(self) -> Collection:
        """Return the collection; LanceDB's default metric is L2."""
        return Collection(self.name, self.type, self._memory.table.dimension, "l2")

    def count(self) -> int:
        """Return how many rows of the type there are."""
        return self._memory.counts().of(self.type)

    def scan(
        self, selector: Selector, bounds: ScanRange, *, with_embeddings: bool
    ) -> Iterator[tuple[list[MemoryRecord], str]]:
        """Yield records in the order of addresses.

        Rows that are gone by now were deleted, or compacted: those have higher addresses now.
        """
        after, until = _address(bounds.after), _address(bounds.until)
        size = min(bounds.batch_size, _MOST_ROWS)
        rest: list[tuple[int, str]] | None = None
        while True:
            if rest is None:
                rest = self._between(selector, after, until)
            page, rest = dict(rest[:size]), rest[size:]
            if not page:
                return
            records = self._memory.read(page, with_embeddings=with_embeddings)
            after = max(page)
            yield [each for each in records.values() if each.type is self.type], str(after)
            if len(records) < len(page):
                rest = None

    def _between(
        self, selector: Selector, after: int | None, until: int | None
    ) -> list[tuple[int, str]]:
        """List address and id of the rows that may be meant after one address, up to another."""
        return [
            (address, each)
            for address, each in self._memory.find(selector, self.type).items()
            if (after is None or address > after) and (until is None or address <= until)
        ]

    def revision(self) -> str:
        """Return the table's newest version."""
        return str(self._memory.table.refresh())

    def split_points(self, n: int) -> list[str]:
        """Return the addresses that split the rows of the type into equal ranges."""
        addresses = list(self._memory.find(EVERYTHING, self.type))
        ends = sorted({len(addresses) * part // n for part in range(1, n)} - {0, len(addresses)})
        return [str(addresses[end - 1]) for end in ends]

    def tally(self) -> Iterator[TallyRow]:
        """Yield the counts of the type."""
        counts = self._memory.counts()
        for (owner, day), number in counts.rows.items():
            if owner[0] is self.type:
                times = counts.times.get((owner, day), (None, None))
                yield TallyRow(self.name, *owner, day, number, *times)


def _copies(rows: pa.Table) -> dict[int, str]:
    import pyarrow.compute as pc

    counted = pc.value_counts(rows.column("id"))
    several = counted.filter(pc.greater(counted.field("counts"), 1)).field("values")
    if not len(several):
        return {}
    rows = rows.filter(pc.is_in(rows.column("id"), value_set=several))
    seen: dict[str, int] = defaultdict(int)
    found = {}
    for address, each in zip(*(rows.column(n).to_pylist() for n in ("_rowid", "id")), strict=True):
        seen[each] += 1
        if seen[each] > 1:
            found[address] = f"{_own_id(each)}#{seen[each]}"
    return found


def _predicates(selector: Selector, memory_type: MemoryType | None) -> Iterator[str]:
    """Yield SQL conditions that hold for every row that may be meant, and for few others."""
    marked = f"contains(metadata_str, {_quoted(RECORD_KEY)})"
    if memory_type not in {None, MemoryType.UNIFIED}:
        yield marked
    if selector.ids is not None:
        originals = {found[1] for each in selector.ids if (found := _COPY.match(each))}
        ids = selector.ids | originals
        types = list(MemoryType) if memory_type is None else [memory_type]
        typed = {_typed_id(id_, each) for id_ in ids for each in types}
        yield _among(ids | typed)
    if selector.crew_id is not None:
        # CrewAI's own search by prefix also finds siblings: `/crew/a-2` for `/crew/a`.
        root = owner_path(selector.crew_id)
        below = f"starts_with(scope, {_quoted(root + '/')})"
        yield f"scope = {_quoted(root)} OR {below} OR {marked}"
    if selector.group_id is not None and not selector.include_unscoped:
        yield marked


def _among(ids: Iterable[str]) -> str:
    listed = ",".join(map(_quoted, sorted(ids)))
    return f"id IN ({listed})" if listed else "FALSE"


def _typed_id(record_id: str, memory_type: MemoryType) -> str:
    return f"{record_id}{_TYPED}{memory_type}"


def _own_id(row_id: str | None) -> str:
    """Return a record's id from its row's."""
    own, sign, memory_type = (row_id or "").rpartition(_TYPED)
    return own if sign and memory_type in set(MemoryType) else row_id or ""


def _quoted(text: str) -> str:
    # Half of a surrogate pair is in no row, and lancedb takes no text with one.
    return "'" + text.encode("utf-8", "replace").decode().replace("'", "''") + "'"


def _vectors(rows: pa.Table) -> list[Any]:
    """Return the vectors as float32 arrays, `None` for a row without one."""
    vectors: list[Any] = []
    for chunk in rows.column("vector").chunks:
        size = chunk.type.list_size
        block = chunk.values.to_numpy(zero_copy_only=False)
        block = block[chunk.offset * size : (chunk.offset + len(chunk)) * size].reshape(-1, size)
        valid = chunk.is_valid().to_pylist()
        vectors += [row if is_ else None for row, is_ in zip(block, valid, strict=True)]
    return vectors


def _address(position: str | None) -> int | None:
    if position is None:
        return None
    if not position.isdecimal():
        raise InvalidCursor(f"`{position[:40]}` is not a place in unified memory")
    return int(position)

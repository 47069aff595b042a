"""Many records at once, as columns; what one record is, `record` says."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, overload

from .record import MemoryRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SETTERS: Final = {
    each.name: getattr(MemoryRecord, each.name).__set__ for each in fields(MemoryRecord)
}


class Records(Sequence[MemoryRecord]):
    """Records that are made of their columns when one of them is first looked at.

    Most are handed from store to store whole, and never are; and the records of a whole batch are
    made in half the time that their constructor takes.

    Args:
        columns: by the name of every field, one value per record; not changed any more.

    Raises:
        ValueError: when a column is longer than another.
    """

    __slots__ = ("_columns", "_made")

    def __init__(self, columns: Mapping[str, Sequence[Any]]) -> None:
        if len({len(columns[name]) for name in _SETTERS}) > 1:
            raise ValueError("columns of different lengths")
        self._columns = columns
        self._made: list[MemoryRecord] | None = None

    def __len__(self) -> int:
        """Count them."""
        return len(self._columns["id"])

    def __iter__(self) -> Iterator[MemoryRecord]:
        """Iterate over the records, each the same one every time."""
        return iter(self._records())

    @overload
    def __getitem__(self, at: int) -> MemoryRecord: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[MemoryRecord]: ...

    def __getitem__(self, at: int | slice) -> MemoryRecord | Sequence[MemoryRecord]:
        """Return one record, or some."""
        if isinstance(at, slice) and at.indices(len(self)) == (0, len(self), 1):
            return self
        return self._records()[at]

    def column(self, name: str) -> Sequence[Any]:
        """Return the values of a field, one per record."""
        return self._columns[name]

    def _records(self) -> list[MemoryRecord]:
        if self._made is None:
            made = [object.__new__(MemoryRecord) for _ in range(len(self))]
            for name, set_field in _SETTERS.items():
                deque(map(set_field, made, self._columns[name]), maxlen=0)
            self._made = made
        return self._made


def column_of(records: Sequence[MemoryRecord], name: str) -> Sequence[Any]:
    """Return the values of a field, one per record."""
    if isinstance(records, Records):
        return records.column(name)
    return [*map(attrgetter(name), records)]


def to_columns(records: Sequence[MemoryRecord]) -> dict[str, Sequence[Any]]:
    """Return the values of every field, one per record, by the field's name."""
    return {name: column_of(records, name) for name in _SETTERS}

"""Reads a store section by section; a section is the records of one type in one part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ...model.errors import InvalidCursor
from ..base import Batch, Partition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ...model.backend.collection import TallyRow
    from ...model.record import MemoryRecord
    from ...model.selector import Selector


@dataclass(frozen=True, slots=True)
class ScanRange:
    """Bounds of a scan of one section, as the section's own positions, and the batch size."""

    after: str | None
    until: str | None
    batch_size: int


class Section(Protocol):
    """The records of one memory type in one part of a store."""

    @property
    def key(self) -> str:
        """The section's name in cursors: without a colon, and the same in every run."""

    @property
    def name(self) -> str:
        """The collection's name, unique within the store."""

    def count(self) -> int:
        """Return how many records there are."""

    def scan(
        self, selector: Selector, bounds: ScanRange, *, with_embeddings: bool
    ) -> Iterator[tuple[Sequence[MemoryRecord], str]]:
        """Yield records in a stable order, each batch with the position after it.

        The caller applies the selector: records that it does not mean may be among them.
        """

    def split_points(self, n: int) -> list[str]:
        """Return up to ``n - 1`` positions that split the section."""

    def tally(self) -> Iterable[TallyRow]:
        """Return counts by owner, agent and day."""


class SectionReader:
    """Reads the sections of one memory type one after the other."""

    def __init__(self, sections: Sequence[Section], location: str) -> None:
        self._sections = sections
        self._location = location

    def scan(
        self, selector: Selector, bounds: ScanRange, *, with_embeddings: bool
    ) -> Iterator[Batch]:
        """Yield batches of the records that the selector means."""
        first, last = self._position(bounds.after), self._position(bounds.until)
        for number, section in enumerate(self._sections):
            if (first and number < first[0]) or (last and number > last[0]):
                continue
            own = ScanRange(
                after=first[1] if first and number == first[0] else None,
                until=last[1] if last and number == last[0] else None,
                batch_size=bounds.batch_size,
            )
            for records, position in section.scan(selector, own, with_embeddings=with_embeddings):
                if meant := selector.select(records):
                    yield Batch(section.name, meant, f"{section.key}:{position}")

    def partitions(self, n: int) -> list[Partition]:
        """Split the scan order into at most ``n`` parts; a large section gets more of them."""
        counts = [section.count() for section in self._sections]
        total = sum(counts) or 1
        ends: list[str | None] = [None]
        for section, count in zip(self._sections, counts, strict=True):
            points = section.split_points(max(1, n * count // total))
            ends += [f"{section.key}:{point}" for point in points]
        return [Partition(a, b) for a, b in zip(ends, [*ends[1:], None], strict=True)]

    def tally(self, selector: Selector) -> Iterator[TallyRow]:
        """Yield the counts of the owners that the selector means."""
        for section in self._sections:
            for row in section.tally():
                if selector.owner_fits(row.group_id, row.crew_id):
                    yield row

    def _position(self, cursor: str | None) -> tuple[int, str] | None:
        """Return the number of a cursor's section, and the position in it."""
        if cursor is None:
            return None
        key, colon, position = cursor.partition(":")
        for number, section in enumerate(self._sections):
            if section.key == key and colon:
                return number, position
        raise InvalidCursor(f"`{cursor[:80]}` is not a place in `{self._location}`")

"""A store as a row of sections, each the records of one type in one part; not how each is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ...model.errors import InvalidCursor
from ..base import Batch, Partition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ...model.collection import Collection, TallyRow
    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from ...model.selector import Selector


@dataclass(frozen=True, slots=True)
class ScanRange:
    """Which part of a section, and in how large batches; places are the section's own."""

    after: str | None
    until: str | None
    batch_size: int


class Section(Protocol):
    """The records of one memory type in one part of a store."""

    @property
    def key(self) -> str:
        """Name the section in cursors; without a colon, and the same on every run."""

    @property
    def name(self) -> str:
        """Name the collection; no other one of the store is called so."""

    @property
    def type(self) -> MemoryType:
        """The type of its records."""

    def describe(self) -> Collection:
        """Say what it holds."""

    def scan(
        self, selector: Selector, part: ScanRange, *, with_embeddings: bool
    ) -> Iterator[tuple[list[MemoryRecord], str]]:
        """Read records in a stable order, each batch with the place after it.

        What the selector does not mean may be among them.
        """

    def revision(self) -> str:
        """Name the state of the section: another text after any write to it."""

    def points(self, n: int) -> list[str]:
        """Give up to ``n - 1`` places that part the section."""

    def tally(self) -> Iterable[TallyRow]:
        """Count by owner, agent and day."""


class SectionReader:
    """Reads the sections of one memory type one after the other."""

    def __init__(self, sections: Sequence[Section], location: str) -> None:
        self._sections = sections
        self._location = location

    def scan(
        self, memory_type: MemoryType, selector: Selector, part: ScanRange, *, with_embeddings: bool
    ) -> Iterator[Batch]:
        """Stream the records that are meant."""
        sections = self._of(memory_type)
        first, last = self._place(sections, part.after), self._place(sections, part.until)
        for number, section in enumerate(sections):
            if (first and number < first[0]) or (last and number > last[0]):
                continue
            own = ScanRange(
                after=first[1] if first and number == first[0] else None,
                until=last[1] if last and number == last[0] else None,
                batch_size=part.batch_size,
            )
            for records, place in section.scan(selector, own, with_embeddings=with_embeddings):
                if meant := selector.select(records):
                    yield Batch(section.name, meant, f"{section.key}:{place}")

    def partitions(self, memory_type: MemoryType, n: int) -> list[Partition]:
        """Split the scan order into at most ``n`` parts; a large section gets more of them."""
        sections = self._of(memory_type)
        counts = [section.describe().records for section in sections]
        total = sum(counts) or 1
        bounds: list[str | None] = [None]
        for section, count in zip(sections, counts, strict=True):
            points = section.points(max(1, n * count // total))
            bounds += [f"{section.key}:{point}" for point in points]
        return [Partition(a, b) for a, b in zip(bounds, [*bounds[1:], None], strict=True)]

    def _of(self, memory_type: MemoryType) -> list[Section]:
        return [section for section in self._sections if section.type is memory_type]

    def _place(self, sections: Sequence[Section], cursor: str | None) -> tuple[int, str] | None:
        """Split a cursor into the section's number and the place in it."""
        if cursor is None:
            return None
        key, colon, place = cursor.partition(":")
        for number, section in enumerate(sections):
            if section.key == key and colon:
                return number, place
        raise InvalidCursor(f"`{cursor[:80]}` is not a place in `{self._location}`")

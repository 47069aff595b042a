"""Which records of a copy get a vector of the embedder's, and what that takes; it copies none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING

from ...embedding.errors import TextRefused
from ...model.results import Reembedded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...model.record import MemoryRecord
    from ..embedding import Embedding


@dataclass(frozen=True, slots=True)
class Tally:
    """How much text is, or would be, embedded; several threads add to it."""

    counts: dict[str, int] = field(default_factory=lambda: {"records": 0, "characters": 0})
    lock: Lock = field(default_factory=Lock)

    def add(self, records: Sequence[MemoryRecord]) -> None:
        """Count records and the characters of their texts."""
        with self.lock:
            self.counts["records"] += len(records)
            self.counts["characters"] += sum(len(each.content) for each in records)


@dataclass(frozen=True, slots=True)
class Reembedding:
    """Vectors made anew on the way: of rows that have none, or of every row.

    Attributes:
        embedding: the model.
        is_all: every row gets a vector of the model's, not just those that have none.
        tally: what was embedded, or in a rehearsal would be.
    """

    embedding: Embedding
    is_all: bool
    tally: Tally = field(default_factory=Tally)

    def stripped(self, record: MemoryRecord) -> MemoryRecord:
        """Return the record without a vector where that is not to be kept."""
        return replace(record, embedding=None) if self.is_all else record

    def is_due(self, record: MemoryRecord) -> bool:
        """Return whether a stripped record gets a vector: without a text there is none to make."""
        return record.embedding is None and bool(record.content.strip())

    def loses(self, record: MemoryRecord, *, needs_vectors: bool) -> bool:
        """Return whether the target would hold less of a record of the source, or not take it."""
        if self.is_due(self.stripped(record)):
            return False
        return needs_vectors if record.embedding is None else self.is_all

    def embed(self, records: Sequence[MemoryRecord]) -> Iterator[list[MemoryRecord]]:
        """Return records their vectors, some at a time, in their order.

        Raises:
            TextRefused: naming the record whose text the model does not take.
            MemctlError: when the model can't be reached or used.
        """
        rest = iter(records)
        try:
            for vectors in self.embedding.embed([each.content for each in records]):
                some = list(islice(rest, len(vectors)))
                self.tally.add(some)
                yield [
                    replace(record, embedding=vector)
                    for record, vector in zip(some, vectors, strict=True)
                ]
        except TextRefused as exc:
            refused = next(each for each in records if each.content == exc.text)
            exc.message = f"record `{refused.id[:80]}`: {exc.message}"
            exc.hint = "shorten the record's text, or choose a model that takes longer ones"
            raise

    def anew(self) -> Reembedding:
        """Return the same with nothing counted."""
        return replace(self, tally=Tally())

    def result(self) -> Reembedded:
        """Return how much was embedded, by which model and where."""
        counts = self.tally.counts
        return Reembedded(
            embedder=self.embedding.name,
            place=self.embedding.place,
            dimension=self.embedding.dimension if counts["records"] else None,
            records=counts["records"],
            characters=counts["characters"],
        )

"""The SQLite file of long-term memory up to CrewAI 1.9 as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from ....formats.crewai.long_term import open_long_term
from ....model.backend.collection import Collection
from ....model.canonical import canonical_json
from ....model.errors import InvalidCursor
from ....model.memory_type import MemoryType
from ....model.record import MemoryRecord
from ...base import Batch
from ...shared.tallying import tally_batches
from .chroma import agent_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ....formats.crewai import Part
    from ....formats.crewai.long_term import LongTermFile, LongTermRow
    from ....model.backend.collection import TallyRow
    from ....model.selector import Selector
    from ...shared.sections import ScanRange

_NAMESPACE: Final = UUID("c0a6a1f2-58a2-5d3c-8b57-0f7c1a6b2d41")
_BEST_SCORE: Final = 10.0


class LongTermSection:
    """The file of long-term memory: all crews of a directory share it, and no row names one."""

    type = MemoryType.LONG_TERM

    def __init__(self, part: Part, file: LongTermFile) -> None:
        self.key = f"{part.prefix.replace(':', '_')}long_term"
        self.part = part
        self.crew = part.crew_id
        self._file = file
        self.name = f"{part.prefix}long_term_memories"

    def describe(self) -> Collection:
        """Return the collection; no row has a vector."""
        return Collection(self.name, self.type, None, None, self.crew)

    def count(self) -> int:
        """Return how many rows the file has."""
        return self._file.count()

    def scan(
        self,
        selector: Selector,
        bounds: ScanRange,
        *,
        with_embeddings: bool,  # noqa: ARG002 - there are none
    ) -> Iterator[tuple[list[MemoryRecord], str]]:
        """Yield records in the order of the rows' numbers."""
        if not selector.owner_fits(None, self.crew):
            return
        after, until = _number(bounds.after) or 0, _number(bounds.until)
        for rows in self._file.rows(after=after, until=until, batch_size=bounds.batch_size):
            yield [self._record(row) for row in rows], str(rows[-1].number)

    def _record(self, row: LongTermRow) -> MemoryRecord:
        """Return the record of a row, whose text is the task and the suggestions on it."""
        suggestions = row.metadata.get("suggestions")
        lines = suggestions if isinstance(suggestions, list) else []
        score = row.score
        name = canonical_json([row.number, row.task, row.stamp])
        return MemoryRecord(
            id=str(uuid5(_NAMESPACE, name.encode("utf-8", "surrogatepass").hex())),
            type=self.type,
            content="\n".join([row.task, *(f"- {each}" for each in lines)]),
            crew_id=self.crew,
            agent_id=agent_of(row.metadata),
            importance=None if score is None else min(max(score / _BEST_SCORE, 0.0), 1.0),
            created_at=row.created_at,
            metadata={"task_description": row.task, "score": score, **row.metadata},
        )

    def revision(self) -> str:
        """Return count and highest number of rows, read anew; CrewAI never changes a row."""
        with open_long_term(self._file.path) as file:
            return file.revision()

    def split_points(self, n: int) -> list[str]:  # noqa: ARG002 - the file is small
        """Return none: the file has one row per task and no vectors, so it is small."""
        return []

    def tally(self) -> list[TallyRow]:
        """Return counts, made by reading every row."""
        batches = ([self._record(row) for row in rows] for rows in self._file.rows())
        return tally_batches(Batch(self.name, records, "") for records in batches)


def _number(position: str | None) -> int | None:
    if position is None:
        return None
    if not position.isdecimal():
        raise InvalidCursor(f"`{position[:40]}` is not a place in long-term memory")
    return int(position)

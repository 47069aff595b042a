"""Copies one memory type batch by batch, with checkpoints; the proof is in `compare`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...model.errors import Conflict, WriteFailed
from ...model.on_conflict import OnConflict
from ...model.results import TypeCopy
from .identity import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...backends.base import MemoryBackend
    from ...model.memory_type import MemoryType
    from ...model.progress import Progress
    from ...model.record import MemoryRecord
    from ...model.selector import Selector
    from .identity import Identity, Placed


@dataclass(frozen=True, slots=True)
class Copying:
    """How one memory type is copied.

    Attributes:
        memory_type: the type.
        selector: the rows of the source that are meant.
        source: where they are read.
        target: where they are written; `None` for a dry run.
        identity: gives each record its place in the target.
        batch_size: records per batch.
        on_conflict: what to do about conflicts.
        skip_without_vectors: leave rows without vectors behind.
        progress: is told of every batch.
    """

    memory_type: MemoryType
    selector: Selector
    source: MemoryBackend
    target: MemoryBackend | None
    identity: Identity
    batch_size: int
    on_conflict: OnConflict
    skip_without_vectors: bool
    progress: Progress

    def run(self, after: str | None, checkpoint: Callable[[str, int], None]) -> TypeCopy:
        """Copy what comes after a cursor; ``checkpoint`` is told each cursor once it is safe.

        Raises:
            Conflict: when one is found and ``on_conflict`` is ``stop``.
            WriteFailed: when the target refuses records.
        """
        counted: Counter[str] = Counter()
        batches = self.source.scan(
            self.memory_type, self.selector, batch_size=self.batch_size, after=after
        )
        for batch in batches:
            placed = self.identity.place(batch)
            written = self._write([each for each in placed if self._is_to_write(each, counted)])
            counted["read"] += len(placed)
            counted["written"] += written
            checkpoint(batch.cursor, counted["written"])
            self.progress.advance(len(placed))
        return TypeCopy(
            type=self.memory_type,
            read=counted["read"],
            written=counted["written"],
            present=counted["present"],
            skipped=counted["skipped"],
            renamed=counted["renamed"],
            stamped=counted["stamped"],
        )

    def _is_to_write(self, placed: Placed, counted: Counter[str]) -> bool:
        if self.skip_without_vectors and placed.record.embedding is None:
            counted["skipped"] += 1
            return False
        counted["renamed"] += placed.is_renamed
        counted["stamped"] += placed.is_stamped
        match placed.standing:
            case Standing.NEW:
                return True
            case Standing.SAME:
                counted["present"] += 1
                return False
            case Standing.CONFLICT:
                return self._settle(placed.record, counted)

    def _settle(self, record: MemoryRecord, counted: Counter[str]) -> bool:
        if self.on_conflict is OnConflict.STOP:
            raise Conflict(
                f"the target holds another `{self.memory_type}` record `{record.id[:80]}` of crew "
                f"`{record.crew_id or '-'}` in group `{record.group_id or '-'}`",
                hint="keep the target's with `--on-conflict skip`, or replace it with "
                "`--on-conflict overwrite`",
            )
        counted["skipped"] += self.on_conflict is OnConflict.SKIP
        return self.on_conflict is OnConflict.OVERWRITE

    def _write(self, placed: list[Placed]) -> int:
        if self.target is None or not placed:
            return len(placed)
        result = self.target.upsert(self.memory_type, [each.record for each in placed])
        if result.failed:
            record_id, failure = next(iter(result.failed.items()))
            raise WriteFailed(
                f"`{self.target.location}` took {result.done} of {len(placed)} "
                f"`{self.memory_type}` records; `{record_id[:80]}`: {failure.message}",
                hint="run the same command again to go on from here",
            )
        return result.done

"""Copies one memory type part by part, with checkpoints; the proof is in `comparison`."""

from __future__ import annotations

from collections import ChainMap, Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from ...backends.exchange import Partition, WriteResult
from ...model.errors import Conflict
from ...model.journal import Checkpoint
from ...model.requests.on_conflict import OnConflict
from ...model.results import TypeCopy
from ..pipeline import read_lanes, work_in_order
from .identity import Standing
from .lookup import InStore
from .refusals import Refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from ...backends.base import Batch, Failure, MemoryBackend
    from ...model.memory_type import MemoryType
    from ...model.progress import Progress
    from ...model.record import MemoryRecord
    from ...model.selector import Selector
    from ..query.rows import Terms
    from .identity import Identity, Placed
    from .lookup import Holders
    from .reembed import Reembedding


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one batch, or of the end of a part.

    Attributes:
        reached: the place after it.
        counted: its records by what was done with them.
        failed: those that the target refused.
    """

    reached: Checkpoint
    counted: Counter[str] = field(default_factory=Counter)
    failed: Mapping[str, Failure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Copying:
    """How one memory type is copied.

    Attributes:
        memory_type: the type.
        selector: the rows of the source that are meant.
        source: where they are read.
        records: how many they are.
        target: where they are written, or would be.
        is_rehearsed: whether nothing is written.
        identity: gives each record its place in the target.
        terms: on what terms.
        progress: is told of every batch.
        reembedding: which records get a vector anew.
        by_rows: records are those of the same row, under whatever id they once had.
    """

    memory_type: MemoryType
    selector: Selector
    source: MemoryBackend
    records: int
    target: MemoryBackend
    is_rehearsed: bool
    identity: Identity
    terms: Terms
    progress: Progress
    reembedding: Reembedding | None = None
    by_rows: bool = False

    def in_target(self, stamp_group: str | None = None) -> InStore:
        """Return the records of the target, to look them up."""
        return InStore(self.target, stamp_group, by_rows=self.by_rows)

    def draw_parts(self) -> list[Partition]:
        """Split what is read into as many parts as the source bears readers."""
        readers = self.source.info.readers
        if readers == 1:
            return [Partition(None, None)]
        return self.source.partitions(self.memory_type, readers)

    def run(
        self,
        parts: Sequence[Checkpoint],
        checkpoint: Callable[[Checkpoint], None],
        counted: Counter[str],
    ) -> TypeCopy:
        """Copy what is left of each part; ``checkpoint`` is told each place once it is safe.

        What is done is added to ``counted``, which is right also where the copy breaks off.

        Several parts are read, and several batches written, at once where the stores bear it. What
        the target refuses keeps no other record from being written; the place of its part stays
        before it.

        Raises:
            Conflict: when one is found and ``on_conflict`` is ``stop``.
            WriteFailed: at the end, when the target has refused records.
        """
        refusals = Refusals(self.target.location, self.memory_type)
        kept_back: set[int] = set()
        copied = {each.part: each.copied for each in parts}
        with closing(self._copy_all(parts)) as batches:
            for _, written in batches:
                part = written.reached.part
                copied[part] += written.counted["written"]
                counted.update(written.counted)
                if written.failed:
                    kept_back.add(part)
                    refusals.add(written.failed)
                if part not in kept_back:
                    checkpoint(replace(written.reached, copied=copied[part]))
                self.progress.advance(written.counted["read"])
                if refusals.are_too_many(counted["written"]):
                    break
        if refusals:
            raise refusals.error(counted["written"])
        return TypeCopy(
            type=self.memory_type,
            read=counted["read"],
            written=counted["written"],
            present=counted["present"],
            skipped=counted["skipped"],
            renamed=counted["renamed"],
            stamped=counted["stamped"],
        )

    def _copy_all(self, parts: Sequence[Checkpoint]) -> Generator[tuple[object, Written]]:
        places = read_lanes([self._read(each) for each in parts], self.source.info.readers)
        writers = 1 if self.is_rehearsed else self.target.info.writers
        return work_in_order(places, self._copy, writers)

    def read_all(self) -> Generator[Batch]:
        """Read all that is meant of the source."""
        parts = [Checkpoint(0, each.until, each.after) for each in self.draw_parts()]
        lanes = [(batch for _, batch in self._read(each) if batch) for each in parts]
        return read_lanes(lanes, self.source.info.readers)

    def place_all(self, holders: Holders) -> Generator[tuple[Batch, list[Placed]]]:
        """Read the source again, and give each record its place among what the target holds."""
        place = self.identity.among(holders).place
        return work_in_order(self.read_all(), place, holders.threads)

    def _read(self, part: Checkpoint) -> Iterator[tuple[Checkpoint, Batch | None]]:
        """Yield each batch with the place after it, and at last the end of the part."""
        batches = self.source.scan(
            self.memory_type,
            self.selector,
            batch_size=self.terms.batch_size,
            after=part.cursor,
            until=part.until,
        )
        for batch in batches:
            part = replace(part, cursor=batch.cursor)
            yield part, batch
        yield replace(part, complete=True), None

    def _copy(self, read: tuple[Checkpoint, Batch | None]) -> Written:
        reached, batch = read
        if batch is None:
            return Written(reached)
        counted: Counter[str] = Counter(read=len(batch.records))
        if self.identity.leaves(batch.records) and not self.terms.skip_without_vectors:
            result = self._upsert(batch.records)
        else:
            placed = self.identity.place(batch)
            result = self._write([each for each in placed if self._is_to_write(each, counted)])
        counted["written"] = result.done
        return Written(reached, counted, result.failed)

    def leaves_behind(self, record: MemoryRecord) -> bool:
        """Return whether a flag allows to leave out the record, which has and gets no vector."""
        if not self.terms.skip_without_vectors or record.embedding is not None:
            return False
        return self.reembedding is None or not self.reembedding.is_due(record)

    def _is_to_write(self, placed: Placed, counted: Counter[str]) -> bool:
        if self.leaves_behind(placed.record):
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
        if self.terms.on_conflict is OnConflict.STOP:
            raise Conflict(
                f"the target holds another `{self.memory_type}` record `{record.id[:80]}` of crew "
                f"`{record.crew_id or '-'}` in group `{record.group_id or '-'}`",
                hint="keep the target's with `--on-conflict skip`, or replace it with "
                "`--on-conflict overwrite`",
            )
        counted["skipped"] += self.terms.on_conflict is OnConflict.SKIP
        return self.terms.on_conflict is OnConflict.OVERWRITE

    def _write(self, placed: list[Placed]) -> WriteResult:
        records = [each.named or each.record for each in placed if each.made is None]
        due = [each.named or each.record for each in placed if each.made is not None]
        if self.reembedding is None:
            return self._upsert(records)
        if self.is_rehearsed:
            self.reembedding.tally.add(due)
            return WriteResult(len(placed))
        # What was embedded is written at once: a failure after it costs none of it again.
        results = [self._upsert(some) for some in chain([records], self.reembedding.embed(due))]
        failed = dict(ChainMap(*(each.failed for each in results)))
        return WriteResult(sum(each.done for each in results), failed)

    def _upsert(self, records: Sequence[MemoryRecord]) -> WriteResult:
        if self.is_rehearsed or not records:
            return WriteResult(len(records))
        return self.target.upsert(self.memory_type, records)

"""Deletes the rows of one memory type, and counts what came of it; plans and journals nothing."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from ...model.errors import WriteFailed
from ..transfer.identity import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...backends.base import Batch, MemoryBackend
    from ...model.memory_type import MemoryType
    from ...model.progress import Progress
    from ...model.selector import Selector
    from ..transfer.identity import Identity

_MOST_ROUNDS: Final = 5
"""Of counting and deleting again: whoever keeps writing is not to keep memctl busy for ever."""


class DeleteType:
    """Delete the rows of one memory type that a selector means.

    Args:
        backend: the store, open for writing.
        memory_type: the type.
        selector: the rows that are meant, of this type.
        kept: finds rows in the backup; `None` where there is none.
        batch_size: records per batch.
        progress: is told of every batch.

    Attributes:
        left: how many rows are meant by now; `None` until `count` has counted them.
        returned: how many of them the store had been told to delete.
    """

    def __init__(
        self,
        backend: MemoryBackend,
        memory_type: MemoryType,
        selector: Selector,
        *,
        kept: Identity | None,
        batch_size: int,
        progress: Progress,
    ) -> None:
        self.name = f"delete {memory_type}"
        self.memory_type = memory_type
        self.left: int | None = None
        self.returned = 0
        self._backend = backend
        self._selector = selector
        self._kept = kept
        self._batch_size = batch_size
        self._progress = progress
        self._acknowledged = 0
        self._unanswered = 0
        self._told = array("q")  # of each id that the store was told to delete, its hash

    @property
    def deleted(self) -> int:
        """How many rows are gone; until they are counted, how many the store says are."""
        if self.left is None:
            return self._acknowledged
        return max(0, self._acknowledged + self._unanswered - self.returned)

    def find(self) -> bool:
        """Return whether nothing is left to delete."""
        return self._backend.count(self._selector) == 0

    def do(self) -> None:
        """Delete batch by batch, until a count finds nothing or a round could delete nothing.

        Raises:
            WriteFailed: when the store refuses.
        """
        for _ in range(_MOST_ROUNDS):
            before, told = self._acknowledged, frozenset(self._told)
            for batch in self._batches():
                self._delete(batch, told)
            if self._acknowledged == before or self.find():
                return

    def undo(self) -> None:
        """Leave it: `memctl restore` brings back what the backup holds."""

    def count(self, backend: MemoryBackend) -> None:
        """Count what is left, and with it what is gone, whatever the store has said of that.

        A batch may have broken off in its midst, and a store that is damaged may take a deletion
        and keep the row.

        Args:
            backend: the store, open for reading at least.
        """
        left, returned = backend.count(self._selector), 0
        if left and self._told:
            told = frozenset(self._told)
            found = backend.scan(self.memory_type, self._selector, with_embeddings=False)
            returned = sum(hash(each.id) in told for batch in found for each in batch.records)
        self.left, self.returned = left, returned

    def _batches(self) -> Iterator[Batch]:
        """Read a batch at a time: no reader stays open while the store is written."""
        cursor: str | None = None
        while True:
            scan = self._backend.scan(
                self.memory_type,
                self._selector,
                batch_size=self._batch_size,
                after=cursor,
                with_embeddings=self._kept is not None,
            )
            batch = next(scan, None)
            if batch is None:
                return
            yield batch
            cursor = batch.cursor

    def _delete(self, batch: Batch, told: frozenset[int]) -> None:
        """Delete a batch; rows that an earlier round has deleted already count once."""
        ids = self._deletable(batch)
        if not ids:
            return
        new = [each for each in map(hash, ids) if each not in told]
        self._told.extend(new)
        self._unanswered = len(new)
        result = self._backend.delete(self.memory_type, ids, self._selector)
        done = max(0, result.done - (len(ids) - len(new)))
        self._acknowledged += done
        self._unanswered = len(result.failed)
        self._progress.advance(done)
        for record_id, failure in result.failed.items():
            raise WriteFailed(
                f"`{self._backend.location}` did not delete the `{self.memory_type}` record "
                f"`{record_id[:80]}`: {failure.message}"
            )

    def _deletable(self, batch: Batch) -> list[str]:
        """Leave out rows that the backup does not hold as they are now."""
        if self._kept is None:
            return [record.id for record in batch.records]
        placed = self._kept.place(batch)
        return [
            record.id
            for record, each in zip(batch.records, placed, strict=True)
            if each.standing is Standing.SAME
        ]

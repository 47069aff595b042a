"""A store that renames records as the laws see it: under the ids that they were written by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..backends.base import Batch, Hit, WriteResult
from ..model.selector import EVERYTHING, Selector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..backends.base import MemoryBackend
    from ..model.memory_type import MemoryType
    from ..model.record import MemoryRecord


class AsWritten:
    """A connection to a store that renames; it trusts what the store says of that.

    An id that the store renamed and did not say so is one that no law finds again.

    Args:
        backend: the connection.
        rows: what the store calls the row of an id, as far as it has said so.
    """

    def __init__(
        self, backend: MemoryBackend, rows: dict[tuple[MemoryType, str], str] | None = None
    ) -> None:
        self.connection = backend
        self._rows = {} if rows is None else rows

    def __getattr__(self, name: str) -> Any:
        """Return whatever has nothing to do with ids from the connection itself."""
        return getattr(self.connection, name)

    def over(self, backend: MemoryBackend) -> AsWritten:
        """Return another connection to the same store."""
        return AsWritten(backend, self._rows)

    def upsert(self, memory_type: MemoryType, records: Sequence[MemoryRecord]) -> WriteResult:
        """Write records, each to the row that it had before."""
        written = {self._row(memory_type, each.id): each.id for each in records}
        sent = [replace(each, id=self._row(memory_type, each.id)) for each in records]
        result = self.connection.upsert(memory_type, sent)
        assert result.renamed.keys() <= written.keys() - result.failed.keys()
        renamed = {written[each]: row_id for each, row_id in result.renamed.items()}
        self._rows |= {(memory_type, each): row_id for each, row_id in renamed.items()}
        failed = {written[each]: why for each, why in result.failed.items()}
        return WriteResult(result.done, failed, renamed)

    def delete(
        self, memory_type: MemoryType, ids: Sequence[str], selector: Selector = EVERYTHING
    ) -> WriteResult:
        """Delete the rows of ids."""
        rows = [self._row(memory_type, each) for each in ids]
        return self.connection.delete(memory_type, rows, self._by_rows(selector))

    def scan(
        self, memory_type: MemoryType, selector: Selector = EVERYTHING, **options: Any
    ) -> Iterator[Batch]:
        """Read records."""
        for batch in self.connection.scan(memory_type, self._by_rows(selector), **options):
            yield Batch(batch.collection, [*map(self._as_written, batch.records)], batch.cursor)

    def owners(
        self, memory_type: MemoryType, ids: Sequence[str]
    ) -> dict[str, tuple[str | None, str | None]]:
        """Return the owners of ids."""
        found = self.connection.owners(memory_type, [self._row(memory_type, each) for each in ids])
        return {self._id(memory_type, each): owner for each, owner in found.items()}

    def count(self, selector: Selector = EVERYTHING) -> int:
        """Count records."""
        return self.connection.count(self._by_rows(selector))

    def search(self, memory_type: MemoryType, *given: Any, **options: Any) -> list[Hit]:
        """Find the nearest records."""
        if "selector" in options:
            options["selector"] = self._by_rows(options["selector"])
        hits = self.connection.search(memory_type, *given, **options)
        return [Hit(self._as_written(each.record), each.metric, each.score) for each in hits]

    def _row(self, memory_type: MemoryType, record_id: str) -> str:
        return self._rows.get((memory_type, record_id), record_id)

    def _id(self, memory_type: MemoryType, row_id: str) -> str:
        written = (
            id_ for (kind, id_), row in self._rows.items() if (kind, row) == (memory_type, row_id)
        )
        return next(written, row_id)

    def _as_written(self, record: MemoryRecord) -> MemoryRecord:
        return replace(record, id=self._id(record.type, record.id))

    def _by_rows(self, selector: Selector) -> Selector:
        if selector.ids is None:
            return selector
        rows = {row for (_, id_), row in self._rows.items() if id_ in selector.ids}
        return replace(selector, ids=selector.ids | rows)

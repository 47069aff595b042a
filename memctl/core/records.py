"""Lists records, and finds one by its id; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from ..model.errors import AnswerIsNo
from ..model.results import RecordResult, RecordsResult
from .connect import connect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..model.memory_type import MemoryType
    from ..model.record import MemoryRecord
    from ..model.selector import Selector
    from .connect import Connection
    from .selection import StoreRequest


class RecordNotFound(AnswerIsNo):
    """No record of that id is there."""

    code = "record_not_found"


@dataclass(frozen=True, slots=True)
class RecordsOrder:
    """Which records are to be read.

    Attributes:
        crew_id: only this crew's.
        types: only of these types; empty means all.
        include_unscoped: also rows without a group.
        limit: at most so many.
        with_embeddings: also their vectors.
    """

    crew_id: str | None = None
    types: frozenset[MemoryType] = frozenset()
    include_unscoped: bool = False
    limit: int | None = None
    with_embeddings: bool = False


def list_records(request: StoreRequest, order: RecordsOrder) -> RecordsResult:
    """List the records that are meant, at most as many as asked for, and count them all."""
    with connect(request, only_looks=True) as connection:
        return RecordsResult(
            **connection.used.named,
            records=list(_read(connection, order)),
            total=connection.backend.count(_selector(connection, order)),
            with_embeddings=order.with_embeddings,
        )


def stream_records(request: StoreRequest, order: RecordsOrder) -> Iterator[MemoryRecord]:
    """Give the records that are meant one after the other; memory is that of one batch."""
    with connect(request, only_looks=True) as connection:
        yield from _read(connection, order)


def show_record(
    request: StoreRequest,
    record_id: str,
    *,
    types: Iterable[MemoryType] = (),
    include_unscoped: bool = False,
) -> RecordResult:
    """Find one record by its id, in the first memory type that has it.

    Raises:
        RecordNotFound: when no record of the group in force has that id.
    """
    with connect(request, only_looks=True) as connection:
        scope = connection.selector(types=types, include_unscoped=include_unscoped)
        selector = replace(scope, ids=frozenset({record_id}))
        for memory_type in connection.backend.types():
            if not selector.wants(memory_type):
                continue
            for batch in connection.backend.scan(memory_type, selector):
                for record in batch.records:
                    return RecordResult(
                        **connection.used.named,
                        record=record,
                        collection=batch.collection,
                    )
        raise RecordNotFound(
            f"no record `{record_id[:80]}` in `{connection.backend.location}`",
            hint="run `memctl records list` to see which there are",
        )


def _selector(connection: Connection, order: RecordsOrder) -> Selector:
    return connection.selector(
        crew_id=order.crew_id, types=order.types, include_unscoped=order.include_unscoped
    )


def _read(connection: Connection, order: RecordsOrder) -> Iterator[MemoryRecord]:
    selector = _selector(connection, order)
    records = (
        record
        for memory_type in connection.backend.types()
        if selector.wants(memory_type)
        for batch in connection.backend.scan(
            memory_type, selector, with_embeddings=order.with_embeddings
        )
        for record in batch.records
    )
    return islice(records, order.limit)

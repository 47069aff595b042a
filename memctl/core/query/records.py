"""Lists records, and finds one by its id; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from ...model.errors import AnswerIsNo
from ...model.results import RecordResult, RecordsResult
from ..connect import connect
from .rows import EVERY_ROW, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model.record import MemoryRecord
    from ..connect import Connection
    from ..selection import StoreRequest


class RecordNotFound(AnswerIsNo):
    """No record of that id is there."""

    code = "record_not_found"


@dataclass(frozen=True, slots=True)
class RecordsOrder:
    """Which records are to be read.

    Attributes:
        rows: the records that are asked for.
        limit: at most so many.
        with_embeddings: also their vectors.
    """

    rows: Rows = EVERY_ROW
    limit: int | None = None
    with_embeddings: bool = False


def list_records(request: StoreRequest, order: RecordsOrder) -> RecordsResult:
    """List the records that are meant, at most as many as asked for, and count them all."""
    with connect(request, only_looks=True) as connection:
        return RecordsResult(
            **connection.used.named,
            records=list(_read(connection, order)),
            total=connection.backend.count(connection.selector(order.rows)),
            with_embeddings=order.with_embeddings,
        )


def stream_records(request: StoreRequest, order: RecordsOrder) -> Iterator[MemoryRecord]:
    """Return the records that are meant one after the other; memory is that of one batch."""
    with connect(request, only_looks=True) as connection:
        yield from _read(connection, order)


def show_record(request: StoreRequest, record_id: str, rows: Rows = EVERY_ROW) -> RecordResult:
    """Find one record by its id, in the first memory type that has it among what is asked for.

    Raises:
        RecordNotFound: when no record of the group in force has that id.
    """
    with connect(request, only_looks=True) as connection:
        record, collection = find_record(connection, record_id, rows)
        return RecordResult(**connection.used.named, record=record, collection=collection)


def find_record(connection: Connection, record_id: str, rows: Rows) -> tuple[MemoryRecord, str]:
    """Return the first record of an id among what is asked for, and its collection.

    Raises:
        RecordNotFound: when there is none.
    """
    for batch in connection.read(replace(rows, ids=frozenset({record_id}))):
        for record in batch.records:
            return record, batch.collection
    raise RecordNotFound(
        f"no record `{record_id[:80]}` in `{connection.backend.location}`",
        hint="run `memctl records list` to see which there are",
    )


def _read(connection: Connection, order: RecordsOrder) -> Iterator[MemoryRecord]:
    batches = connection.read(order.rows, with_embeddings=order.with_embeddings)
    return islice((record for batch in batches for record in batch.records), order.limit)

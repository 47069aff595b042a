"""The operations that a store has queued but not yet compacted into its tables and its index.

Chroma writes every operation to `embeddings_queue` first. Two readers take it from there, each with
its own mark in `max_seq_id`: the metadata segment, nearly always at once, and the vector segment,
after a thousand operations or so. Vectors stay where they are; only who has one is kept here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ...model.bounded import parse_json
from ..translate import as_text, damaged, parsing
from .rows import DOCUMENT_KEY, find_rows, parse_time

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from datetime import datetime

    from ..opening import Database
    from .catalog import StoredCollection

_ADD, _UPDATE, _UPSERT, _DELETE = range(4)
_SEQ_ID_BYTES: Final = (8, 24)
_LARGEST_INT: Final = 2**63


@dataclass(slots=True)
class RowChange:
    """What the queue makes of one row.

    Attributes:
        seq_id: of the operation that made the row anew; 0 when it changes a row of the table.
        created_at: when the first operation that changes it was queued.
        is_alive: whether the row is there in the end.
        patch: metadata keys that get a value, or with `None` go.
    """

    seq_id: int
    created_at: datetime
    is_alive: bool = True
    patch: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowLayer:
    """What the queue says of rows that the table does not know yet.

    Attributes:
        hidden: integer ids of rows in the table that are deleted, or replaced by a fresh one.
        patched: integer ids of rows in the table whose metadata changes, and how.
        fresh: id and content of rows that exist in the queue only, in the order of their making.
    """

    hidden: frozenset[int] = frozenset()
    patched: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    fresh: Mapping[str, RowChange] = field(default_factory=dict)

    @property
    def growth(self) -> int:
        """How many rows more there are than in the table."""
        return len(self.fresh) - len(self.hidden)


NO_CHANGES: Final = RowLayer()


def read_mark(database: Database, segment: str) -> int | None:
    """Return the last operation that a segment holds, or `None` when it holds none.

    Up to chromadb 0.6 the number is a blob of 8 or 24 bytes, the highest first.

    Raises:
        DamagedStore: when it is neither a number nor such a blob.
    """
    rows = database.rows("SELECT seq_id FROM max_seq_id WHERE segment_id = ?", (segment,))
    if not rows:
        return None
    value = rows[0][0]
    if isinstance(value, bytes) and len(value) in _SEQ_ID_BYTES:
        value = int.from_bytes(value, "big")
    if not isinstance(value, int) or value >= _LARGEST_INT:
        raise damaged(database.file, f"segment `{segment}` has no number in `max_seq_id`")
    return value


def last_operation(database: Database, collection: StoredCollection) -> int:
    """Return the number of the last operation on a collection; numbers only ever grow."""
    mark = read_mark(database, collection.metadata_segment) or 0
    return _queued(database, "MAX(seq_id)", collection, mark)[0][0] or mark


def count_pending(database: Database, collection: StoredCollection, mark: int) -> int:
    """Return how many operations of the collection come after the mark."""
    return int(_queued(database, "COUNT(*)", collection, mark)[0][0])


def _queued(
    database: Database, columns: str, collection: StoredCollection, mark: int
) -> list[tuple[Any, ...]]:
    """Return columns of the operations of the collection after the mark, in their order."""
    return database.rows(
        f"SELECT {columns} FROM embeddings_queue"  # noqa: S608 - names from this module
        " WHERE seq_id > ? AND topic LIKE ? ORDER BY seq_id",
        (mark, collection.topic_pattern),
    )


def read_row_layer(database: Database, collection: StoredCollection) -> RowLayer:
    """Return what the operations that the metadata segment lacks change in its rows.

    Raises:
        DamagedStore: when an operation can't be read.
    """
    mark = read_mark(database, collection.metadata_segment) or 0
    columns = "seq_id, operation, id, metadata, created_at"
    operations = _queued(database, columns, collection, mark)
    if not operations:
        return NO_CHANGES
    known = find_rows(database, collection, {operation[2] for operation in operations})
    changes: dict[str, RowChange] = {}
    with parsing(database.file, f"an operation queued for `{collection.name}` can't be read"):
        for seq_id, operation, record_id, text, created_at in operations:
            change = changes.get(record_id)
            exists = change.is_alive if change else record_id in known
            if not _has_effect(operation, exists=exists):
                continue
            if change is None or not exists:
                change = RowChange(0 if exists else seq_id, parse_time(created_at))
                changes[as_text(record_id)] = change
            change.is_alive = operation != _DELETE
            change.patch.update(_patch(text))
    return _layer(changes, known)


def _has_effect(operation: int, *, exists: bool) -> bool:
    """Return whether Chroma heeds it: it adds only what is new, changes only what is there."""
    if operation not in (_ADD, _UPDATE, _UPSERT, _DELETE):
        raise ValueError("an unknown operation")
    return operation == _UPSERT or exists == (operation != _ADD)


def _layer(changes: dict[str, RowChange], known: Mapping[str, int]) -> RowLayer:
    hidden, patched, fresh = set(), {}, {}
    for record_id, change in changes.items():
        if change.seq_id and change.is_alive:
            fresh[record_id] = change
        if record_id in known:
            if change.seq_id or not change.is_alive:
                hidden.add(known[record_id])
            else:
                patched[known[record_id]] = change.patch
    ordered = sorted(fresh.items(), key=lambda item: item[1].seq_id)
    return RowLayer(frozenset(hidden), patched, dict(ordered))


def _patch(text: str | None) -> dict[str, Any]:
    values = parse_json(text) if text else {}
    as_text(values.get(DOCUMENT_KEY) or "")
    return {key: _as_stored(value) for key, value in values.items()}


def _as_stored(value: Any) -> Any:
    """Return a metadata value as it will be once it is in the table."""
    if isinstance(value, list):
        return [_as_stored(each) for each in value]
    if value is not None and not isinstance(value, str | int | float):
        raise TypeError("a metadata value that is none of Chroma's")
    if isinstance(value, float) and math.isnan(value):
        return None
    if type(value) is int and not -_LARGEST_INT <= value < _LARGEST_INT:
        return float(value)
    return value


def read_vector_layer(
    database: Database, collection: StoredCollection, mark: int, indexed: Container[str]
) -> dict[str, int | None]:
    """Return what the operations that the vector segment lacks change in its index.

    Returns:
        For each id that they touch, the operation that holds its vector, or `None` once deleted.

    Raises:
        DamagedStore: when an operation can't be read.
    """
    layer: dict[str, int | None] = {}
    columns = "seq_id, operation, id, vector IS NOT NULL"
    operations = _queued(database, columns, collection, mark)
    with parsing(database.file, f"an operation queued for `{collection.name}` can't be read"):
        for seq_id, operation, record_id, has_vector in operations:
            exists = layer[record_id] is not None if record_id in layer else record_id in indexed
            if _has_effect(operation, exists=exists):
                if operation == _DELETE:
                    layer[record_id] = None
                elif has_vector:
                    layer[record_id] = seq_id
    return layer

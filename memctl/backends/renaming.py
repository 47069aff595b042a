"""Other ids for records whose own a store can't hold; their metadata keep those they had."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from ..model.canonical import canonical_json
from ..model.record import ORIGIN_KEY
from .exchange import WriteResult
from .holding import HeldIds

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ..model.record import MemoryRecord
    from .exchange import Failure

_NAMESPACE: Final = UUID("5d1a7c52-3f0e-5b7d-9c64-2a8b1e6f4d37")


def renamed(record: MemoryRecord, row_id: str, collection: str | None = None) -> MemoryRecord:
    """Return a record under an id that a store can hold; its metadata keep its own id.

    Args:
        record: it.
        row_id: the id.
        collection: the collection that it comes from, where that is known.
    """
    origin: dict[str, Any] = {"id": record.id}
    if collection is not None:
        origin["collection"] = collection
    if ORIGIN_KEY in record.metadata:
        origin["origin"] = record.metadata[ORIGIN_KEY]
    return replace(record, id=row_id, metadata={**record.metadata, ORIGIN_KEY: origin})


def before_renaming(record: MemoryRecord) -> MemoryRecord:
    """Return the record that `renamed` was given; another one as it is."""
    if not is_renamed(record):
        return record
    origin = record.metadata[ORIGIN_KEY]
    metadata = {key: value for key, value in record.metadata.items() if key != ORIGIN_KEY}
    if "origin" in origin:
        metadata[ORIGIN_KEY] = origin["origin"]
    return replace(record, id=origin["id"], metadata=metadata)


def is_renamed(record: MemoryRecord) -> bool:
    """Return whether a record's metadata keep another id of it."""
    origin = record.metadata.get(ORIGIN_KEY)
    return isinstance(origin, dict) and isinstance(origin.get("id"), str)


def with_held_ids(
    records: Sequence[MemoryRecord], ids: HeldIds
) -> tuple[Sequence[MemoryRecord], dict[str, str]]:
    """Return records with UUIDs for ids where a store wants them, and those asked for by these."""
    asked: dict[str, str] = {}
    if ids is not HeldIds.UUID:
        return records, asked
    held: list[MemoryRecord] = []
    for record in records:
        if ids.holds(record.id):
            held.append(record)
            continue
        name = canonical_json([record.type, record.id]).encode("utf-8", "surrogatepass").hex()
        row_id = str(uuid5(_NAMESPACE, name))
        asked[row_id] = record.id
        held.append(renamed(record, row_id))
    return held if asked else records, asked


def with_noted_ids(
    records: Sequence[MemoryRecord], known: Collection[str], ids: HeldIds
) -> Sequence[MemoryRecord]:
    """Return records whose metadata keep their ids where a store gives new rows its own.

    Args:
        records: the records.
        known: the ids among theirs that the store's rows have.
        ids: which ids the store holds.
    """
    if ids is not HeldIds.OWN:
        return records
    return [
        each if each.id in known or is_renamed(each) else renamed(each, each.id) for each in records
    ]


def by_asked_ids(
    written: WriteResult, failed: Mapping[str, Failure], asked: Mapping[str, str]
) -> WriteResult:
    """Return what became of records by the ids that were asked for.

    Args:
        written: what the store has said of those that were written.
        failed: those that were not tried.
        asked: as `with_held_ids` returns them.
    """
    reasons = {asked.get(row, row): why for row, why in {**failed, **written.failed}.items()}
    given = {wanted: row for row, wanted in asked.items() if wanted not in reasons}
    return WriteResult(written.done, reasons, given | written.renamed)

"""Under which id and owner a record stands in the target; not whether it is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from ...model.canonical import canonical_json
from ...model.record import ORIGIN_KEY, same_record
from ...model.selector import Selector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...backends.base import Batch, MemoryBackend
    from ...model.record import MemoryRecord

_NAMESPACE = UUID("8e0c3f5a-6d0b-5f6e-9a2f-3c1d7e4b9a60")


class Standing(StrEnum):
    """How a record stands to what the target holds."""

    NEW = "new"
    SAME = "same"
    CONFLICT = "conflict"
    """The target holds other content under the same id and owner."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A source's record as it should stand in the target.

    Attributes:
        record: with the id and group that it has there.
        held: what the target holds under that id, if anything.
        is_renamed: whether it got a new id.
        is_stamped: whether it got the target's group.
    """

    record: MemoryRecord
    held: MemoryRecord | None
    is_renamed: bool
    is_stamped: bool

    @property
    def standing(self) -> Standing:
        """Compare with what the target holds."""
        if self.held is None:
            return Standing.NEW
        return Standing.SAME if same_record(self.record, self.held) else Standing.CONFLICT


class Identity:
    """DESIGN's rule on ids, for one memory type of one copy.

    Args:
        target: the store that records are placed in; `None` where it is known to hold none of them.
        stamp_group: the group that rows without one get, or `None`.
        mark_origin: note the source's collection, because the type has several there.
    """

    def __init__(
        self, target: MemoryBackend | None, *, stamp_group: str | None, mark_origin: bool
    ) -> None:
        self._target = target
        self._stamp_group = stamp_group
        self._mark_origin = mark_origin

    def place(self, batch: Batch) -> list[Placed]:
        """Give each record of a batch its place; looks up what the target holds, writes nothing."""
        copies = [self._stamped(record, batch.collection) for record in batch.records]
        stamped = [
            copy.group_id != record.group_id
            for copy, record in zip(copies, batch.records, strict=True)
        ]
        if self._target is None:
            return [
                Placed(copy, None, False, is_) for copy, is_ in zip(copies, stamped, strict=True)
            ]
        other_ids = [_other_id(copy, batch.collection) for copy in copies]
        held = self._look_up(copies, other_ids)
        return [
            _choose(copy, other_id, held, batch.collection, is_stamped=is_)
            for copy, other_id, is_ in zip(copies, other_ids, stamped, strict=True)
        ]

    def _look_up(
        self, copies: Sequence[MemoryRecord], other_ids: Sequence[str]
    ) -> dict[str, MemoryRecord]:
        if self._target is None or not copies:
            return {}
        ids = frozenset([*(copy.id for copy in copies), *other_ids])
        found = self._target.scan(copies[0].type, Selector(ids=ids))
        return {record.id: record for batch in found for record in batch.records}

    def _stamped(self, record: MemoryRecord, collection: str) -> MemoryRecord:
        group = record.group_id if record.group_id is not None else self._stamp_group
        metadata = record.metadata
        if self._mark_origin and ORIGIN_KEY not in metadata:
            metadata = {**metadata, ORIGIN_KEY: {"collection": collection}}
        if group == record.group_id and metadata is record.metadata:
            return record
        return replace(record, group_id=group, metadata=metadata)


def _choose(
    copy: MemoryRecord,
    other_id: str,
    held: dict[str, MemoryRecord],
    collection: str,
    *,
    is_stamped: bool,
) -> Placed:
    """Keep the id unless another owner holds it, or an earlier run found that one did."""
    holder = held.get(copy.id)
    is_free = holder is None or _same_owner(copy, holder)
    if is_free and other_id not in held:
        return Placed(copy, holder, is_renamed=False, is_stamped=is_stamped)
    origin = {"collection": collection, "id": copy.id}
    renamed = replace(copy, id=other_id, metadata={**copy.metadata, ORIGIN_KEY: origin})
    return Placed(renamed, held.get(other_id), is_renamed=True, is_stamped=is_stamped)


def _other_id(copy: MemoryRecord, collection: str) -> str:
    """Give the id that follows from a record's owner and where it came from."""
    name = canonical_json([copy.group_id, copy.crew_id, copy.type, collection, copy.id])
    return str(uuid5(_NAMESPACE, name.encode("utf-8", "surrogatepass").hex()))


def _same_owner(copy: MemoryRecord, holder: MemoryRecord) -> bool:
    """Compare group, crew and, where both know it, the collection that they came from."""
    if (copy.group_id, copy.crew_id) != (holder.group_id, holder.crew_id):
        return False
    ours, theirs = _origin_collection(copy), _origin_collection(holder)
    return ours is None or theirs is None or ours == theirs


def _origin_collection(record: MemoryRecord) -> str | None:
    origin = record.metadata.get(ORIGIN_KEY)
    return origin.get("collection") if isinstance(origin, dict) else None

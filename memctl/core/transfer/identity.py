"""Under which id and owner a record stands in the target."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID, uuid5

from ...backends.holding import HeldIds
from ...backends.renaming import before_renaming, is_renamed, renamed
from ...model.canonical import canonical_json
from ...model.own_type import kept_as, own_type
from ...model.record import ORIGIN_KEY, as_unit_vector
from ...model.records import column_of
from .lookup import marks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...backends.base import Batch
    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from .lookup import Holder, Holders, Holding
    from .reembed import Reembedding

_NAMESPACE = UUID("8e0c3f5a-6d0b-5f6e-9a2f-3c1d7e4b9a60")


class Standing(StrEnum):
    """How a record stands to what the target holds."""

    NEW = "new"
    SAME = "same"
    CONFLICT = "conflict"
    """The target holds other content under the same id and owner."""


class Placed(NamedTuple):
    """A source's record as it should stand in the target.

    Attributes:
        record: with the id and group that it has there.
        held: what the target holds in its place, if anything.
        standing: how it stands to that.
        is_renamed: whether it got a new id.
        is_stamped: whether it got the target's group.
        made: the dimension of the vector that is made for it anew, if one is.
        named: the record as it is written, where the target can't hold its id.
    """

    record: MemoryRecord
    held: Holder | None
    standing: Standing
    is_renamed: bool
    is_stamped: bool
    made: int | None = None
    named: MemoryRecord | None = None

    def beside(self, held: Holder | None) -> Placed:
        """Return the same place, compared with what was looked up for it."""
        return self._replace(held=held, standing=_standing(self.record, held, self.made))


class Identity:
    """DESIGN's rule on ids, for one memory type of one copy.

    Args:
        holders: what the target holds; `None` where it is known to hold none of the type.
        stamp_group: the group that rows without one get, or `None`.
        mark_origin: note the source's collection, because the type has several there.
        arrange: places a record as the target's settings say, `None` where they don't.
        is_normalizing: make unit vectors of those that are copied.
        reembedding: which records get a vector anew.
        written_as: the type that records become, `None` where they keep theirs.
        ids: which ids the target can hold.
        gives_back_ids: of records that a store renamed, the id that they had before is meant.
        by_rows: records are those of the same row, under whatever id they once had.
    """

    def __init__(
        self,
        holders: Holders | None,
        *,
        stamp_group: str | None,
        mark_origin: bool,
        arrange: Callable[[MemoryRecord], MemoryRecord] | None,
        is_normalizing: bool = False,
        reembedding: Reembedding | None = None,
        written_as: MemoryType | None = None,
        ids: HeldIds = HeldIds.ANY,
        gives_back_ids: bool = False,
        by_rows: bool = False,
    ) -> None:
        self._by_rows = by_rows
        self._ids = ids
        self._gives_back_ids = gives_back_ids
        self._holders = holders
        self._reembedding = reembedding
        self._arrange = arrange
        self._is_normalizing = is_normalizing
        self._stamp_group = stamp_group
        self._mark_origin = mark_origin
        self._written_as = written_as

    def among(self, holders: Holders) -> Identity:
        """Return the same rule for what is looked up elsewhere."""
        return Identity(
            holders,
            stamp_group=self._stamp_group,
            mark_origin=self._mark_origin,
            arrange=self._arrange,
            is_normalizing=self._is_normalizing,
            reembedding=self._reembedding,
            written_as=self._written_as,
            ids=self._ids,
            gives_back_ids=self._gives_back_ids,
            by_rows=self._by_rows,
        )

    def leaves(self, records: Sequence[MemoryRecord]) -> bool:
        """Return whether each of these is new to the target and copied as it is."""
        if self._holders or self._reembedding or self._written_as:
            return False
        if self._mark_origin or self._is_normalizing or self._arrange is not None:
            return False
        if self._gives_back_ids or self._ids is not HeldIds.ANY:
            return False
        return self._stamp_group is None or None not in column_of(records, "group_id")

    def as_copied(self, record: MemoryRecord, collection: str) -> MemoryRecord:
        """Return a record with the group, origin and form that its copy has."""
        if self._gives_back_ids:
            record = before_renaming(record)
        group = record.group_id if record.group_id is not None else self._stamp_group
        metadata = record.metadata
        if self._mark_origin and ORIGIN_KEY not in metadata:
            metadata = {**metadata, ORIGIN_KEY: {"collection": collection}}
        if group != record.group_id or metadata is not record.metadata:
            record = replace(record, group_id=group, metadata=metadata)
        if self._written_as is not None:
            record = kept_as(record, self._written_as)
        arranged = record if self._arrange is None else self._arrange(record)
        return as_unit_vector(arranged) if self._is_normalizing else arranged

    def place(self, batch: Batch) -> list[Placed]:
        """Return the place of each record of a batch; looks up what the target holds."""
        drafts = [self._draft(record, batch.collection) for record in batch.records]
        if self._ids is not HeldIds.ANY:
            return self._place_by_origin(drafts, batch.collection)
        if self._holders is None:
            return drafts
        other_ids = [_other_id(draft.record, batch.collection) for draft in drafts]
        holding = self._look_up([draft.record for draft in drafts], other_ids)
        return [
            _choose(draft, other_id, holding, batch.collection)
            for draft, other_id in zip(drafts, other_ids, strict=True)
        ]

    def _place_by_origin(self, drafts: Sequence[Placed], collection: str) -> list[Placed]:
        """Place records in a target that can't hold every id, by the ids that they had before."""
        holding = self._look_up([draft.record for draft in drafts], [])
        placed: list[Placed] = []
        for draft in drafts:
            holders = holding.get(draft.record.id, [])
            own = [each for each in holders if _is_owner(each, draft.record)]
            same = [each for each in own if each.is_same(draft.record, draft.made)]
            beside = draft.beside(next(iter(same or own), None))
            placed.append(self._named(beside, collection, is_taken=bool(holders)))
        return placed

    def _named(self, placed: Placed, collection: str, *, is_taken: bool) -> Placed:
        """Return a place with the record as it is written: under its row's id, or a new one."""
        copy, held = placed.record, placed.held
        if held is not None:
            row_id = held.row or copy.id
        elif is_taken or not self._ids.holds(copy.id) or (is_renamed(copy) and not self._by_rows):
            row_id = _other_id(copy, collection)
        else:
            row_id = copy.id
        if row_id == copy.id:
            return placed
        return placed._replace(named=renamed(copy, row_id, collection), is_renamed=True)

    def _draft(self, record: MemoryRecord, collection: str) -> Placed:
        """Return the record its place where the target holds nothing."""
        made, stripped = None, record
        if self._reembedding is not None:
            stripped = self._reembedding.stripped(record)
            if self._reembedding.is_due(stripped):
                made = self._reembedding.embedding.dimension
        copy = self.as_copied(stripped, collection)
        is_stamped = copy.group_id != record.group_id
        return Placed(copy, None, Standing.NEW, False, is_stamped, made)

    def _look_up(self, copies: Sequence[MemoryRecord], other_ids: Sequence[str]) -> Holding:
        if self._holders is None or not copies:
            return {}
        return self._holders.find(copies[0].type, {*(copy.id for copy in copies), *other_ids})


def _choose(draft: Placed, other_id: str, holding: Holding, collection: str) -> Placed:
    """Keep the id unless another owner holds it, or an earlier run found that one did."""
    copy = draft.record
    holders, others = holding.get(copy.id, []), holding.get(other_id, [])
    own = [each for each in holders if _is_owner(each, copy)]
    if (own or not holders) and not others:
        # In several collections of the target the same owner may have the id more than once.
        same = [each for each in own if len(own) > 1 and each.is_same(copy, draft.made)]
        return draft.beside(next(iter(same or own), None))
    origin = {"collection": collection, "id": copy.id}
    renamed = replace(copy, id=other_id, metadata={**copy.metadata, ORIGIN_KEY: origin})
    moved = draft._replace(record=renamed, is_renamed=True)
    return moved.beside(others[0] if others else None)


def _standing(record: MemoryRecord, held: Holder | None, made: int | None) -> Standing:
    if held is None:
        return Standing.NEW
    return Standing.SAME if held.is_same(record, made) else Standing.CONFLICT


def _other_id(copy: MemoryRecord, collection: str) -> str:
    """Return the id that follows from a record's owner and where it came from."""
    name = canonical_json([copy.group_id, copy.crew_id, own_type(copy), collection, copy.id])
    return str(uuid5(_NAMESPACE, name.encode("utf-8", "surrogatepass").hex()))


def _is_owner(holder: Holder, copy: MemoryRecord) -> bool:
    """Compare group, crew, type and, where both know it, the collection that they came from."""
    owner, ours, own = marks(copy)
    if (holder.owner, holder.type) != (owner, own):
        return False
    return ours is None or holder.origin is None or ours == holder.origin

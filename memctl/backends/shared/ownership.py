"""Which records may be written under their ids; who holds an id, a store's own rooms know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.records import column_of
from ..exchange import Failure, FailureReason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model.record import MemoryRecord


def of_same_owners(
    records: Sequence[MemoryRecord], owners: dict[str, tuple[str | None, str | None]]
) -> tuple[Sequence[MemoryRecord], dict[str, Failure]]:
    """Part records, the last of each id, from those whose id belongs to another crew or group.

    Records that are new and of distinct ids are handed on whole: none of them is made for it.

    Args:
        records: what is to be written.
        owners: group and crew of each id that the store holds; ids of new records are added.
    """
    ids = column_of(records, "id")
    if not owners and len({*ids}) == len(ids):
        return records, {}
    mine: dict[str, MemoryRecord] = {}
    failed: dict[str, Failure] = {}
    for record in records:
        owner = (record.group_id, record.crew_id)
        if owners.setdefault(record.id, owner) == owner:
            mine[record.id] = record
        else:
            failed[record.id] = Failure(
                FailureReason.OTHER_OWNER, "the id belongs to another crew or group"
            )
    return list(mine.values()), failed

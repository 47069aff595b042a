"""Which of many records a store can't hold; why it can't, the store's own rooms know."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ..exchange import Failure, FailureReason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...model.record import MemoryRecord

T = TypeVar("T")


def sort_out(
    records: Sequence[MemoryRecord],
    prepare: Callable[[Sequence[MemoryRecord]], T],
    refusals: tuple[type[Exception], ...],
    said: str = "",
) -> tuple[T, dict[str, Failure]]:
    """Prepare records to be written, all at once; one by one only where that fails.

    Args:
        records: the records.
        prepare: makes of them what is written; also of none.
        refusals: what it raises, and says why, where one can't be held.
        said: stands before the reason.

    Returns:
        What was made of those that can be held, and the others by id.
    """
    try:
        return prepare(records), {}
    except refusals:
        kept: list[MemoryRecord] = []
        failed: dict[str, Failure] = {}
        for record in records:
            try:
                prepare([record])
            except refusals as exc:
                failed[record.id] = Failure(FailureReason.REFUSED, f"{said}{exc}")
            else:
                kept.append(record)
        return prepare(kept), failed

"""Whether the vectors of records fit a collection; not what its dimension is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.errors import WrongDimension

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model.record import MemoryRecord


def check_dimensions(records: Iterable[MemoryRecord], dimension: int | None, place: str) -> None:
    """Let pass records whose vectors, if any, have the dimension, or else that of the first.

    Args:
        records: the records.
        dimension: the one of the collection, `None` where any will do.
        place: names the collection in the error.

    Raises:
        WrongDimension: naming the first record that doesn't fit.
    """
    for record in records:
        if record.embedding is None:
            continue
        found = record.embedding.shape[0]
        dimension = dimension or found
        if found != dimension:
            raise WrongDimension(
                f"record `{record.id[:80]}` has {found} dimensions, and {place} has {dimension}",
                hint="write it to another store, or embed it again with the store's own model",
            )

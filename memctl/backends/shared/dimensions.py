"""Whether the vectors of records fit a collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.errors import WrongDimension
from ...model.records import column_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model.record import MemoryRecord


def check_dimensions(records: Sequence[MemoryRecord], dimension: int | None, place: str) -> None:
    """Let pass records whose vectors, if any, have the dimension, or else that of the first.

    Args:
        records: the records.
        dimension: the one of the collection, `None` where any will do.
        place: names the collection in the error.

    Raises:
        WrongDimension: naming the first record that doesn't fit.
    """
    for at, vector in enumerate(column_of(records, "embedding")):
        if vector is None:
            continue
        found = vector.shape[0]
        dimension = dimension or found
        if found != dimension:
            name = records[at].id[:80]
            raise WrongDimension(
                f"record `{name}` has {found} dimensions, and {place} has {dimension}",
                hint="write it to another store, or embed it again with the store's own model",
            )

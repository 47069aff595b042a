"""Counts what the parts of an archive actually hold, for the manifest and for checks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from .parts.digest import add_up, sum_of_digests
from .parts.parquet import VECTOR

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from ...model.record import MemoryRecord
    from .manifest import Owner

WITHOUT_VECTOR: Final = "rows without a vector"
ZERO_VECTOR: Final = "vectors of length zero"
NOT_FINITE: Final = "vectors with NaN or infinity"
EMPTY_TEXT: Final = "empty texts"
WITHOUT_GROUP: Final = "rows without a group"
WITHOUT_CREW: Final = "rows without a crew"

ODDITIES: Final = (WITHOUT_VECTOR, ZERO_VECTOR, NOT_FINITE, EMPTY_TEXT, WITHOUT_GROUP, WITHOUT_CREW)
"""These may be intended, but are more often mistakes of the program that wrote the records."""


@dataclass(frozen=True, slots=True)
class PartSums:
    """What a part adds to the manifest.

    Attributes:
        digest: the sum of its records' digests modulo 2**256.
        owners: how many records each group and crew has.
        has_vectors: whether any of them has a vector.
    """

    digest: int
    owners: Counter[Owner]
    has_vectors: bool


def sum_up(table: pa.Table, name: str) -> PartSums:
    """Return what the rows of one part add to the manifest.

    Args:
        table: all columns of the part.
        name: its name, for messages.

    Raises:
        DamagedStore: when a value is not what an archive writes.
    """
    counted = table.group_by(["group_id", "crew_id"]).aggregate([([], "count_all")]).to_pylist()
    owners = {(each["group_id"], each["crew_id"]): each["count_all"] for each in counted}
    has_vectors = table.column(VECTOR).null_count < table.num_rows
    return PartSums(sum_of_digests(table, name), Counter(owners), has_vectors)


@dataclass(slots=True)
class TypeStats:
    """What was found of one memory type.

    Attributes:
        records: how many rows.
        digest: the sum of their digests modulo 2**256.
        owners: how many each group and crew has.
        dimensions: how many vectors have which dimension.
        oddities: how many rows have each of `ODDITIES`.
    """

    records: int = 0
    digest: int = 0
    owners: Counter[Owner] = field(default_factory=Counter)
    dimensions: Counter[int] = field(default_factory=Counter)
    oddities: Counter[str] = field(default_factory=Counter)

    def add(self, sums: PartSums, records: Iterable[MemoryRecord]) -> None:
        """Add the records of one part, whose sums are known."""
        self.digest = add_up((self.digest, sums.digest))
        self.owners.update(sums.owners)
        for record in records:
            self.records += 1
            self._add_vector(record)
            self.oddities[EMPTY_TEXT] += not record.content.strip()
            self.oddities[WITHOUT_GROUP] += record.group_id is None
            self.oddities[WITHOUT_CREW] += record.crew_id is None

    def _add_vector(self, record: MemoryRecord) -> None:
        vector = record.embedding
        if vector is None:
            self.oddities[WITHOUT_VECTOR] += 1
            return
        self.dimensions[vector.shape[0]] += 1
        if not np.isfinite(vector).all():
            self.oddities[NOT_FINITE] += 1
        elif not vector.any():
            self.oddities[ZERO_VECTOR] += 1

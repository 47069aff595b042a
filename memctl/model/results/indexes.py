"""What `memctl index` found and did, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .base import BreakableResult, Result, StoreUsed

if TYPE_CHECKING:
    from ..backend.index import IndexFacts
    from ..memory_type import MemoryType
    from .clear import RowsMeant
    from .operations import StepTaken


@dataclass(frozen=True, slots=True)
class IndexListResult(StoreUsed, Result):
    """The indexes of a profile, and the others on its endpoints.

    Attributes:
        indexes: the profile's own first.
    """

    indexes: list[IndexFacts]


@dataclass(frozen=True, slots=True)
class IndexResult(StoreUsed, Result):
    """One index, and whose rows it holds.

    Attributes:
        index: the index.
        rows: by group, as they were counted by reading them; empty where they were not.
    """

    index: IndexFacts
    rows: list[RowsMeant] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class IndexChangeResult(StoreUsed, BreakableResult):
    """What `memctl index` made, emptied or deleted, or would.

    Attributes:
        change: ``created``, ``emptied``, ``recreated`` or ``deleted``.
        indexes: the full names of the indexes that are meant.
        types: the memory types that the profile keeps in them.
        endpoints: the endpoints that are deleted with them.
        group_id: the group whose rows are meant; null where rows of all groups and of none are.
        dry_run: whether nothing was done because of `--dry-run`.
        operation_id: the journal's entry; null where nothing was done.
        rows: where the rows lie, and whose they are.
        total: how many rows are meant.
        deleted: rows that were deleted one by one.
        left: rows that are meant and still there; null where they could not be counted.
        steps: what was done, in order.
        resumed: whether an earlier run was gone on with.
    """

    change: str
    indexes: list[str]
    types: list[MemoryType]
    endpoints: list[str] = field(default_factory=list)
    group_id: str | None = None
    dry_run: bool = False
    operation_id: str | None = None
    rows: list[RowsMeant] = field(default_factory=list)
    total: int = 0
    deleted: int = 0
    left: int | None = 0
    steps: list[StepTaken] = field(default_factory=list)
    resumed: bool = False

"""What `memctl index` found and did, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from .base import Result, StoreUsed

if TYPE_CHECKING:
    from ..backend.index import IndexFacts
    from ..errors import MemctlError
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
class IndexChangeResult(StoreUsed, Result):
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

    HIDDEN: ClassVar[frozenset[str]] = frozenset({"failure"})

    change: str
    indexes: list[str]
    types: list[MemoryType]
    endpoints: list[str]
    group_id: str | None
    dry_run: bool
    operation_id: str | None
    rows: list[RowsMeant]
    total: int
    deleted: int = 0
    left: int | None = 0
    steps: list[StepTaken] = field(default_factory=list)
    resumed: bool = False
    failure: MemctlError | None = None

    @property
    def errors(self) -> tuple[MemctlError, ...]:
        """What broke it off, if something did."""
        return (self.failure,) if self.failure else ()

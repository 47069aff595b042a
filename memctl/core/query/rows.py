"""Which records a user asks for, and on what terms they are copied; every command says it alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...backends.exchange import DEFAULT_BATCH_SIZE
from ...model.profile import check_owner_id
from ...model.requests.on_conflict import OnConflict
from ...model.selector import Selector

if TYPE_CHECKING:
    from datetime import datetime

    from ...model.memory_type import MemoryType


@dataclass(frozen=True, slots=True)
class Rows:
    """The records that a user selects; the group in force comes with the store.

    Attributes:
        crew_id: only records of this crew.
        types: only of these memory types; empty means all.
        include_unscoped: also rows without a group, where groups are known.
        created_before: only records created before this time.
        ids: only records with one of these ids; empty means any.
    """

    crew_id: str | None = None
    types: frozenset[MemoryType] = frozenset()
    include_unscoped: bool = False
    created_before: datetime | None = None
    ids: frozenset[str] = frozenset()

    @property
    def is_part(self) -> bool:
        """Whether some of a store's records are meant, by a selection of the user's own."""
        return bool(self.crew_id or self.types or self.created_before or self.ids)

    def within(self, group_id: str | None, *, knows_groups: bool) -> Selector:
        """Return the selector of these records in a group.

        Args:
            group_id: the group in force; `None` means rows of every group and of none.
            knows_groups: whether the store's rows say whose they are.

        Raises:
            UsageError: when the crew's id can't be one.
        """
        if self.crew_id is not None:
            check_owner_id("crew", self.crew_id)
        return Selector(
            group_id=group_id,
            crew_id=self.crew_id,
            types=self.types,
            include_unscoped=self.include_unscoped or not knows_groups,
            created_before=self.created_before,
            ids=self.ids or None,
        )


EVERY_ROW = Rows()


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms records are copied.

    Attributes:
        on_conflict: what to do about other content under the same id and owner.
        skip_without_vectors: leave rows without vectors behind where the target needs them.
        batch_size: records per batch.
        is_normalizing: make unit vectors of those that are copied.
        as_type: what records become whose type the target can't hold; `None` refuses them.
    """

    on_conflict: OnConflict = OnConflict.STOP
    skip_without_vectors: bool = False
    batch_size: int = DEFAULT_BATCH_SIZE
    is_normalizing: bool = False
    as_type: MemoryType | None = None


USUAL_TERMS = Terms()

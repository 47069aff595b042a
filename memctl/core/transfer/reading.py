"""Which rows of a source are copied, and what is known of them before the first is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...model.results import LeftOut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...model.memory_type import MemoryType
    from ...model.selector import Selector


@dataclass(frozen=True, slots=True)
class Reading:
    """Which rows of the source are copied, and what is known of them before the first is read.

    Attributes:
        selector: the rows that are meant.
        counts: how many there are, by type; only types that have any.
        collections: the collections that hold them.
        left_out: rows without a group that are not meant.
        left_out_by: all that is not meant and would be but for its group, or without any type.
        other_groups: groups of meant rows that are not the target's.
        stamp_group: the group that meant rows without one get, or `None`.
        ungrouped: how many rows without one are meant.
        revisions: the source's revision of each type before the first row was read.
        given_back: the types that the source keeps as others, and that records have again.
    """

    selector: Selector
    counts: dict[MemoryType, int]
    collections: frozenset[str]
    left_out: int
    other_groups: list[str]
    stamp_group: str | None
    ungrouped: int = 0
    revisions: Mapping[MemoryType, str | None] = field(default_factory=dict)
    left_out_by: LeftOut = field(default_factory=LeftOut)
    given_back: frozenset[MemoryType] = frozenset()

    @property
    def leaves_all_out(self) -> bool:
        """Whether the source holds records, and none is meant for another reason than the user's.

        Records of other crews or types than those asked for are none that are left out.
        """
        return not self.counts and self.left_out_by.total > 0

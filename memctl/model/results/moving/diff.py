"""What `memctl diff` found, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ...errors import DamagedStore, MemctlError, SidesDiffer, SourceChanged
from ..base import Result, StoreUsed
from .left_out import LeftOut

if TYPE_CHECKING:
    from ...memory_type import MemoryType


class DifferenceState(StrEnum):
    """How a record of one side stands to the other side."""

    ONLY_IN_SOURCE = "only_in_source"
    ONLY_IN_TARGET = "only_in_target"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Difference:
    """One record that is not the same on both sides.

    Attributes:
        id: its id; in the target's words where it is only there.
        fields: those that differ; empty unless the record is on both sides.
    """

    type: MemoryType
    id: str
    state: DifferenceState
    fields: list[str]


@dataclass(frozen=True, slots=True)
class TypeDiff:
    """How both sides stand in one memory type.

    Attributes:
        same: records that are the same on both sides.
        only_in_source: records that the target lacks.
        only_in_target: records that the source lacks.
        different: records of both sides that differ in some field.
        unreadable: records that could not be compared, because a side is damaged.
    """

    type: MemoryType
    same: int = 0
    only_in_source: int = 0
    only_in_target: int = 0
    different: int = 0
    unreadable: int = 0

    @property
    def apart(self) -> int:
        """Records that are not the same on both sides."""
        return self.only_in_source + self.only_in_target + self.different


@dataclass(frozen=True, slots=True)
class DiffResult(Result):
    """What `memctl diff` found.

    Attributes:
        source: the one side.
        target: the other side.
        differences: every one with `--list`, else up to ten.
        left_out: rows of the source without a group that were not compared.
        damage: what could not be read, and why.
        changed: the locations of sides that were written to while they were read.
        left_out_by: how many records of the source were not compared, by reason.
        target_left_out_by: the same of the target.
    """

    source: StoreUsed
    target: StoreUsed
    types: list[TypeDiff]
    differences: list[Difference]
    left_out: int
    damage: list[str]
    changed: list[str] = field(default_factory=list)
    left_out_by: LeftOut = field(default_factory=LeftOut)
    target_left_out_by: LeftOut = field(default_factory=LeftOut)

    @property
    def errors(self) -> tuple[MemctlError, ...]:
        """That a side can't be read, that both differ, or that there was nothing to tell it by."""
        found: list[MemctlError] = []
        read = sum(each.same + each.apart + each.unreadable for each in self.types)
        if not read and not self.damage:
            sides = ((self.left_out_by, self.source), (self.target_left_out_by, self.target))
            return tuple(by.error("compared", side.location) for by, side in sides if by.total)
        if self.damage:
            unreadable = sum(each.unreadable for each in self.types)
            found.append(
                DamagedStore(
                    f"{unreadable} records could not be compared: {self.damage[0]}",
                    hint="run `memctl verify` on both sides",
                )
            )
        apart = sum(each.apart for each in self.types)
        if apart and self.changed:
            found.append(
                SourceChanged(
                    f"`{self.changed[0]}` was written to while it was read, and {apart} records "
                    "are not the same",
                    hint="let the crew stop, or run the same command again",
                )
            )
        elif apart:
            found.append(
                SidesDiffer(
                    f"{apart} records are not the same in `{self.source.location}` and "
                    f"`{self.target.location}`",
                    hint="run the same command with `--list` to see each",
                )
            )
        return tuple(found)

"""What `memctl migrate` copied and proved, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...errors import MemctlError, SidesDiffer, SourceChanged
from ..base import Result, StoreUsed
from .left_out import LeftOut

if TYPE_CHECKING:
    from ...memory_type import MemoryType


@dataclass(frozen=True, slots=True)
class Loss:
    """So many records of a type would lose something, and the flag that allows it."""

    type: MemoryType
    what: str
    records: int
    allowed_by: str


@dataclass(frozen=True, slots=True)
class TypeCopy:
    """What was copied of one memory type.

    Attributes:
        read: records that the selector meant in the source.
        written: records written to the target in this run.
        present: records that the target already held, the same.
        skipped: records left as the target has them, or not carried because a loss was allowed.
        renamed: records that got a new id because another owner holds theirs.
        stamped: records without a group that got the target's.
    """

    type: MemoryType
    read: int
    written: int
    present: int
    skipped: int
    renamed: int
    stamped: int


@dataclass(frozen=True, slots=True)
class Reembedded:
    """How many records got, or would get, a vector from their text.

    Attributes:
        embedder: the model, as `KIND:MODEL`.
        place: where texts were sent; `this machine` where they stayed.
        dimension: of the vectors; null where none was to be made.
        records: whose text was embedded.
        characters: of those texts together.
    """

    embedder: str
    place: str
    dimension: int | None
    records: int
    characters: int


@dataclass(frozen=True, slots=True)
class MetricChange:
    """A memory type whose vectors the target ranks in another way than the source.

    Attributes:
        source: how the source ranks them.
        target: how the target does.
    """

    type: MemoryType
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides after a copy: exact for id, text and metadata, 1e-6 relative for vectors.

    Of a vector that was made anew, presence and dimension are compared.

    Attributes:
        source: records that should be in the target.
        same: those that are, and are the same.
        missing: those that are not.
        different: those that differ in some field.
        examples: up to ten of what is wrong, as ``TYPE ID: WHAT``.
        changed: types of which the source was written to while it was read.
    """

    source: int
    same: int
    missing: int
    different: int
    examples: list[str] = field(default_factory=list)
    changed: list[MemoryType] = field(default_factory=list)

    @property
    def is_same(self) -> bool:
        """Whether the target holds all that was read."""
        return not (self.missing or self.different)

    @property
    def holds(self) -> bool:
        """Whether the target holds all that the source does."""
        return self.is_same and not self.changed

    def error(self, source: str, target: str, *, hint: str) -> MemctlError | None:
        """Return what is wrong, where something is.

        Args:
            source: the location that was read.
            target: the location that was compared with it.
            hint: what to do where the target is not what was written.
        """
        found = (
            f"of {self.source} records {self.missing} are missing and {self.different} differ in "
            f"`{target}`"
        )
        if self.changed:
            types = ", ".join(f"`{each}`" for each in self.changed)
            rest = "all that was read is the same" if self.is_same else found
            return SourceChanged(
                f"{types} in `{source}` was written to while it was read; {rest}",
                hint="let the crew stop, or run the same command again to copy what is new",
            )
        return None if self.is_same else SidesDiffer(found, hint=hint)


@dataclass(frozen=True, slots=True)
class MigrateResult(Result):
    """What `memctl migrate` did.

    Attributes:
        operation_id: the journal's entry, `None` for a dry run, and where all was left out.
        source: where records came from.
        target: where they went.
        group_id: the group that ungrouped rows were stamped with, if any.
        left_out: rows without a group that were not read.
        other_groups: groups other than the target's that keep their rows.
        resumed: whether an earlier run had copied a part.
        default_profile: the profile that became the group's default.
        reembedded: what was embedded; null where nothing was asked to be.
        backup: the id of the backup that was made first; null where none was.
        normalized: whether vectors were made unit vectors on the way.
        metrics: the types whose vectors the target ranks in another way.
        left_out_by: how many records were not read, by reason.
        written_as: the type that records of a type became, which the target can't hold.
        given_back: how many records got a type back, which the source kept as another.
    """

    source: StoreUsed
    target: StoreUsed
    dry_run: bool
    operation_id: str | None
    group_id: str | None
    types: list[TypeCopy]
    losses: list[Loss] = field(default_factory=list)
    left_out: int = 0
    other_groups: list[str] = field(default_factory=list)
    resumed: bool = False
    comparison: Comparison | None = None
    default_profile: str | None = None
    reembedded: Reembedded | None = None
    backup: str | None = None
    normalized: bool = False
    metrics: list[MetricChange] = field(default_factory=list)
    left_out_by: LeftOut = field(default_factory=LeftOut)
    written_as: dict[MemoryType, MemoryType] = field(default_factory=dict)
    given_back: dict[MemoryType, int] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[MemctlError, ...]:
        """That all was left out, both sides differ, or the source was changed meanwhile."""
        if self.left_out_by.total and not self.types:
            return (self.left_out_by.error("copied", self.source.location),)
        if self.comparison is None:
            return ()
        error = self.comparison.error(
            self.source.location,
            self.target.location,
            hint="run the same command again; `memctl verify` shows the target's health",
        )
        return () if error is None else (error,)

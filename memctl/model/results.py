"""What each command found or did, as plain data whose field names are the keys of ``--json``; no presentation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from .check import Check, CheckStatus
from .errors import MemctlError, ProblemsFound, SidesDiffer

if TYPE_CHECKING:
    from datetime import date, datetime

    from .journal import Operation
    from .memory_type import MemoryType
    from .profile import Profile
    from .record import MemoryRecord
    from .setting import SettingKind


class Result:
    """What a command returns.

    Attributes:
        errors: what went wrong although there is a result to show; the first gives the exit code.
    """

    __slots__ = ()

    @property
    def errors(self) -> tuple[MemctlError, ...]:
        """Nothing went wrong."""
        return ()


@dataclass(frozen=True, slots=True)
class StoreUsed:
    """Which store a command worked on, and why that one."""

    backend: str
    location: str
    profile: str | None
    selected_by: str


@dataclass(frozen=True, slots=True)
class TypeStats:
    """One memory type: its records, the dimensions of its vectors, the collections that hold it."""

    type: MemoryType
    records: int
    dimensions: list[int]
    collections: list[str]
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class CollectionStats:
    """One collection; ``type`` is `None` where it fits no memory type and is not counted."""

    name: str
    type: MemoryType | None
    records: int
    dimension: int | None
    metric: str | None


@dataclass(frozen=True, slots=True)
class CrewStats:
    """How many records a crew has in a group."""

    crew_id: str | None
    group_id: str | None
    records: int


@dataclass(frozen=True, slots=True)
class AgentStats:
    """How many records an agent of a crew has."""

    agent_id: str | None
    crew_id: str | None
    records: int


@dataclass(frozen=True, slots=True)
class DayStats:
    """How many records were created on a UTC day."""

    day: date | None
    records: int


@dataclass(frozen=True, slots=True)
class StatsResult(StoreUsed, Result):
    """What `memctl stats` counted.

    Attributes:
        total: records of the group and crew that were asked for.
        unscoped: rows without a group; counted in ``total`` only where all groups are read.
        size_bytes: of the store on disk, or `None` where that can't be known.
    """

    group_id: str | None
    crew_id: str | None
    total: int
    unscoped: int
    types: list[TypeStats]
    collections: list[CollectionStats]
    crews: list[CrewStats]
    agents: list[AgentStats]
    days: list[DayStats]
    oldest: datetime | None
    newest: datetime | None
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class VerifiedStore(StoreUsed):
    """One store and its checks; ``failure`` says why it could not be looked at at all."""

    checks: list[Check]
    failure: MemctlError | None = None


@dataclass(frozen=True, slots=True)
class VerifyResult(Result):
    """What `memctl verify` found."""

    HIDDEN: ClassVar[frozenset[str]] = frozenset({"strict"})

    stores: list[VerifiedStore]
    checks: list[Check]
    strict: bool = False

    @property
    def errors(self) -> tuple[MemctlError, ...]:
        """Why the answer is no, if it is."""
        failures = tuple(store.failure for store in self.stores if store.failure)
        if len(self.stores) == 1 and failures:
            return failures
        problems = [check for check in self.checks if check.status is CheckStatus.PROBLEM]
        warnings = [check for check in self.checks if check.status is CheckStatus.WARNING]
        if problems or (self.strict and warnings):
            counted = [_counted(problems, "problem"), _counted(warnings, "warning")]
            found = " and ".join(filter(None, counted))
            return (*failures, ProblemsFound(f"found {found}"))[-1:]
        return ()


def _counted(items: list[Check], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}" if items else ""


@dataclass(frozen=True, slots=True)
class RecordsResult(StoreUsed, Result):
    """The records that a selector means.

    Attributes:
        records: at most ``limit`` of them.
        total: how many there are.
        with_embeddings: whether vectors were read.
    """

    records: list[MemoryRecord]
    total: int
    with_embeddings: bool


@dataclass(frozen=True, slots=True)
class RecordResult(StoreUsed, Result):
    """One record, and the collection that holds it."""

    record: MemoryRecord
    collection: str


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
class Comparison:
    """Both sides after a copy: exact for id, text and metadata, 1e-6 relative for vectors.

    Attributes:
        source: records that should be in the target.
        same: those that are, and are the same.
        missing: those that are not.
        different: those that differ in some field.
        examples: up to ten of what is wrong, as ``TYPE ID: WHAT``.
    """

    source: int
    same: int
    missing: int
    different: int
    examples: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether the target holds all that it should."""
        return not (self.missing or self.different)


@dataclass(frozen=True, slots=True)
class MigrateResult(Result):
    """What `memctl migrate` did.

    Attributes:
        operation_id: the journal's entry, `None` for a dry run.
        source: where records came from.
        target: where they went.
        group_id: the group that ungrouped rows were stamped with, if any.
        left_out: rows without a group that were not read.
        other_groups: groups other than the target's that keep their rows.
        resumed: whether an earlier run had copied a part.
        default_profile: the profile that became the group's default.
    """

    source: StoreUsed
    target: StoreUsed
    dry_run: bool
    operation_id: str | None
    group_id: str | None
    types: list[TypeCopy]
    losses: list[Loss]
    left_out: int
    other_groups: list[str]
    resumed: bool
    comparison: Comparison | None
    default_profile: str | None = None

    @property
    def errors(self) -> tuple[MemctlError, ...]:
        """That both sides differ, if they do."""
        if self.comparison is None or self.comparison.holds:
            return ()
        return (
            SidesDiffer(
                f"of {self.comparison.source} records {self.comparison.missing} are missing and "
                f"{self.comparison.different} differ in `{self.target.location}`",
                hint="run the same command again; `memctl verify` shows the target's health",
            ),
        )


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One step of an operation, and what became of it: ``planned``, ``found`` or ``done``."""

    name: str
    outcome: str


@dataclass(frozen=True, slots=True)
class SetupResult(Result):
    """What `memctl setup` made or found."""

    backend: str
    location: str
    profile: Profile
    dry_run: bool
    operation_id: str | None
    steps: list[StepTaken]


@dataclass(frozen=True, slots=True)
class HistoryResult(Result):
    """The journal, newest first."""

    operations: list[Operation]


@dataclass(frozen=True, slots=True)
class SettingStated:
    """One declared setting of a backend."""

    name: str
    help: str
    kind: SettingKind
    required: bool
    secret: bool
    default: Any
    choices: list[str]
    environment: str


@dataclass(frozen=True, slots=True)
class BackendStated:
    """What a backend says of itself."""

    name: str
    title: str
    capabilities: list[str]
    location: str | None
    settings: list[SettingStated]


@dataclass(frozen=True, slots=True)
class BackendsResult(Result):
    """Every backend and what it can do."""

    backends: list[BackendStated]


@dataclass(frozen=True, slots=True)
class ProfileListed:
    """A profile in a list."""

    id: str
    name: str
    group_id: str
    backend_type: str
    is_default: bool
    is_active: bool


@dataclass(frozen=True, slots=True)
class ConfigListResult(Result):
    """The profiles of a group."""

    group_id: str
    profiles: list[ProfileListed]


@dataclass(frozen=True, slots=True)
class ConfigShowResult(Result):
    """One profile, and where the value of each setting comes from."""

    profile: Profile
    sources: dict[str, str]


@dataclass(frozen=True, slots=True)
class ConfigChangeResult(Result):
    """What a change of profiles did.

    Attributes:
        change: ``created``, ``updated``, ``deleted``, ``set_default`` or ``disabled``.
        profile: the profile after the change (before it, if deleted).
        promoted: the profile that became the default because the old one went.
        switched_off: the profiles that are inactive now.
    """

    change: str
    profile: Profile
    promoted: str | None = None
    switched_off: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ConfigWhichResult(Result):
    """The profile in force and why."""

    group_id: str
    profile: str | None
    profile_group: str | None
    backend: str
    location: str
    selected_by: str
    reason: str
    considered: list[str]

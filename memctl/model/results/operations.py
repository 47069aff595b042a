"""What `memctl setup` did and `memctl history` tells, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .base import BreakableResult, Result

if TYPE_CHECKING:
    from ..journal import Operation
    from ..profile import Profile


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One step of an operation, and what became of it.

    Attributes:
        name: what it does.
        outcome: ``planned``, ``found``, ``done``, ``failed`` or ``undone``.
    """

    name: str
    outcome: str


@dataclass(frozen=True, slots=True)
class SetupResult(BreakableResult):
    """What `memctl setup` made or found.

    Attributes:
        backend: the backend's name.
        location: where the store lies.
        profile: the profile, or what it would be.
        dry_run: whether nothing was done because of `--dry-run`.
        operation_id: the journal's entry; null where nothing was done.
        steps: what was done, in order; with `--rollback` what was undone.
        success: whether all of it is there now; with `--rollback`, whether none of it is.
        message: the same as a sentence.
        identity: where and as whom the requests were sent.
        notes: what is to be known: what costs money, what could not be checked.
        endpoints: role -> ``name``, ``type`` and ``status`` of what serves the store.
        indexes: memory type -> ``name`` and ``status`` of what holds it.
        backend_id: the saved profile's id; null where none is saved.
        rolled_back: whether an earlier setup was taken back.
    """

    backend: str
    location: str
    profile: Profile
    dry_run: bool
    operation_id: str | None
    steps: list[StepTaken]
    success: bool = True
    message: str = ""
    identity: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    endpoints: dict[str, dict[str, str | None]] = field(default_factory=dict)
    indexes: dict[str, dict[str, str | None]] = field(default_factory=dict)
    backend_id: str | None = None
    rolled_back: bool = False


@dataclass(frozen=True, slots=True)
class HistoryResult(Result):
    """The journal, newest first."""

    operations: list[Operation]

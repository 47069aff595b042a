"""What `memctl setup` did and `memctl history` tells, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .base import Result

if TYPE_CHECKING:
    from ..journal import Operation
    from ..profile import Profile


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

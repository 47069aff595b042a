"""What the journal tells of operations and their steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


class Outcome(StrEnum):
    """Where an operation or a step stands."""

    STARTED = "started"
    """The intention is written; if nothing follows, the run broke off here."""
    DONE = "done"
    FOUND = "found"
    """A step whose work was already there."""
    FAILED = "failed"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class StepEntry:
    """One journaled act of an operation."""

    position: int
    name: str
    outcome: Outcome
    detail: str | None
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One run of a command that changes something.

    Attributes:
        id: a UUID as text.
        command: the command's words: ``migrate``, ``setup chroma``.
        group_id: the group that was in force, or `None`.
        subject: what it works on, for people: ``archive:./sample -> chroma:./memory``.
        outcome: where it stands; never ``found``.
        detail: the error's message if it failed.
        started_at: aware, UTC.
        finished_at: aware, UTC; `None` while it runs, and for ever if it was killed.
        steps: in the order in which they were started.
        plan: what a later run needs to go on with it or to take it back; `None` where nothing is.
    """

    id: str
    command: str
    group_id: str | None
    subject: str
    outcome: Outcome
    detail: str | None
    started_at: datetime
    finished_at: datetime | None
    steps: tuple[StepEntry, ...]
    plan: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a copy has come in one part of a memory type.

    Attributes:
        part: the number of the part in the source's order, from 0.
        until: the source's cursor at which the part ends; `None` for the last one.
        cursor: the source's cursor after the last batch that the target acknowledged.
        copied: records written so far, skipped ones not counted.
        complete: whether the part was read to its end.
    """

    part: int
    until: str | None
    cursor: str | None
    copied: int = 0
    complete: bool = False

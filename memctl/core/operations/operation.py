"""Runs steps and journals each before and after it."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ...model.errors import MemctlError
from ...model.journal import Outcome
from ...model.redaction import Redactor
from ...model.results import InterruptedHalfway, Result, StepTaken
from ..local_state import open_journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...model.journal import Operation, StepEntry
    from ...model.step import Step
    from ...store.journal import Journal

PLANNED: Final = "planned"
ATTEMPTED: Final = frozenset({Outcome.STARTED, Outcome.DONE, Outcome.FAILED})
"""Of steps that made something, or may have: a run may die before it can tell."""

R = TypeVar("R", bound=Result)

logger = logging.getLogger(__name__)


class RunningOperation:
    """One run of a command that changes something, while it runs."""

    def __init__(self, journal: Journal, operation_id: str, redactor: Redactor) -> None:
        self.id = operation_id
        self._redactor = redactor
        self.taken: list[StepTaken] = []
        self._journal = journal
        self._done: list[tuple[int, Step]] = []
        self.failure: MemctlError | None = None
        self.outcome = Outcome.DONE

    def take(self, step: Step) -> StepTaken:
        """Do a step unless what it makes is there, with its intention written first.

        A step that was only looked for and could not be found out about is no intention.
        """
        found = step.find()
        position = self._journal.begin_step(self.id, step.name)
        if not found:
            self._do(step, position)
            self._done.append((position, step))
        self._end(position, step, Outcome.FOUND if found else Outcome.DONE)
        return self.taken[-1]

    def take_all(self, steps: Iterable[Step]) -> None:
        """Take steps one after the other, until one breaks off."""
        for step in steps:
            self.take(step)

    def try_all(self, steps: Iterable[Step]) -> MemctlError | None:
        """Take steps until one fails, and return its error, which is the operation's then."""
        try:
            self.take_all(steps)
        except MemctlError as exc:
            self.failure = exc
        return self.failure

    def _do(self, step: Step, position: int) -> None:
        logger.info("%s ...", step.name)
        try:
            step.do()
        except BaseException as exc:
            self._end(position, step, Outcome.FAILED, _reason(self._redactor.clean(exc)))
            raise

    def answer(self, result: R) -> R:
        """Note what a result says went wrong where the work was done, and give it back."""
        for error in result.errors:
            self.failure = error
        return result

    def roll_back(self) -> None:
        """Undo, last first, what this run did itself; what was found stays.

        What can't be undone is journaled as failed, and keeps nothing else from being undone.
        """
        while self._done:
            self._undo(*self._done.pop())

    def take_back(self, steps: Iterable[Step], entries: Iterable[StepEntry]) -> None:
        """Undo, last first, what earlier runs of this operation made by their journal entries.

        Args:
            steps: all steps that the operation may consist of; undoing one bears that what it made
                is not there.
            entries: what was journaled of them.
        """
        positions = {each.name: each.position for each in entries if each.outcome in ATTEMPTED}
        self.outcome = Outcome.UNDONE
        for step in reversed([each for each in steps if each.name in positions]):
            logger.info("take back: %s ...", step.name)
            failed = self._undo(positions[step.name], step)
            self.failure = self.failure or failed

    def _undo(self, position: int, step: Step) -> MemctlError | None:
        """Undo a step, and return why it can't be, where that is so."""
        try:
            step.undo()
        except MemctlError as exc:
            self._end(position, step, Outcome.FAILED, f"not undone: {exc.message}")
            return exc
        self._end(position, step, Outcome.UNDONE)
        return None

    def _end(self, position: int, step: Step, outcome: Outcome, detail: str | None = None) -> None:
        """Journal what became of a step, and note it for the result."""
        detail = self._redactor.clean(detail)
        self._journal.end_step(self.id, position, outcome, detail)
        logger.info("%s: %s", step.name, ", ".join(filter(None, (outcome, detail))))
        self.taken.append(StepTaken(step.name, outcome))


@contextmanager
def run_operation(
    command: str,
    group_id: str | None,
    subject: str,
    *,
    redactor: Redactor | None = None,
    plan: dict[str, Any] | None = None,
    resumed: Operation | None = None,
) -> Iterator[RunningOperation]:
    """Journal one run of a command: its intention before, its outcome after.

    Args:
        command: the command's words.
        group_id: the group in force, if any.
        subject: what it works on, for people; no secret.
        redactor: of the run, where it reads secrets: the journal tells none of them.
        plan: what a later run needs to go on with it, as JSON; no secret.
        resumed: an operation that broke off and goes on now, instead of a new one.
    """
    redactor = redactor or Redactor()
    with open_journal() as journal:
        if resumed is None:
            operation_id = journal.begin_operation(command, group_id, subject, plan)
        else:
            operation_id = resumed.id
            journal.resume_operation(operation_id)
        logger.info("%s %s", command, subject)
        operation = RunningOperation(journal, operation_id, redactor)
        try:
            yield operation
        except BaseException as exc:
            reason = _reason(redactor.clean(exc))
            journal.end_operation(operation_id, Outcome.FAILED, reason)
            logger.info("%s: failed, %s", command, reason)
            raise
        outcome = Outcome.FAILED if operation.failure else operation.outcome
        detail = _reason(redactor.clean(operation.failure)) if operation.failure else None
        journal.end_operation(operation_id, outcome, detail)


def planned_operations(command: str, group_id: str | None) -> list[Operation]:
    """Read the operations of a command and group that a later run can go on with, newest first."""
    with open_journal() as journal:
        return journal.planned(command, group_id)


def plan(steps: Iterable[Step]) -> list[StepTaken]:
    """Return for each step whether it is to be done, by looking only."""
    return [StepTaken(step.name, Outcome.FOUND if step.find() else PLANNED) for step in steps]


def _reason(exc: BaseException) -> str:
    if isinstance(exc, MemctlError | InterruptedHalfway):
        return exc.message
    return type(exc).__name__

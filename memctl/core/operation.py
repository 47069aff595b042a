"""Runs steps and journals each before and after it; not what any step does."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..model.errors import MemctlError
from ..model.journal import Outcome
from ..model.results import StepTaken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..model.step import Step
    from ..store.journal import Journal

PLANNED = "planned"

logger = logging.getLogger(__name__)


class RunningOperation:
    """One run of a command that changes something, while it runs."""

    def __init__(self, journal: Journal, operation_id: str) -> None:
        self.id = operation_id
        self.taken: list[StepTaken] = []
        self._journal = journal
        self._done: list[tuple[int, Step]] = []
        self.failure: MemctlError | None = None

    def take(self, step: Step) -> StepTaken:
        """Do a step unless what it makes is there, with its intention written first."""
        position = self._journal.begin_step(self.id, step.name)
        try:
            found = step.find()
            if not found:
                logger.info("%s ...", step.name)
                step.do()
        except BaseException as exc:
            self._end(position, step, Outcome.FAILED, _reason(exc))
            raise
        outcome = Outcome.FOUND if found else Outcome.DONE
        self._end(position, step, outcome)
        if not found:
            self._done.append((position, step))
        self.taken.append(StepTaken(step.name, outcome))
        return self.taken[-1]

    def fail(self, error: MemctlError) -> None:
        """Note that the work was done but its answer is no."""
        self.failure = error

    def roll_back(self) -> None:
        """Undo, last first, what this run did itself; what was found stays.

        What can't be undone is journaled as failed, and keeps nothing else from being undone.
        """
        while self._done:
            position, step = self._done.pop()
            try:
                step.undo()
            except MemctlError as exc:
                self._end(position, step, Outcome.FAILED, f"not undone: {exc.message}")
            else:
                self._end(position, step, Outcome.UNDONE)

    def _end(self, position: int, step: Step, outcome: Outcome, detail: str | None = None) -> None:
        self._journal.end_step(self.id, position, outcome, detail)
        logger.info("%s: %s", step.name, ", ".join(filter(None, (outcome, detail))))


@contextmanager
def run_operation(command: str, group_id: str | None, subject: str) -> Iterator[RunningOperation]:
    """Journal one run of a command: its intention before, its outcome after.

    Args:
        command: the command's words.
        group_id: the group in force, if any.
        subject: what it works on, for people; no secret.
    """
    from ..store.database import open_state
    from ..store.journal import Journal

    with open_state() as state:
        journal = Journal(state)
        operation_id = journal.begin_operation(command, group_id, subject)
        logger.info("%s %s", command, subject)
        operation = RunningOperation(journal, operation_id)
        try:
            yield operation
        except BaseException as exc:
            journal.end_operation(operation_id, Outcome.FAILED, _reason(exc))
            logger.info("%s: failed, %s", command, _reason(exc))
            raise
        outcome = Outcome.FAILED if operation.failure else Outcome.DONE
        detail = _reason(operation.failure) if operation.failure else None
        journal.end_operation(operation_id, outcome, detail)


def plan(steps: Iterable[Step]) -> list[StepTaken]:
    """Say of each step whether it is to be done, by looking only."""
    return [StepTaken(step.name, Outcome.FOUND if step.find() else PLANNED) for step in steps]


def _reason(exc: BaseException) -> str:
    return exc.message if isinstance(exc, MemctlError) else type(exc).__name__

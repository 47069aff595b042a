"""One run of a clearing: backup, deletion, count; what breaks it off is told with what is gone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from ...model.errors import Partial
from ..operations.outcome import attempt
from .remaining import tell_deleted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import ExitStack

    from ...model.errors import MemctlError
    from ...model.results import ClearResult
    from ...model.step import Step
    from ..connect import Connection
    from ..operations.operation import RunningOperation
    from .plan import ClearPlan
    from .remaining import Part


class Clearing(ABC):
    """One run, with the store open.

    Args:
        plan: what is to be deleted.
        connection: the store.
        opened: closes it, and what else is opened.

    Attributes:
        is_backed_up: whether there is anything to back up, and it is to be.
    """

    def __init__(self, plan: ClearPlan, connection: Connection, opened: ExitStack) -> None:
        self.plan = plan
        self.connection = connection
        self.opened = opened
        self.is_backed_up = plan.order.is_backed_up and plan.total > 0
        self._begun: Sequence[Part] = ()

    @property
    def purged(self) -> int | None:
        """How many earlier versions of the store were removed; `None` where none were to be."""
        return None

    def run(self, operation: RunningOperation) -> ClearResult:
        """Do it, and close the store before what is left after a break is counted.

        Returns:
            What was deleted and what is left, and what broke it off where something did.
        """
        plan = self.plan
        failure: MemctlError | None
        cause = attempt(lambda: self._work(operation), self.opened.close)
        backup = operation.id if self.is_backed_up and self._begun else None
        if cause is None:
            failure = self._returned()
        else:
            meant = f"{plan.total} records in `{plan.used.location}`"
            failure = tell_deleted(plan.selection, self._begun, cause, meant=meant, restore=backup)
        return plan.result(
            self._begun,
            operation_id=operation.id,
            backup=backup,
            purged=self.purged,
            failure=failure,
        )

    def _work(self, operation: RunningOperation) -> None:
        if self.is_backed_up:
            self.back_up(operation)
        self._begun, steps = self.begin()
        operation.take_all(steps)
        for part in self._begun:
            part.count(self.connection.backend)

    @abstractmethod
    def back_up(self, operation: RunningOperation) -> None:
        """Make the backup."""

    @abstractmethod
    def begin(self) -> tuple[Sequence[Part], Sequence[Step]]:
        """Return what is deleted of each type, and the steps that do it."""

    def _returned(self) -> Partial | None:
        """Return the error of a store that has taken deletions and still holds the records."""
        returned = sum(each.returned for each in self._begun)
        if not returned:
            return None
        deleted = sum(each.deleted for each in self._begun)
        left = sum(each.left or 0 for each in self._begun)
        return Partial(
            f"{deleted} records were deleted, and {left} are still in "
            f"`{self.plan.used.location}`, {returned} of them although it took their deletion",
            hint="something else writes them again, or it is damaged: `memctl verify` looks at it",
        )

"""Adding and finding rows of the journal in a transaction that writes.

It needs SQLModel, and is imported when something is written.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlmodel import func, select

from ..model.journal import Outcome
from .tables import OperationRow, StepRow

if TYPE_CHECKING:
    from sqlmodel import Session


class JournalRows:
    """The rows of operations and their steps, as a transaction sees and changes them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_operation(
        self, command: str, group_id: str | None, subject: str, plan: dict[str, Any] | None
    ) -> str:
        """Add an operation that begins now, and return its id."""
        operation_id = str(uuid.uuid4())
        self._session.add(
            OperationRow(
                id=operation_id,
                command=command,
                group_id=group_id,
                subject=subject,
                outcome=Outcome.STARTED,
                started_at=datetime.now(UTC),
                plan=plan,
            )
        )
        return operation_id

    def add_step(self, operation_id: str, name: str) -> int:
        """Add the operation's next step, which begins now, and return its position, from 1 on."""
        self.operation(operation_id)
        steps_of_it = StepRow.operation_id == operation_id
        position = 1 + self._session.exec(select(func.count()).where(steps_of_it)).one()
        self._session.add(
            StepRow(
                operation_id=operation_id,
                position=position,
                name=name,
                outcome=Outcome.STARTED,
                started_at=datetime.now(UTC),
            )
        )
        return position

    def operation(self, operation_id: str) -> OperationRow:
        """Return the row of an operation.

        Raises:
            LookupError: when there is none of that id.
        """
        query = select(OperationRow).where(OperationRow.id == operation_id)
        row = self._session.exec(query).one_or_none()
        if row is None:
            raise LookupError(f"no operation {operation_id}")
        return row

    def step(self, operation_id: str, position: int) -> StepRow:
        """Return the row of a step.

        Raises:
            LookupError: when the operation has no such step.
        """
        row = self._session.get(StepRow, (operation_id, position))
        if row is None:
            raise LookupError(f"no step {position} of operation {operation_id}")
        return row

"""Writing and reading the journal of operations and their steps; not who runs them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlmodel import col, func, select

from ..model.journal import Operation, Outcome, StepEntry
from .tables import OperationRow, StepRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlmodel import Session
    from sqlmodel.sql.expression import SelectOfScalar

    from .database import State


class Journal:
    """What was intended and what came of it: each write is on the disk when its method returns.

    Every method raises what `State.reading` and `State.writing` raise, and `LookupError` for an
    operation or a step that was never begun.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def begin_operation(
        self,
        command: str,
        group_id: str | None,
        subject: str,
        plan: dict[str, Any] | None = None,
    ) -> str:
        """Write that an operation begins, and return its id.

        Args:
            command: the command's words.
            group_id: the group in force, if any.
            subject: what it works on, for people.
            plan: a JSON object that a later run needs to go on with it; no secret.
        """
        operation = OperationRow(
            id=str(uuid.uuid4()),
            command=command,
            group_id=group_id,
            subject=_storable(subject),
            outcome=Outcome.STARTED,
            started_at=datetime.now(UTC),
            plan=plan,
        )
        operation_id = operation.id
        with self._state.writing() as session:
            session.add(operation)
        return operation_id

    def resume_operation(self, operation_id: str) -> None:
        """Write that an operation which broke off goes on."""
        with self._state.writing() as session:
            operation = _operation(session, operation_id)
            operation.outcome, operation.detail = Outcome.STARTED, None
            operation.finished_at = None

    def begin_step(self, operation_id: str, name: str) -> int:
        """Write the intention of the operation's next step, and return its position, from 1 on."""
        with self._state.writing() as session:
            _operation(session, operation_id)
            steps_of_it = StepRow.operation_id == operation_id
            position = 1 + session.exec(select(func.count()).where(steps_of_it)).one()
            session.add(
                StepRow(
                    operation_id=operation_id,
                    position=position,
                    name=_storable(name),
                    outcome=Outcome.STARTED,
                    started_at=datetime.now(UTC),
                )
            )
        return position

    def end_step(
        self, operation_id: str, position: int, outcome: Outcome, detail: str | None = None
    ) -> None:
        """Write what came of a step; a step that is undone later ends twice."""
        with self._state.writing() as session:
            _end(_step(session, operation_id, position), outcome, detail)

    def end_operation(self, operation_id: str, outcome: Outcome, detail: str | None = None) -> None:
        """Write what came of an operation."""
        with self._state.writing() as session:
            _end(_operation(session, operation_id), outcome, detail)

    def operations(self, limit: int, group_id: str | None = None) -> list[Operation]:
        """Return the operations that began last, newest first.

        Args:
            limit: how many at most.
            group_id: operations of this group only; `None` means of every group and of none.
        """
        query = select(OperationRow).order_by(col(OperationRow.number).desc()).limit(limit)
        if group_id is not None:
            query = query.where(OperationRow.group_id == group_id)
        return self._read(query)

    def find(self, operation_id: str) -> Operation | None:
        """Return one operation, or `None` where there is none of that id."""
        query = select(OperationRow).where(OperationRow.id == operation_id)
        return next(iter(self._read(query)), None)

    def planned(self, command: str, group_id: str | None) -> list[Operation]:
        """Return the operations of a command and group that a later run can go on with.

        They come newest first, whatever became of them.
        """
        query = (
            select(OperationRow)
            .where(
                OperationRow.command == command,
                OperationRow.group_id == group_id,
                col(OperationRow.plan).is_not(None),
            )
            .order_by(col(OperationRow.number).desc())
        )
        return self._read(query)

    def _read(self, query: SelectOfScalar[OperationRow]) -> list[Operation]:
        with self._state.reading() as session:
            return [_read_operation(session, row) for row in session.exec(query)]


def _operation(session: Session, operation_id: str) -> OperationRow:
    query = select(OperationRow).where(OperationRow.id == operation_id)
    row = session.exec(query).one_or_none()
    if row is None:
        raise LookupError(f"no operation {operation_id}")
    return row


def _step(session: Session, operation_id: str, position: int) -> StepRow:
    row = session.get(StepRow, (operation_id, position))
    if row is None:
        raise LookupError(f"no step {position} of operation {operation_id}")
    return row


def _end(row: OperationRow | StepRow, outcome: Outcome, detail: str | None) -> None:
    row.outcome = outcome
    row.detail = None if detail is None else _storable(detail)
    row.finished_at = datetime.now(UTC)


def _read_operation(session: Session, row: OperationRow) -> Operation:
    query = select(StepRow).where(StepRow.operation_id == row.id).order_by(col(StepRow.position))
    return Operation(
        id=row.id,
        command=row.command,
        group_id=row.group_id,
        subject=row.subject,
        outcome=row.outcome,
        detail=row.detail,
        started_at=row.started_at,
        finished_at=row.finished_at,
        steps=_entries(session.exec(query).all()),
        plan=row.plan,
    )


def _entries(rows: Sequence[StepRow]) -> tuple[StepEntry, ...]:
    return tuple(
        StepEntry(
            position=row.position,
            name=row.name,
            outcome=row.outcome,
            detail=row.detail,
            started_at=row.started_at,
            finished_at=row.finished_at,
        )
        for row in rows
    )


def _storable(text: str) -> str:
    """Write out what is not valid Unicode, as file names may hold it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")

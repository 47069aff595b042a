"""Writing and reading the journal of operations and their steps."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ..model.address.logins import masked_words
from ..model.journal import Operation, Outcome, StepEntry
from .reading import read_rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from .database import State
    from .journal_rows import JournalRows
    from .tables import OperationRow, StepRow

_OPERATIONS: Final = """
    SELECT id, command, group_id, subject, outcome, detail, started_at, finished_at, plan
    FROM operations WHERE {} ORDER BY number DESC LIMIT :limit
"""
_STEPS: Final = """
    SELECT position, name, outcome, detail, started_at, finished_at
    FROM steps WHERE operation_id = :id ORDER BY position
"""
_ALL: Final = -1


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
        with self._rows() as rows:
            return rows.add_operation(command, group_id, _storable(subject), plan)

    def resume_operation(self, operation_id: str) -> None:
        """Write that an operation which broke off goes on."""
        with self._rows() as rows:
            operation = rows.operation(operation_id)
            operation.outcome, operation.detail = Outcome.STARTED, None
            operation.finished_at = None

    def begin_step(self, operation_id: str, name: str) -> int:
        """Write the intention of the operation's next step, and return its position, from 1 on."""
        with self._rows() as rows:
            return rows.add_step(operation_id, _storable(name))

    def end_step(
        self, operation_id: str, position: int, outcome: Outcome, detail: str | None = None
    ) -> None:
        """Write what came of a step; a step that is undone later ends twice."""
        with self._rows() as rows:
            _end(rows.step(operation_id, position), outcome, detail)

    def end_operation(self, operation_id: str, outcome: Outcome, detail: str | None = None) -> None:
        """Write what came of an operation."""
        with self._rows() as rows:
            _end(rows.operation(operation_id), outcome, detail)

    def operations(self, limit: int, group_id: str | None = None) -> list[Operation]:
        """Return the operations that began last, newest first.

        Args:
            limit: how many at most.
            group_id: operations of this group only; `None` means of every group and of none.
        """
        of_group = "TRUE" if group_id is None else "group_id = :group_id"
        return self._read(of_group, limit, group_id=group_id)

    def find(self, operation_id: str) -> Operation | None:
        """Return one operation, or `None` where there is none of that id."""
        return next(iter(self._read("id = :id", id=operation_id)), None)

    def planned(self, command: str, group_id: str | None) -> list[Operation]:
        """Return the operations of a command and group that a later run can go on with.

        They come newest first, whatever became of them.
        """
        wanted = "command = :command AND group_id IS :group_id AND plan IS NOT NULL"
        return self._read(wanted, command=command, group_id=group_id)

    def _read(self, wanted: str, limit: int = _ALL, **parameters: str | None) -> list[Operation]:
        query = _OPERATIONS.format(wanted)
        with self._state.reading() as connection:
            found = read_rows(connection, query, limit=limit, **parameters)
            return [Operation(**_shown(row), steps=_steps(connection, row["id"])) for row in found]

    @contextmanager
    def _rows(self) -> Iterator[JournalRows]:
        from .journal_rows import JournalRows

        with self._state.writing() as session:
            yield JournalRows(session)


def _steps(connection: sqlite3.Connection, operation_id: str) -> tuple[StepEntry, ...]:
    rows = read_rows(connection, _STEPS, id=operation_id)
    return tuple(StepEntry(**_shown(row)) for row in rows)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose texts hold no password of a URL: an earlier version may have kept one."""
    texts = {name: row[name] for name in ("subject", "name", "detail") if row.get(name)}
    return row | {name: masked_words(text) for name, text in texts.items()}


def _end(row: OperationRow | StepRow, outcome: Outcome, detail: str | None) -> None:
    row.outcome = outcome
    row.detail = None if detail is None else _storable(detail)
    row.finished_at = datetime.now(UTC)


def _storable(text: str) -> str:
    """Write out what is not valid Unicode, as file names may hold it, and no password of a URL."""
    return masked_words(text).encode("utf-8", "backslashreplace").decode("utf-8")

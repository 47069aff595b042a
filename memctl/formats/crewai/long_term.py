"""Reads ``long_term_memory_storage.db``, where CrewAI up to 1.9 kept long-term memory.

Its one table was the same from CrewAI 0.28 to 1.9 and names no crew: all crews of a directory share
it. The file is read with the standard library, like Chroma's SQLite file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from ...model.canonical import parse_time, read_json
from ...model.errors import NotAStore
from ..opening import Database, open_sqlite
from ..translate import parsing, translating

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE: Final = "long_term_memory_storage.db"
TABLE: Final = "long_term_memories"
_COLUMNS: Final = ("id", "task_description", "metadata", "datetime", "score")


@dataclass(frozen=True, slots=True)
class LongTermRow:
    """One row of the table.

    Attributes:
        number: the row's integer id, which SQLite never uses again.
        task: the task's description.
        metadata: what CrewAI wrote as JSON: ``suggestions``, ``quality``, ``agent``,
            ``expected_output``; text that is no JSON object is kept under ``metadata``.
        created_at: aware, UTC; `None` if the text is no time.
        stamp: the text that the time was read from.
        score: usually 0 to 10; `None` if it is no number, and then it is kept in the metadata.
    """

    number: int
    task: str
    metadata: dict[str, Any]
    created_at: datetime | None
    stamp: str
    score: float | None


class LongTermFile:
    """The open file; reading changes nothing beside it."""

    __slots__ = ("_database", "path")

    def __init__(self, path: Path, database: Database) -> None:
        """Keep an open database that has the table."""
        self.path = path
        self._database = database

    def count(self) -> int:
        """Return the number of rows."""
        with translating(self.path), self._database.reading():
            return int(self._database.rows(f"SELECT COUNT(*) FROM {TABLE}")[0][0])  # noqa: S608 - a constant

    def revision(self) -> str:
        """Return the state of the table: another text after rows are added or deleted."""
        with translating(self.path), self._database.reading():
            found = self._database.rows(f"SELECT COUNT(*), COALESCE(MAX(id), 0) FROM {TABLE}")  # noqa: S608 - a constant
            return "{}:{}".format(*found[0])

    def rows(
        self, *, after: int = 0, until: int | None = None, batch_size: int = 1000
    ) -> Iterator[list[LongTermRow]]:
        """Yield the rows in the order of their numbers, at most ``batch_size`` at a time."""
        last = 2**63 - 1 if until is None else until
        while batch := self._batch(after, last, batch_size):
            yield batch
            after = batch[-1].number

    def _batch(self, after: int, last: int, size: int) -> list[LongTermRow]:
        with translating(self.path), self._database.reading():
            found = self._database.rows(
                f"SELECT {', '.join(_COLUMNS)} FROM {TABLE}"  # noqa: S608 - constants
                " WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
                (after, last, size),
            )
        with parsing(self.path, "a row holds values that CrewAI does not write"):
            return [_row(*each) for each in found]

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._database.close()

    def __enter__(self) -> Self:
        """Return the file."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close it."""
        self.close()


def open_long_term(path: Path) -> LongTermFile:
    """Open the file for reading.

    Raises:
        NotAStore: when it has no such table.
        DamagedStore: when it is empty, cut short or no SQLite file.
        StoreLocked: when another process does not let go of it.
        NotPermitted: when the user may not read it.
    """
    with translating(path):
        database = open_sqlite(path)
        try:
            columns = {name for _, name, *_ in database.rows(f"PRAGMA table_info({TABLE})")}
        except BaseException:
            database.close()
            raise
    if not columns.issuperset(_COLUMNS):
        database.close()
        raise NotAStore(
            f"`{path}` is not CrewAI's long-term memory: it has no table `{TABLE}` of its form",
            hint="look which program made it",
        )
    return LongTermFile(path, database)


def _row(number: int, task: Any, metadata: Any, stamp: Any, score: Any) -> LongTermRow:
    has_number = isinstance(score, int | float)
    found = _metadata(metadata)
    return LongTermRow(
        number=number,
        task="" if task is None else str(task),
        metadata=found if has_number or score is None else {"score": str(score), **found},
        created_at=_time(stamp),
        stamp="" if stamp is None else str(stamp),
        score=float(score) if has_number else None,
    )


def _metadata(text: Any) -> dict[str, Any]:
    try:
        found = read_json(text)
    except (TypeError, ValueError):
        found = text
    if isinstance(found, dict):
        return found
    return {} if found is None else {"metadata": found}


def _time(stamp: Any) -> datetime | None:
    """Return the time of a text: seconds since 1970, as CrewAI writes them, or ISO 8601."""
    try:
        return datetime.fromtimestamp(float(stamp), UTC)
    except (OverflowError, OSError, TypeError, ValueError):
        return parse_time(stamp) if isinstance(stamp, str) else None

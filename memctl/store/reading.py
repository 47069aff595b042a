"""Rows of the state file with their values, through plain `sqlite3`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .values import OBJECT, OUTCOME, TIME

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "settings": OBJECT.value_of,
    "plan": OBJECT.value_of,
    "outcome": OUTCOME.value_of,
    "created_at": TIME.value_of,
    "updated_at": TIME.value_of,
    "started_at": TIME.value_of,
    "finished_at": TIME.value_of,
    "enable_short_term": bool,
    "enable_long_term": bool,
    "enable_entity": bool,
    "is_active": bool,
    "is_default": bool,
    "complete": bool,
}
"""Column -> how its value is read, in whichever table; the others are what SQLite gives."""


def read_rows(
    connection: sqlite3.Connection, query: str, **parameters: object
) -> Iterator[dict[str, Any]]:
    """Return the rows that a query finds, each by the names of its columns.

    Raises:
        sqlite3.Error: when they can't be read, or a value is damaged.
    """
    found = connection.execute(query, parameters)
    names = [column[0] for column in found.description]
    for row in found:
        yield {
            name: READERS[name](value) if name in READERS else value
            for name, value in zip(names, row, strict=True)
        }

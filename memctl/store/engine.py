"""SQLAlchemy on the state file: the transactions that write; imported when something is written."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator


def engine_on(connect: Callable[[], sqlite3.Connection]) -> Engine:
    """Return an engine on what the connections lead to."""
    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)
    # The driver begins transactions on its own ideas, so it is told to begin none:
    # https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-serializable
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Return a session whose work is kept when the block ends, or not done at all.

    Raises:
        sqlite3.Error: when SQLite fails.
    """
    try:
        with Session(engine) as session, session.begin():
            yield session
    except DBAPIError as error:
        raise error.orig or error from None


def _begin(connection: Connection) -> None:
    # A transaction that reads before it writes must hold the lock from its first statement:
    # https://www.sqlite.org/lang_transaction.html
    connection.exec_driver_sql("BEGIN IMMEDIATE")

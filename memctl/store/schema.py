"""The ordered steps that bring a state file to this program's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..model.errors import LocalStateUnusable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    Step = Callable[[sqlite3.Connection], None]


_S001: Final = (
    """
    CREATE TABLE profiles (
        id VARCHAR NOT NULL PRIMARY KEY,
        group_id VARCHAR NOT NULL,
        name VARCHAR NOT NULL,
        description VARCHAR NOT NULL,
        backend_type VARCHAR NOT NULL,
        settings VARCHAR NOT NULL,
        enable_short_term BOOLEAN NOT NULL,
        enable_long_term BOOLEAN NOT NULL,
        enable_entity BOOLEAN NOT NULL,
        is_active BOOLEAN NOT NULL,
        is_default BOOLEAN NOT NULL,
        created_at VARCHAR NOT NULL,
        updated_at VARCHAR NOT NULL,
        UNIQUE (group_id, name)
    )
    """,
    "CREATE UNIQUE INDEX one_default_per_group ON profiles (group_id) WHERE is_default",
    """
    CREATE TABLE operations (
        number INTEGER NOT NULL PRIMARY KEY,
        id VARCHAR NOT NULL UNIQUE,
        command VARCHAR NOT NULL,
        group_id VARCHAR,
        subject VARCHAR NOT NULL,
        outcome VARCHAR NOT NULL,
        detail VARCHAR,
        started_at VARCHAR NOT NULL,
        finished_at VARCHAR
    )
    """,
    """
    CREATE TABLE steps (
        operation_id VARCHAR NOT NULL REFERENCES operations (id),
        position INTEGER NOT NULL,
        name VARCHAR NOT NULL,
        outcome VARCHAR NOT NULL,
        detail VARCHAR,
        started_at VARCHAR NOT NULL,
        finished_at VARCHAR,
        PRIMARY KEY (operation_id, position)
    )
    """,
    """
    CREATE TABLE checkpoints (
        key VARCHAR NOT NULL,
        memory_type VARCHAR NOT NULL,
        cursor VARCHAR,
        copied INTEGER NOT NULL,
        complete BOOLEAN NOT NULL,
        updated_at VARCHAR NOT NULL,
        PRIMARY KEY (key, memory_type)
    )
    """,
)


def s001_initial(connection: sqlite3.Connection) -> None:
    """Profiles, operations with their steps, checkpoints."""
    for statement in _S001:
        connection.execute(statement)


_S002: Final = (
    "DROP TABLE checkpoints",
    """
    CREATE TABLE checkpoints (
        key VARCHAR NOT NULL,
        memory_type VARCHAR NOT NULL,
        part INTEGER NOT NULL,
        until VARCHAR,
        cursor VARCHAR,
        copied INTEGER NOT NULL,
        complete BOOLEAN NOT NULL,
        updated_at VARCHAR NOT NULL,
        PRIMARY KEY (key, memory_type, part)
    )
    """,
)


def s002_checkpoints_by_part(connection: sqlite3.Connection) -> None:
    """Checkpoints of several parts; copies that broke off before begin anew, and add nothing."""
    for statement in _S002:
        connection.execute(statement)


def s003_plans_of_operations(connection: sqlite3.Connection) -> None:
    """What a later run needs to go on with an operation, or to take it back."""
    connection.execute("ALTER TABLE operations ADD COLUMN plan VARCHAR")


STEPS: Final[tuple[Step, ...]] = (
    s001_initial,
    s002_checkpoints_by_part,
    s003_plans_of_operations,
)
"""The position of a step is the version that it leads to: a step once released never changes."""


def migrate(connection: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Run the steps that the file has not seen: all of them, or none if one fails.

    Args:
        connection: one that begins no transaction by itself (``isolation_level=None``).
        steps: the program's steps.

    Raises:
        LocalStateUnusable: when the file was written by a newer program.
        sqlite3.Error: when SQLite fails.
    """
    if _version(connection, steps) == len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Asked again, as another process may have run the steps in between.
        for step in steps[_version(connection, steps) :]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        # SQLite itself has rolled back already after some errors, such as a full disk.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection, steps: Sequence[Step]) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if not 0 <= version <= len(steps):
        raise LocalStateUnusable(
            f"the local state has schema version {version},"
            f" and this memctl knows versions up to {len(steps)}",
            hint="update memctl",
        )
    return version

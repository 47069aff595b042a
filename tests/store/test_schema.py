from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Boolean, Column
from sqlmodel import SQLModel, create_engine

from memctl.model.errors import LocalStateUnusable
from memctl.store import tables
from memctl.store.database import open_state
from memctl.store.profiles import Profiles
from memctl.store.reading import READERS
from memctl.store.schema import STEPS, migrate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        yield opened


def version_of(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def tables_of(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return [name for (name,) in rows]


def shape_of(connection: sqlite3.Connection) -> dict[str, Any]:
    """Describe columns, keys and indexes, but not how the statements were spelled."""
    return {
        table: {
            "columns": connection.execute(f"PRAGMA table_info({table})").fetchall(),
            "foreign keys": connection.execute(f"PRAGMA foreign_key_list({table})").fetchall(),
            "indexes": sorted(indexes_of(connection, table)),
        }
        for table in tables_of(connection)
    }


def indexes_of(connection: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    for _, name, unique, origin, partial in connection.execute(f"PRAGMA index_list({table})"):
        columns = connection.execute(f"PRAGMA index_info({name})").fetchall()
        yield name, unique, origin, partial, tuple(column for _, _, column in columns)


def add_note(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE profiles ADD COLUMN note VARCHAR")


def break_off(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE half (id INTEGER)")
    connection.execute("SELECT * FROM what_is_not_there")


def test_the_steps_make_the_columns_of_the_sqlmodel_tables(
    connection: sqlite3.Connection, tmp_path: Path
):
    engine = create_engine(f"sqlite:///{tmp_path}/models.db")
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    migrate(connection)

    with closing(sqlite3.connect(tmp_path / "models.db")) as models:
        assert shape_of(connection) == shape_of(models)
    assert tables.ProfileRow.__tablename__ in shape_of(connection)


def test_a_plain_reader_takes_each_column_for_what_the_sqlmodel_tables_say_it_is():
    columns = [each for table in SQLModel.metadata.tables.values() for each in table.columns]
    written = {each.name: form_of(each) for each in columns if form_of(each) is not None}

    assert written == READERS
    assert {each.name for each in columns if form_of(each) is None}.isdisjoint(READERS)


def form_of(column: Column[Any]) -> Any:
    """Return how a value of the column is read where that is not what SQLite gives."""
    if isinstance(column.type, Boolean):
        return bool
    return column.type.form.value_of if isinstance(column.type, tables._Text) else None


def test_the_version_is_the_number_of_steps(connection: sqlite3.Connection):
    migrate(connection)

    assert version_of(connection) == len(STEPS)


def test_a_second_run_does_nothing(connection: sqlite3.Connection):
    migrate(connection)
    before = connection.execute("PRAGMA schema_version").fetchone()

    migrate(connection)

    assert connection.execute("PRAGMA schema_version").fetchone() == before


@pytest.mark.parametrize("version", range(len(STEPS) + 1))
def test_every_old_version_upgrades(connection: sqlite3.Connection, version: int):
    migrate(connection, STEPS[:version])

    migrate(connection)

    assert version_of(connection) == len(STEPS)
    assert tables_of(connection) == ["checkpoints", "operations", "profiles", "steps"]


def test_an_upgrade_runs_the_new_step_only_and_keeps_the_rows(connection: sqlite3.Connection):
    migrate(connection)
    connection.execute(
        "INSERT INTO checkpoints VALUES ('key', 'entity', 0, NULL, NULL, 5, 0, '2026-01-01')"
    )

    migrate(connection, (*STEPS, add_note))

    assert version_of(connection) == len(STEPS) + 1
    assert connection.execute("SELECT note FROM profiles").fetchall() == []
    assert connection.execute("SELECT copied FROM checkpoints").fetchall() == [(5,)]


def test_a_step_that_fails_takes_back_every_step_and_the_version(connection: sqlite3.Connection):
    with pytest.raises(sqlite3.OperationalError, match="what_is_not_there"):
        migrate(connection, (*STEPS, break_off))

    assert version_of(connection) == 0
    assert tables_of(connection) == []
    assert not connection.in_transaction


def test_a_step_that_fails_keeps_the_version_that_was_there(connection: sqlite3.Connection):
    migrate(connection)

    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, (*STEPS, add_note, break_off))

    assert version_of(connection) == len(STEPS)
    assert "half" not in tables_of(connection)
    migrate(connection, (*STEPS, add_note))
    assert version_of(connection) == len(STEPS) + 1


@pytest.mark.parametrize("version", [len(STEPS) + 1, 2**31 - 1, -1])
def test_a_file_of_another_program_is_refused_and_not_touched(used_home: Path, version: int):
    with closing(sqlite3.connect(used_home / "state.db")) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    before = (used_home / "state.db").read_bytes()

    with pytest.raises(LocalStateUnusable) as caught:
        open_state()

    assert str(version) in caught.value.message
    assert caught.value.hint == "update memctl"
    assert (used_home / "state.db").read_bytes() == before


def test_a_file_that_was_upgraded_meanwhile_is_not_upgraded_twice(tmp_path: Path):
    with (
        closing(sqlite3.connect(tmp_path / "state.db", isolation_level=None)) as first,
        closing(sqlite3.connect(tmp_path / "state.db", isolation_level=None)) as second,
    ):

        def step_that_another_process_was_faster_with(connection: sqlite3.Connection) -> None:
            raise AssertionError(connection)

        migrate(first)
        second.set_trace_callback(
            lambda sql: migrate(first, (*STEPS, add_note)) if sql == "BEGIN IMMEDIATE" else None
        )
        migrate(second, (*STEPS, step_that_another_process_was_faster_with))

        assert version_of(second) == len(STEPS) + 1


def test_a_new_file_has_the_schema_when_it_appears(home: Path):
    with open_state() as state:
        Profiles(state).create("acme", "prod", backend_type="chroma")

    with closing(sqlite3.connect(home / "state.db")) as connection:
        assert version_of(connection) == len(STEPS)

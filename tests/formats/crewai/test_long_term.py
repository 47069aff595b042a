from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from memctl.formats.crewai.long_term import FILE, open_long_term
from memctl.model.errors import DamagedStore, NotAStore

from ...conftest import fingerprint
from .stores import unpack

TABLE = (
    "CREATE TABLE long_term_memories (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " task_description TEXT, metadata TEXT, datetime TEXT, score REAL)"
)


@pytest.fixture
def make(tmp_path):
    """Make a file as CrewAI does, with rows of task, metadata, datetime and score."""

    def run(*rows, pragma="PRAGMA journal_mode = DELETE"):
        path = tmp_path / "store" / FILE
        path.parent.mkdir()
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(pragma)
            connection.execute(TABLE)
            for each in rows:
                connection.execute(
                    "INSERT INTO long_term_memories (task_description, metadata, datetime, score)"
                    " VALUES (?, ?, ?, ?)",
                    each,
                )
        return path

    return run


def read(path):
    with open_long_term(path) as file:
        rows = [row for batch in file.rows(batch_size=2) for row in batch]
        assert file.count() == len(rows)
        return rows


def test_rows_are_read_as_crewai_wrote_them(tmp_path):
    rows = read(unpack("1.9.3-a", tmp_path) / FILE)

    assert [row.number for row in rows] == [1, 2, 3, 4]
    assert rows[0].created_at == datetime.fromtimestamp(1700000000.25, UTC)
    assert rows[0].metadata["quality"] == rows[0].score


def test_odd_rows_are_read_as_far_as_they_go(make):
    path = make(
        (None, None, None, None),
        ("t", "no JSON", "2026-01-02T03:04:05", 5),
        ("t", '["a list"]', "1e300", 5),
        ("t", '{"quality": NaN}', "-1", 5),
    )

    empty, text, listed, not_a_number = read(path)

    assert (empty.task, empty.metadata, empty.created_at, empty.score) == ("", {}, None, None)
    assert text.metadata == {"metadata": "no JSON"}
    assert text.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (listed.metadata, listed.created_at) == ({"metadata": ["a list"]}, None)
    assert not_a_number.metadata == {"quality": "NaN"}


def test_reading_goes_on_after_a_row_and_stops_at_one(make):
    with open_long_term(make(*[(f"task {n}", "{}", "1", 1) for n in range(9)])) as file:
        found = [row.number for batch in file.rows(after=3, until=7, batch_size=3) for row in batch]

    assert found == [4, 5, 6, 7]


def test_a_score_that_is_no_number_stays_in_the_metadata(make):
    (row,) = read(make(("t", '{"quality": 5}', "1", "much")))

    assert (row.score, row.metadata) == (None, {"score": "much", "quality": 5})


def test_a_file_in_wal_mode_is_read_and_nothing_appears_beside_it(make):
    path = make(("t", "{}", "1", 1), pragma="PRAGMA journal_mode = WAL")
    before = fingerprint(path.parent)

    assert len(read(path)) == 1
    assert fingerprint(path.parent) == before


def test_a_file_that_another_process_is_writing_is_read_as_it_was(make):
    path = make(("t", "{}", "1", 1))
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM long_term_memories")

        assert len(read(path)) == 1
        writer.execute("ROLLBACK")


@pytest.mark.parametrize("left", [0, 50, 5000])
def test_a_truncated_file_is_damage(tmp_path, left):
    path = unpack("1.9.3-b", tmp_path) / FILE
    path.write_bytes(path.read_bytes()[:left])

    with pytest.raises(DamagedStore):
        read(path)


def test_another_programs_file_of_that_name_is_not_one_of_crewais(tmp_path):
    path = tmp_path / FILE
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE long_term_memories (id INTEGER)")

    with pytest.raises(NotAStore):
        open_long_term(path)

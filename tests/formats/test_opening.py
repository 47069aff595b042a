from __future__ import annotations

import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from memctl.core.backup.listing import LISTING, read_listing
from memctl.formats.chroma import open_store
from memctl.formats.crewai.lance import read_table
from memctl.formats.crewai.long_term import FILE, open_long_term
from memctl.formats.crewai.storage import TABLE_DIRECTORY
from memctl.formats.opening import NotRegularFile, open_regular, open_sqlite, read_regular
from memctl.formats.translate import translating
from memctl.model.errors import DamagedStore, NotAStore


def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


def listening(path):
    with socket.socket(socket.AF_UNIX) as made, pytest.MonkeyPatch.context() as moved:
        moved.chdir(path.parent)  # the name of a socket may not be long
        made.bind(path.name)


NO_FILES = pytest.mark.parametrize("make", [pipe, device, listening])


@pytest.fixture
def sqlite_file(tmp_path):
    file = tmp_path / "50% of?#.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.commit()
    return file


def read_x(file):
    with translating(file), closing(open_sqlite(file)) as database:
        return database.rows("SELECT x FROM t")


@NO_FILES
def test_what_is_no_file_is_neither_waited_for_nor_read(tmp_path, make):
    make(tmp_path / "it")

    with pytest.raises(NotRegularFile, match="it is not a regular file"):
        open_regular(tmp_path / "it")


def test_a_link_is_followed_unless_it_may_not_be(tmp_path):
    (tmp_path / "file").write_bytes(b"bytes")
    (tmp_path / "link").symlink_to("file")

    assert read_regular(tmp_path / "link") == b"bytes"
    with pytest.raises(OSError, match="link"):
        open_regular(tmp_path / "link", follow_links=False)


def test_a_file_is_read_whatever_characters_its_name_holds(sqlite_file):
    assert read_x(sqlite_file) == [(1,)]
    assert list(sqlite_file.parent.iterdir()) == [sqlite_file]


def test_a_journal_lies_beside_what_a_link_leads_to(sqlite_file):
    link = sqlite_file.parent / "link"
    link.symlink_to(sqlite_file.name)
    with closing(sqlite3.connect(sqlite_file)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("INSERT INTO t VALUES (2)")
        writer.commit()

        assert read_x(link) == [(1,), (2,)]


@NO_FILES
def test_what_is_no_file_in_place_of_a_sqlite_file_is_damage(tmp_path, make):
    make(tmp_path / "it.db")

    with pytest.raises(DamagedStore, match="it is not a regular file"):
        read_x(tmp_path / "it.db")


@NO_FILES
@pytest.mark.parametrize("journal", ["-journal", "-wal"])
def test_what_is_no_file_in_place_of_a_journal_is_damage(sqlite_file, make, journal):
    make(sqlite_file.with_name(sqlite_file.name + journal))

    with pytest.raises(DamagedStore, match="it is not a regular file"):
        read_x(sqlite_file)


def test_nothing_is_created_where_nothing_lies(tmp_path):
    with pytest.raises(DamagedStore, match="is missing"):
        read_x(tmp_path / "nowhere.db")

    assert list(tmp_path.iterdir()) == []


@NO_FILES
def test_what_is_no_file_makes_no_chroma_store(tmp_path, make):
    make(tmp_path / "chroma.sqlite3")

    with pytest.raises(NotAStore):
        open_store(tmp_path)


@NO_FILES
def test_what_is_no_file_is_no_long_term_memory_no_table_and_no_listing(tmp_path, make):
    versions = tmp_path / TABLE_DIRECTORY / "_versions"
    versions.mkdir(parents=True)
    for each in (tmp_path / FILE, versions / "1.manifest", tmp_path / LISTING):
        make(each)

    with pytest.raises(DamagedStore, match="it is not a regular file"):
        open_long_term(tmp_path / FILE)
    with pytest.raises(DamagedStore, match="it is not a regular file"):
        read_table(Path(tmp_path))
    assert read_listing(tmp_path) is None

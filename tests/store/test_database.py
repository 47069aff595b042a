from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from memctl.model.errors import DiskFull, InvalidSetting, LocalStateUnusable, ProfileNotFound
from memctl.model.memory_type import MemoryType
from memctl.store.checkpoints import Checkpoints
from memctl.store.database import State, open_state, translated_errors
from memctl.store.journal import Journal
from memctl.store.profiles import Profiles
from memctl.store.tables import ProfileRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def files_in(directory: Path) -> dict[str, int]:
    return {
        str(path.relative_to(directory)): stat.S_IMODE(path.stat().st_mode)
        for path in directory.rglob("*")
    }


def refusal_of(state_file: Path) -> LocalStateUnusable:
    before = state_file.read_bytes()
    with pytest.raises(LocalStateUnusable) as caught, open_state() as state:
        Profiles(state).list("acme")
    assert state_file.read_bytes() == before
    assert str(state_file) in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 4
    return caught.value


def pragma(session: Session, name: str) -> object:
    return session.execute(text(f"PRAGMA {name}")).scalar()


def test_reading_where_nothing_is_answers_empty_and_creates_nothing(home: Path):
    with open_state() as state:
        assert Profiles(state).list("acme") == []
        assert Profiles(state).find("acme", "prod") is None
        assert Profiles(state).default_of("acme") is None
        assert Profiles(state).newest_active("acme") is None
        assert Journal(state).operations(10) == []
        assert Journal(state).planned("setup databricks", "acme") == []
        assert Checkpoints(state).get("key", MemoryType.ENTITY) == []
        with pytest.raises(ProfileNotFound):
            Profiles(state).get("acme", "prod")

    assert not home.exists()


def test_a_reader_sees_the_file_that_appears_after_it_has_looked(home: Path):
    with open_state() as reader, open_state() as writer:
        assert Profiles(reader).list("acme") == []
        Profiles(writer).create("acme", "prod", backend_type="chroma")

        assert [each.name for each in Profiles(reader).list("acme")] == ["prod"]

    assert home.exists()


def test_files_are_for_their_owner_only_whatever_the_umask(home: Path):
    umask = os.umask(0)
    try:
        with open_state() as state:
            Profiles(state).create("acme", "prod", backend_type="chroma")
            files = files_in(home)
    finally:
        os.umask(umask)

    assert files == {
        "state.db": 0o600,
        "state.db-wal": 0o600,
        "state.db-shm": 0o600,
        "locks": 0o700,
        "locks/state.lock": 0o600,
    }
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_draft_that_a_killed_run_left_is_replaced(home: Path):
    home.mkdir()
    (home / "state.db.new").write_bytes(b"half a database")

    with open_state() as state:
        Profiles(state).create("acme", "prod", backend_type="chroma")

    assert "state.db.new" not in files_in(home)
    with open_state() as state:
        assert Profiles(state).get("acme", "prod").is_default


def test_every_connection_is_durable_and_holds_foreign_keys(state: State):
    with state.writing() as session:
        assert pragma(session, "journal_mode") == "wal"
        assert pragma(session, "synchronous") == 2
        assert pragma(session, "foreign_keys") == 1
        assert pragma(session, "busy_timeout") == 10_000


def test_a_write_that_fails_leaves_nothing_behind(state: State):
    Profiles(state).create("acme", "prod", backend_type="chroma")

    def fail_half_way() -> None:
        with state.writing() as session:
            session.exec(select(ProfileRow)).one().name = "other"
            session.flush()
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()

    assert [each.name for each in Profiles(state).list("acme")] == ["prod"]


def test_a_reader_sees_one_moment(state: State):
    Profiles(state).create("acme", "prod", backend_type="chroma")

    with state.reading() as connection:
        before = connection.execute("SELECT name FROM profiles").fetchall()
        with open_state() as other:
            Profiles(other).create("acme", "next", backend_type="chroma")
        after = connection.execute("SELECT name FROM profiles").fetchall()

    assert before == after == [("prod",)]


def test_closing_twice_is_fine(state: State):
    Profiles(state).create("acme", "prod", backend_type="chroma")

    state.close()
    state.close()


@pytest.mark.parametrize("size", [0, 1, 100, 511])
def test_a_file_without_a_whole_page_is_refused(used_home: Path, size: int):
    content = (used_home / "state.db").read_bytes()
    (used_home / "state.db").write_bytes(content[:size])

    assert f"cut short, it has {size} bytes" in refusal_of(used_home / "state.db").message


def test_a_file_that_is_no_database_is_refused(used_home: Path):
    (used_home / "state.db").write_bytes(b"not a database, whoever wrote it\n" * 200)

    assert "not a database" in refusal_of(used_home / "state.db").message


def test_a_damaged_file_is_refused(used_home: Path):
    damaged = bytearray((used_home / "state.db").read_bytes())
    damaged[4096:] = b"\xff" * (len(damaged) - 4096)
    (used_home / "state.db").write_bytes(damaged)

    assert "malformed" in refusal_of(used_home / "state.db").message


def test_a_file_that_was_cut_short_is_refused(used_home: Path):
    content = (used_home / "state.db").read_bytes()
    (used_home / "state.db").write_bytes(content[: len(content) // 2])

    assert "malformed" in refusal_of(used_home / "state.db").message


def test_a_file_that_lost_a_table_is_refused(used_home: Path):
    with closing(sqlite3.connect(used_home / "state.db")) as connection:
        connection.execute("DROP TABLE profiles")

    assert "no such table: profiles" in refusal_of(used_home / "state.db").message


@pytest.mark.parametrize(
    "damage",
    [
        "created_at = 'yesterday'",
        "created_at = x'00'",
        "settings = 'x'",
        "settings = '[]'",
        "settings = x'80'",
    ],
)
def test_a_value_that_cannot_be_read_is_refused(used_home: Path, damage: str):
    with closing(sqlite3.connect(used_home / "state.db")) as connection, connection:
        connection.execute(f"UPDATE profiles SET {damage}")  # noqa: S608 - the text is ours

    refusal_of(used_home / "state.db")


def test_an_outcome_that_nobody_knows_is_refused(used_home: Path):
    with closing(sqlite3.connect(used_home / "state.db")) as connection, connection:
        connection.execute("UPDATE operations SET outcome = 'perhaps'")

    with (
        open_state() as state,
        pytest.raises(LocalStateUnusable, match="`perhaps` is not an outcome"),
    ):
        Journal(state).operations(10)


def test_a_directory_in_the_place_of_the_file_is_refused(home: Path):
    (home / "state.db").mkdir(parents=True)

    with pytest.raises(LocalStateUnusable):
        open_state()


def test_a_file_in_the_place_of_the_home_is_refused(home: Path):
    home.write_text("")

    with pytest.raises(LocalStateUnusable, match="Not a directory"):
        open_state()


def test_a_link_to_nowhere_is_refused(home: Path):
    home.mkdir()
    (home / "state.db").symlink_to(home / "gone")

    with pytest.raises(LocalStateUnusable):
        open_state()


def test_a_path_that_looks_like_a_uri_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home = tmp_path / "50% off?mode=memory#1 ü"
    monkeypatch.setenv("MEMCTL_HOME", str(home))

    with open_state() as state:
        Profiles(state).create("acme", "prod", backend_type="chroma")
    with open_state() as state:
        assert Profiles(state).get("acme", "prod").is_default

    assert (home / "state.db").is_file()


def test_a_full_disk_is_named_with_a_way_out(used_home: Path):
    path = used_home / "state.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE much (content)")
        connection.execute("PRAGMA max_page_count = 1")

        with pytest.raises(LocalStateUnusable, match="disk is full") as caught:  # noqa: SIM117 - the outer sees what the inner makes of it
            with translated_errors(path):
                connection.execute("INSERT INTO much VALUES (zeroblob(100000))")

    assert "free some space" in str(caught.value.hint)


def fill_up(directory: Path) -> Path:
    """Leave no room on a disk, and return the file that takes it."""
    path = directory / "fill"
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            """Until the disk is full."""
    return path


@pytest.mark.parametrize("kib", [4, 8, 60, 84, 100, 120])
def test_a_disk_too_small_for_a_new_file_leaves_none_that_is_cut_short(
    small_disk: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch, kib: int
):
    home = small_disk(kib) / "home"
    monkeypatch.setenv("MEMCTL_HOME", str(home))

    with pytest.raises(LocalStateUnusable) as caught, open_state() as state:
        Profiles(state).create("acme", "prod", backend_type="chroma")

    assert "free some space on the disk of `MEMCTL_HOME`" in str(caught.value.hint)
    assert "state.db" not in files_in(home)
    small_disk(1024)
    with open_state() as state:
        assert Profiles(state).list("acme") == []
        Profiles(state).create("acme", "prod", backend_type="chroma")
    assert set(files_in(home)) == {"state.db", "locks", "locks/state.lock"}


def test_a_disk_that_fills_up_between_two_writes_is_told_and_gone_on_with(
    small_disk: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
):
    home = small_disk(1024) / "home"
    monkeypatch.setenv("MEMCTL_HOME", str(home))

    with open_state() as state:
        Profiles(state).create("acme", "first", backend_type="chroma")
        filled = fill_up(home.parent)
        with pytest.raises(DiskFull) as caught:  # noqa: PT012 - how many fit in is SQLite's affair
            for number in range(100):
                Profiles(state).create("acme", f"next-{number}", backend_type="chroma")
        kept = len(Profiles(state).list("acme"))
        filled.unlink()
        Profiles(state).create("acme", "last", backend_type="chroma")

    assert caught.value.exit_code == 8
    assert str(home / "state.db") in caught.value.message
    assert "free some space on the disk of `MEMCTL_HOME`" in str(caught.value.hint)
    with open_state() as state:
        assert len(Profiles(state).list("acme")) == kept + 1


def test_a_file_on_a_full_disk_is_not_opened_and_not_harmed(
    small_disk: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
):
    home = small_disk(1024) / "home"
    monkeypatch.setenv("MEMCTL_HOME", str(home))
    with open_state() as state:
        Profiles(state).create("acme", "prod", backend_type="chroma")
    filled = fill_up(home.parent)

    refused = refusal_of(home / "state.db")

    assert "free some space on the disk of `MEMCTL_HOME`" in str(refused.hint)
    filled.unlink()
    with open_state() as state:
        assert [each.name for each in Profiles(state).list("acme")] == ["prod"]


def test_a_text_that_is_not_unicode_is_an_invalid_setting(state: State):
    Profiles(state).create("acme", "prod", backend_type="chroma")

    with pytest.raises(InvalidSetting, match="not a group id"):
        Profiles(state).create("caf\udce9", "prod", backend_type="chroma")
    with pytest.raises(InvalidSetting, match="not valid Unicode"):
        Profiles(state).list("caf\udce9")

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import memctl as library
from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_records

from ..cli.stores import INDEX_ON_DISK, make_foreign_store, rows
from ..conftest import fingerprint, make_store
from ..formats.chroma.stores import unpack


def own(path: Path) -> Path:
    return make_store("chroma", path, make_records(5))


def foreign(path: Path) -> Path:
    return make_foreign_store(path, {"memory_short_term_Crew": rows(12)}, INDEX_ON_DISK)


def old(path: Path) -> Path:
    return Path(shutil.move(unpack("0.5-below", path.parent / "unpacked"), path))


def in_wal_mode(path: Path) -> Path:
    with closing(sqlite3.connect(own(path) / "chroma.sqlite3")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    return path


def interrupted(path: Path) -> Path:
    """A store as a writer leaves it that is killed in the middle of a transaction."""
    source = own(path.with_name("source"))
    with closing(sqlite3.connect(source / "chroma.sqlite3", isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN")
        connection.execute("DELETE FROM embedding_metadata")
        return Path(shutil.copytree(source, path))


def archive(path: Path) -> Path:
    return make_store("archive", path, make_records(5))


STORES = {
    "own": own,
    "foreign": foreign,
    "old": old,
    "WAL mode": in_wal_mode,
    "interrupted": interrupted,
    "archive": archive,
}


def look_with_the_library(at: str) -> None:
    with library.connect(at=at, group="acme") as connection:
        connection.count(include_unscoped=True)
        for batch in connection.scan(batch_size=2):
            vector = batch.records[0].embedding
            connection.search(batch.records[0].type, vector, limit=3)
        connection.search(MemoryType.LONG_TERM, np.ones(4, np.float32))
        connection.backend.partitions(MemoryType.SHORT_TERM, 3)
        connection.backend.owners(MemoryType.SHORT_TERM, ["record-00001", "row-001", "x"])


@pytest.mark.parametrize("kind", STORES)
def test_looking_changes_nothing_and_leaves_nothing_behind(memctl, tmp_path, monkeypatch, kind):
    path = STORES[kind](tmp_path / "store")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    at = f"{'archive' if kind == 'archive' else 'chroma'}:{path}"
    mapping = ("--map", "document=by_cosine") if kind == "old" else ()
    before = fingerprint(path)

    codes = [
        memctl(*words, *mapping, "--json").exit_code
        for words in (
            ("stats", "--at", at),
            ("stats", "research", "-g", "acme", "--at", at),
            ("verify", "--at", at),
            ("verify", "--strict", "--at", at),
            ("records", "list", "--at", at),
            ("records", "list", "--with-embeddings", "--at", at),
            ("records", "show", "nobody", "--at", at),
            ("search", "--like", "nobody", "--at", at),
            ("migrate", at, f"archive:{tmp_path}/copy", "-n"),
            ("migrate", at, f"archive:{tmp_path}/copy"),
        )
    ]
    look_with_the_library(at)

    assert fingerprint(path) == before
    verified = slice(2, 4)  # some of these stores have something to warn of
    del codes[verified]
    assert codes == [0, 0, 0, 0, 3, 3, 0, 0]
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.fixture
def reachable():
    """A folder that every user can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        (Path(directory) / "out").mkdir()
        (Path(directory) / "out").chmod(0o777)
        yield Path(directory)


LOOKS = ("stats", "verify", "list", "show", "migrate")
NOT_PERMITTED = [5, "not_permitted"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_looks_at_what_may_be_read_and_changes_nothing(reachable):
    source = make_store("archive", reachable / "source", make_records(9))
    stores = {
        (kind, mode): make_store(kind, reachable / f"{kind}-{mode:o}", make_records(5))
        for kind in ("chroma", "archive")
        for mode in (0o555, 0o700)
    }
    for each in reachable.rglob("*"):
        if each != reachable / "out":
            each.chmod(0o755 if each.is_dir() else 0o644)
    for (_, mode), path in stores.items():
        path.chmod(mode)
    before = fingerprint(reachable / "source"), [fingerprint(path) for path in stores.values()]

    locations = [f"{kind}:{path}" for (kind, _), path in stores.items()]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.core.other_user", reachable / "out", source, *locations],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    assert before == (
        fingerprint(reachable / "source"),
        [fingerprint(path) for path in stores.values()],
    )
    for (kind, mode), found in zip(stores, json.loads(ran.stdout), strict=True):
        may_look = mode == 0o555
        assert [found[each] for each in LOOKS] == [[0, None] if may_look else NOT_PERMITTED] * 5
        is_finished = kind == "archive" and may_look
        assert found["write"] == ([7, "unsupported_operation"] if is_finished else NOT_PERMITTED)
        assert found["setup"] == NOT_PERMITTED

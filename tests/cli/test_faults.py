from __future__ import annotations

import json
import os
import pickle
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from memctl.model.memory_type import MemoryType
from memctl.model.record import same_record
from memctl.testing.records import make_record, make_records

from ..conftest import Ran, fingerprint, make_store, start_memctl
from .stores import change, error_of, make_foreign_store, read_store, row, segment_of

if TYPE_CHECKING:
    from collections.abc import Iterator

DAMAGED = (4, "damaged_store")


def looks(at: str, out: Path) -> dict[str, tuple[str, ...]]:
    """Give every command that only looks at a store."""
    return {
        "stats": ("stats", "--at", at),
        "verify": ("verify", "--at", at),
        "list": ("records", "list", "--at", at, "--with-embeddings"),
        "show": ("records", "show", "row-001", "--at", at),
        "migrate": ("migrate", at, f"archive:{out}"),
    }


def answer(ran: Ran) -> tuple[int, str | None]:
    """Give the exit code and the first error's code."""
    errors = ran.document["errors"]
    return ran.exit_code, errors[0]["code"] if errors else None


def look(memctl, at: str, out: Path) -> dict[str, tuple[int, str | None]]:
    """Run every command that looks, and hold that none changes anything at the location."""
    path = Path(at.partition(":")[2])
    before = fingerprint(path) if path.exists() else None
    found = {name: answer(memctl(*each, "--json")) for name, each in looks(at, out).items()}
    assert (fingerprint(path) if path.exists() else None) == before
    return found


def write(memctl, target: str, source: Path, *options: str) -> Ran:
    return memctl("migrate", f"archive:{source}", target, *options, "--json")


@pytest.fixture
def source(tmp_path):
    """An archive whose records no store holds yet."""
    return make_store("archive", tmp_path / "source", make_records(30, crew_id="new"))


# What lies at the place


@pytest.mark.parametrize("kind", ["chroma", "archive"])
def test_no_store_at_the_path_exits_with_4(memctl, tmp_path, kind):
    found = look(memctl, f"{kind}:{tmp_path}/none", tmp_path / "out")

    assert set(found.values()) == {(4, "store_not_found")}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["chroma", "archive"])
def test_a_directory_that_is_not_a_store_exits_with_4(memctl, tmp_path, kind, source):
    place = tmp_path / "place"
    place.mkdir()
    (place / "letter.txt").write_text("not yours")

    found = look(memctl, f"{kind}:{place}", tmp_path / "out")
    found["write"] = answer(write(memctl, f"{kind}:{place}", source))

    assert set(found.values()) == {(4, "not_a_store")}
    assert [each.name for each in place.iterdir()] == ["letter.txt"]


def test_the_sqlite_file_of_another_program_is_not_a_store(memctl, tmp_path, source):
    place = tmp_path / "place"
    place.mkdir()
    change(place, "CREATE TABLE letters (text)")
    before = fingerprint(place)

    found = look(memctl, f"chroma:{place}", tmp_path / "out")
    found["write"] = answer(write(memctl, f"chroma:{place}", source))

    assert set(found.values()) == {(4, "not_a_store")}
    assert fingerprint(place) == before


@pytest.mark.parametrize(
    "place", ["file", "directory", "pipe", "link to nowhere", "file in the way", "too long"]
)
@pytest.mark.parametrize("kind", ["chroma", "archive"])
def test_a_place_that_can_hold_no_store_is_no_bug_of_memctl(memctl, tmp_path, source, kind, place):
    (tmp_path / "file").write_text("x")
    (tmp_path / "directory" / "chroma.sqlite3").mkdir(parents=True)
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / "chroma.sqlite3")
    (tmp_path / "link to nowhere").symlink_to(tmp_path / "gone" / "further")
    name = {"file in the way": "file/store", "too long": "x" * 10_000}.get(place, place)
    at = f"{kind}:{tmp_path / name}"

    codes = {memctl(*each, "--json").exit_code for each in looks(at, tmp_path / "out").values()}
    written = write(memctl, at, source)

    assert codes <= {0, 4}
    assert written.exit_code in {0, 4, 5}
    assert (tmp_path / "file").read_text() == "x"


def test_the_home_of_nobody_is_no_place_and_no_bug(memctl, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    stats = memctl("stats", "--at", "chroma:~nobody-of-this-name/store", "--json")
    setup = memctl("setup", "chroma", "--path", "~nobody-of-this-name/store", "-n", "--json")

    assert (stats.exit_code, setup.exit_code) == (4, 0)
    assert list(tmp_path.iterdir()) == []


# The SQLite file


@pytest.mark.parametrize("size", [0, 1, 16, 100, 4096, 65536, -4096])
def test_a_cut_short_sqlite_file_exits_with_4(memctl, tmp_path, own, source, size):
    file = own / "chroma.sqlite3"
    os.truncate(file, size if size >= 0 else file.stat().st_size + size)
    before = fingerprint(own)

    found = look(memctl, f"chroma:{own}", tmp_path / "out")
    found["write"] = answer(write(memctl, f"chroma:{own}", source))

    assert set(found.values()) == {DAMAGED}
    assert fingerprint(own) == before
    assert not (tmp_path / "out").exists()


def leave_a_journal(path: Path, target: Path) -> Path:
    """Copy a store as a writer leaves it that is killed in the middle of a transaction."""
    with closing(sqlite3.connect(path / "chroma.sqlite3", isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN")
        connection.execute("UPDATE embeddings SET embedding_id = 'evil-' || id")
        connection.execute("DELETE FROM embedding_metadata")
        shutil.copytree(path, target)
        connection.execute("ROLLBACK")
    assert (target / "chroma.sqlite3-journal").stat().st_size
    assert (target / "chroma.sqlite3").read_bytes() != (path / "chroma.sqlite3").read_bytes()
    return target


def leave_a_wal(path: Path, target: Path) -> Path:
    """Copy a store whose last change stands in the write-ahead log only."""
    with closing(sqlite3.connect(path / "chroma.sqlite3", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "UPDATE embedding_metadata SET string_value = 'changed' WHERE key = 'scope'"
        )
        shutil.copytree(path, target)
    assert (target / "chroma.sqlite3-wal").stat().st_size
    return target


def test_a_hot_journal_is_rolled_back_in_a_private_copy(memctl, tmp_path, own):
    left = leave_a_journal(own, tmp_path / "left")
    before = fingerprint(left)

    ran = memctl("migrate", f"chroma:{left}", f"archive:{tmp_path}/out", "--json")
    stats = memctl("stats", "--at", f"chroma:{left}", "--json")

    assert fingerprint(left) == before
    assert (ran.exit_code, stats.data["total"]) == (0, 20)
    found = read_store("archive", tmp_path / "out")
    assert all(same_record(found[each.id], each) for each in make_records(20))


def test_a_wal_is_read(memctl, tmp_path, own):
    left = leave_a_wal(own, tmp_path / "left")
    before = fingerprint(left)

    ran = memctl("migrate", f"chroma:{left}", f"archive:{tmp_path}/out", "--json")

    assert fingerprint(left) == before
    assert ran.exit_code == 0
    found = read_store("archive", tmp_path / "out").values()
    assert [each.scope for each in found] == ["changed"] * 20


@pytest.mark.parametrize("leave", [leave_a_journal, leave_a_wal])
def test_a_store_with_a_journal_is_written_and_compared(memctl, tmp_path, own, source, leave):
    left = leave(own, tmp_path / "left")

    ran = write(memctl, f"chroma:{left}", source, "--batch-size", "7")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["comparison"]["same"] == 30
    assert memctl("stats", "--at", f"chroma:{left}", "--json").data["total"] == 50


# The index


@pytest.mark.parametrize(
    "missing",
    ["", "data_level0.bin", "header.bin", "length.bin", "index_metadata.pickle"],
)
def test_a_missing_segment_is_found_and_what_needs_no_vectors_is_read(
    memctl, tmp_path, indexed, missing
):
    segment = segment_of(indexed)
    if missing:
        (segment / missing).unlink()
    else:
        shutil.rmtree(segment)

    found = look(memctl, f"chroma:{indexed}", tmp_path / "out")
    without = memctl("records", "list", "--at", f"chroma:{indexed}", "--json")

    assert found == {
        "stats": (0, None),
        "verify": (3, "problems_found"),
        "list": DAMAGED,
        "show": DAMAGED,
        "migrate": DAMAGED,
    }
    assert len(without.data["records"]) == 20
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "file", ["data_level0.bin", "header.bin", "length.bin", "index_metadata.pickle"]
)
def test_a_short_file_of_the_index_exits_with_4(memctl, tmp_path, indexed, file):
    path = segment_of(indexed) / file
    os.truncate(path, path.stat().st_size // 10)

    found = look(memctl, f"chroma:{indexed}", tmp_path / "out")

    assert (found["stats"], found["verify"]) == ((0, None), (3, "problems_found"))
    assert (found["list"], found["show"], found["migrate"]) == (DAMAGED, DAMAGED, DAMAGED)


def test_a_damaged_index_is_named(memctl, indexed):
    file = segment_of(indexed) / "data_level0.bin"
    os.truncate(file, 100)

    ran = memctl("records", "show", "row-001", "--at", f"chroma:{indexed}", "--json")

    assert str(file) in error_of(ran)["message"]
    assert error_of(ran)["hint"]


class Explosive:
    """Creates a file as soon as somebody unpickles it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self):
        return (Path.touch, (self._path,))


@pytest.mark.parametrize("protocol", [0, 4])
def test_a_pickle_that_names_another_class_is_refused_unread(memctl, tmp_path, indexed, protocol):
    payload = {"id_to_label": Explosive(tmp_path / "exploded"), "dimensionality": 4}
    (segment_of(indexed) / "index_metadata.pickle").write_bytes(pickle.dumps(payload, protocol))

    found = look(memctl, f"chroma:{indexed}", tmp_path / "out")

    assert (found["verify"], found["list"]) == ((3, "problems_found"), DAMAGED)
    assert (found["show"], found["migrate"]) == (DAMAGED, DAMAGED)
    assert not (tmp_path / "exploded").exists()


# Schema levels


def test_a_schema_level_from_the_future_exits_with_7(memctl, tmp_path, own, source):
    change(
        own, "INSERT INTO migrations SELECT dir, 99, filename, sql, hash FROM migrations LIMIT 1"
    )
    before = fingerprint(own)

    found = look(memctl, f"chroma:{own}", tmp_path / "out")
    found["write"] = answer(write(memctl, f"chroma:{own}", source))
    found["setup"] = answer(memctl("setup", "chroma", "--path", own, "--json"))

    assert set(found.values()) == {(7, "unsupported_schema")}
    assert fingerprint(own) == before


# Locks


@contextmanager
def locked(path: Path, kind: str) -> Iterator[None]:
    """Hold a lock on a store's file as another program does.

    Not in this process: reading the file in the same one would let go of it.
    """
    script = (
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute(f'BEGIN {sys.argv[2]}')\n"
        "print('locked', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(path / "chroma.sqlite3"), kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline()
        yield
        process.stdin.close()


def test_a_store_locked_by_another_program_exits_with_6(tmp_path, own):
    before = fingerprint(own)
    with locked(own, "EXCLUSIVE"):
        commands = looks(f"chroma:{own}", tmp_path / "out")
        started = [
            start_memctl(*commands[each], "--json") for each in ("stats", "verify", "migrate")
        ]
        ran = [(*each.communicate(), each.returncode) for each in started]

    assert [code for *_, code in ran] == [6] * 3
    assert {json.loads(out)["errors"][0]["code"] for out, *_ in ran} == {"store_locked"}
    assert fingerprint(own) == before


def test_a_store_that_another_program_writes_to_can_be_read_and_not_written(
    memctl, tmp_path, own, source
):
    before = fingerprint(own)
    with locked(own, "IMMEDIATE"):
        stats = memctl("stats", "--at", f"chroma:{own}", "--json")
        written = answer(write(memctl, f"chroma:{own}", source))

    assert stats.data["total"] == 20
    assert written == (6, "store_locked")
    assert fingerprint(own) == before
    assert answer(write(memctl, f"chroma:{own}", source)) == (0, None)


@pytest.mark.parametrize("kind", ["chroma", "archive"])
def test_a_second_writer_is_refused_and_the_first_one_loses_nothing(memctl, tmp_path, kind):
    source = make_store("archive", tmp_path / "source", make_records(100))
    arguments = ("migrate", f"archive:{source}", f"{kind}:{tmp_path}/target", "--json")

    first = start_memctl(*arguments, "--batch-size", "5", "-v")
    while "copy" not in first.stderr.readline():
        pass
    first.send_signal(signal.SIGSTOP)
    second = memctl(*arguments)
    first.send_signal(signal.SIGCONT)
    _, errors = first.communicate()

    assert answer(second) == (6, "store_locked")
    assert first.returncode == 0, errors
    assert len(read_store(kind, tmp_path / "target")) == 100


# Killed


def test_a_setup_killed_at_random_points_ends_as_an_undisturbed_one(memctl, tmp_path):
    chance = random.Random(1)
    for _ in range(4):
        process = start_memctl("setup", "chroma", "--path", tmp_path / "store")
        time.sleep(chance.uniform(0.4, 1.4))
        process.send_signal(signal.SIGKILL)
        process.communicate()

    ran = memctl("setup", "chroma", "--path", tmp_path / "store", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert answer(memctl("verify", "--strict", "--json")) == (0, None)
    assert all(not each.name.startswith(".") for each in (tmp_path / "store").iterdir())


def test_what_a_killed_setup_left_half_made_is_no_store_and_no_obstacle(memctl, tmp_path):
    draft = tmp_path / "store" / ".memctl-draft-x"
    draft.mkdir(parents=True)
    change(draft, "CREATE TABLE migrations (dir)")

    ran = memctl("setup", "chroma", "--path", tmp_path / "store", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert not draft.exists()


# Full disks


@pytest.mark.parametrize(("kind", "kib"), [("chroma", 16), ("chroma", 500), ("archive", 32)])
def test_a_full_disk_exits_with_8_and_running_again_resumes(
    memctl, tmp_path, small_disk, kind, kib
):
    written = make_records(400, content="x" * 400)
    source = make_store("archive", tmp_path / "source", written)
    arguments = (
        "migrate", f"archive:{source}", f"{kind}:{small_disk(kib)}/target", "--batch-size", "50",
        "--json",
    )  # fmt: skip

    # In a process of its own: chromadb keeps what it could not open to the process's end.
    first = start_memctl(*arguments)
    output, errors = first.communicate()

    assert first.returncode == 8, output + errors
    assert json.loads(output)["errors"][0]["code"] == "disk_full"
    assert json.loads(output)["status"] == "partial"

    small_disk(65536)
    second = memctl(*arguments)

    assert second.exit_code == 0, second.stdout
    assert second.data["comparison"]["same"] == 400
    assert len(read_store(kind, tmp_path / "disk" / "target")) == 400


# Archives


@pytest.fixture
def archive(archive_directory):
    return archive_directory


@pytest.mark.parametrize("at", [0.0, 0.3, 0.6, 1.0])
def test_one_byte_changed_in_an_archive_is_found(memctl, tmp_path, archive, at):
    part = archive / "short_term-000001.parquet"
    content = bytearray(part.read_bytes())
    content[round(at * (len(content) - 1))] ^= 1
    part.write_bytes(content)

    found = look(memctl, f"archive:{archive}", tmp_path / "out")
    copied = memctl("migrate", f"archive:{archive}", f"chroma:{tmp_path}/copy", "--json")

    assert found["verify"] == (3, "problems_found")
    assert {found["list"], found["show"], found["migrate"], answer(copied)} == {DAMAGED}
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "copy").exists()


def test_a_missing_part_of_an_archive_is_found(memctl, tmp_path, archive):
    (archive / "short_term-000001.parquet").unlink()

    found = look(memctl, f"archive:{archive}", tmp_path / "out")

    assert found["verify"] == (3, "problems_found")
    assert {found["list"], found["show"], found["migrate"]} == {DAMAGED}


@pytest.mark.parametrize("name", ["../short_term-000001.parquet", "/etc/passwd", ".."])
def test_a_manifest_can_not_lead_out_of_its_directory(memctl, tmp_path, archive, name):
    from memctl.backends.archive.manifest_json import _seal

    shutil.copy(archive / "short_term-000001.parquet", tmp_path)
    document = json.loads((archive / "manifest.json").read_text())
    document["types"]["short_term"]["parts"][0]["name"] = name
    document["manifest_sha256"] = _seal(document)
    (archive / "manifest.json").write_text(json.dumps(document))

    found = look(memctl, f"archive:{archive}", tmp_path / "out")

    assert found["verify"] == (3, "problems_found")
    assert {found["stats"], found["list"], found["show"], found["migrate"]} == {DAMAGED}


# Equal ids


def test_equal_ids_of_two_crews_and_two_groups_survive_a_round_trip(memctl, tmp_path):
    owners = [("g", "a"), ("g", "b"), ("h", "a"), (None, "a"), ("g", None)]
    written = [
        [
            make_record(n, group_id=group, crew_id=crew, content=f"{group} {crew} {n}")
            for n in (1, 2)
        ]
        for group, crew in owners
    ]
    for number, records in enumerate(written):
        source = make_store("archive", tmp_path / f"source-{number}", records)
        ran = memctl("migrate", f"archive:{source}", f"chroma:{tmp_path}/store", "--json")
        assert ran.exit_code == 0, ran.stdout

    ran = memctl("migrate", f"chroma:{tmp_path}/store", f"archive:{tmp_path}/out", "--json")

    assert ran.exit_code == 0, ran.stdout
    found = read_store("archive", tmp_path / "out").values()
    expected = {
        (each.group_id, each.crew_id, each.content) for records in written for each in records
    }
    assert {(each.group_id, each.crew_id, each.content) for each in found} == expected


def test_equal_ids_in_two_collections_are_both_listed(memctl, tmp_path):
    collections = {f"{crew}_short_term": [row(1, f"of {crew}")] for crew in ("one", "two")}
    store = make_foreign_store(tmp_path / "store", collections)

    listed = memctl("records", "list", "--at", f"chroma:{store}", "--json").data["records"]
    stats = memctl("stats", "two", "--at", f"chroma:{store}", "--json").data

    assert [(each["id"], each["crew_id"], each["content"]) for each in listed] == [
        ("row-001", "one", "of one"),
        ("row-001", "two", "of two"),
    ]
    assert stats["total"] == 1


# Names

ODD = {
    "quotes": 'it\'s "odd"; DROP TABLE x; --',
    "slashes": "../a/b\\c",
    "percent": "100%s %00 %2E",
    "wildcards": "_%*?[a-z]",
    "unicode": "Größe 编 🧠 \u202e",
    "spaces": " a  b ",
    "dots": "..",
    "dash": "-h",
    "long": "n" * 255,
    "long unicode": "编" * 255,
}


@pytest.fixture(scope="session")
def odd_directory(tmp_path_factory):
    """A store with rows of every odd group and crew; not to be written."""
    written = []
    for number, odd in enumerate(ODD.values()):
        near = odd[:-1] + "~"
        owners = {"mine": (odd, odd), "another crew": (odd, near), "another group": (near, odd)}
        written += [
            make_record(0, id=f"{number} {name}", content=name, group_id=group, crew_id=crew)
            for name, (group, crew) in owners.items()
        ]
    return make_store("chroma", tmp_path_factory.mktemp("odd") / "store", written)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_names_of_groups_and_crews_keep_to_themselves(memctl, tmp_path, odd_directory, odd):
    memctl("setup", "chroma", f"--group={odd}", "--path", odd_directory)

    stats = memctl("stats", f"--group={odd}", "--json", "--", odd)
    listed = memctl("records", "list", f"--group={odd}", f"--crew={odd}", "--json")
    copied = memctl(
        "migrate", "chroma", f"archive:{tmp_path}/out", f"--group={odd}", f"--crew={odd}", "--json"
    )

    assert stats.data["total"] == 1
    assert [each["content"] for each in listed.data["records"]] == ["mine"]
    assert copied.exit_code == 0
    assert [each.content for each in read_store("archive", tmp_path / "out").values()] == ["mine"]


def test_groups_of_odd_names_get_a_place_each(memctl, home):
    for odd in (*ODD.values(), "编" * 254 + "~", "%2E%2E", "default"):
        ran = memctl("setup", "chroma", f"--group={odd}", "-n", "--json")
        place = Path(ran.data["location"].partition(":")[2])
        assert ran.exit_code == 0
        assert place.parents[1] == home / "memory", odd
        place.mkdir(parents=True)  # at once that it can be made and that it was nobody's


@pytest.mark.parametrize("kind", ["chroma", "archive"])
def test_odd_ids_are_found_again(memctl, tmp_path, kind):
    odd = [*ODD.values(), "a\nb\x1b[31m", "i" * 10_000]
    written = [make_record(number, id=each) for number, each in enumerate(odd)]
    near = [make_record(99, id=each[:-1] + "~") for each in odd]
    store = make_store(kind, tmp_path / "store", [*written, *near])

    ran = [
        memctl("records", "show", "--at", f"{kind}:{store}", "--json", "--", each) for each in odd
    ]

    assert [each.data["record"]["id"] for each in ran] == odd
    assert [each.data["record"]["metadata"]["number"] for each in ran] == list(range(len(odd)))


@pytest.mark.parametrize("odd", ["it's", "50% off?mode=memory#1", "a:b", "a\nb", "-x ü 编"])
def test_a_store_may_lie_at_an_odd_path(memctl, tmp_path, odd):
    source = make_store("archive", tmp_path / "source", [make_record(1)])

    to = memctl("migrate", f"archive:{source}", f"chroma:{tmp_path / odd}", "--json")
    back = memctl("migrate", f"chroma:{tmp_path / odd}", f"archive:{tmp_path / odd}.out", "--json")

    assert (to.exit_code, back.exit_code) == (0, 0), to.stdout + back.stdout
    assert read_store("archive", Path(f"{tmp_path / odd}.out")).keys() == {"record-00001"}


@pytest.mark.parametrize("odd", ["", "a\nb", "a\x1b[31mb", "a\x7fb", "n" * 256, "n" * 10_000])
def test_an_id_of_a_group_or_crew_that_can_be_none_is_refused(memctl, own, odd):
    by_group = memctl("stats", f"--group={odd}", "--at", f"chroma:{own}", "--json")
    by_crew = memctl("stats", "--at", f"chroma:{own}", "--json", "--", odd)

    for ran in (by_group, by_crew):
        assert answer(ran) == (4, "invalid_setting")
        assert len(error_of(ran)["message"]) < 200
        assert "\x1b" not in ran.stdout


@pytest.mark.parametrize("odd", ["", "..", "a/b", "a b", "-a", "a\nb", "n" * 101, "ü"])
def test_a_profile_of_an_odd_name_is_refused_before_anything_is_made(memctl, home, odd):
    ran = memctl("setup", "chroma", f"--name={odd}", "--json")

    assert ran.exit_code == 4, ran.stdout
    assert list(home.iterdir()) == []


def test_types_keep_equal_ids_apart(memctl, tmp_path):
    written = [make_record(1, type=each, content=each) for each in MemoryType]
    source = make_store("archive", tmp_path / "source", written)
    at = f"chroma:{tmp_path}/store"
    memctl("migrate", f"archive:{source}", at)

    shown = [
        memctl("records", "show", "record-00001", "-t", each, "--at", at, "--json")
        for each in MemoryType
    ]

    assert [each.data["record"]["content"] for each in shown] == list(MemoryType)

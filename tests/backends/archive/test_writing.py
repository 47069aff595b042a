from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from memctl.backends.base import FailureReason
from memctl.model.backend.capability import Capability
from memctl.model.errors import (
    ConfigurationError,
    DamagedStore,
    DiskFull,
    InvalidSetting,
    NotAStore,
    NotPermitted,
    StoreNotFound,
    UnsupportedOperation,
    WrongDimension,
)
from memctl.model.memory_type import MemoryType
from memctl.model.selector import Selector
from memctl.testing.records import make_record, make_records
from memctl.testing.suite import assert_same

from .opening import begin, open_archive, problems, read_all, read_json, snapshot, write

SHORT_TERM = MemoryType.SHORT_TERM
ENTITY = MemoryType.ENTITY


@pytest.fixture
def path(tmp_path):
    return tmp_path / "archive"


# --- what lies where


def test_nothing_lies_at_the_path_until_the_archive_is_finished(path):
    backend = begin(path)
    backend.upsert(SHORT_TERM, make_records(3))

    assert not path.exists()
    assert sorted(each.name for each in Path(f"{path}.partial").iterdir()) == [
        "manifest.json",
        "short_term-000001.parquet",
    ]
    backend.finish()
    assert not Path(f"{path}.partial").exists()
    assert sorted(each.name for each in path.iterdir()) == [
        "manifest.json",
        "short_term-000001.parquet",
    ]


def test_only_the_user_may_read_what_is_written(path):
    write(path)

    assert path.stat().st_mode & 0o777 == 0o700
    assert {each.stat().st_mode & 0o777 for each in path.iterdir()} == {0o600}


def test_opening_creates_nothing(path):
    with open_archive(path, writable=True) as backend:
        assert not backend.exists()
        assert backend.capabilities == backend.info.capabilities

    assert list(path.parent.iterdir()) == []


def test_a_missing_archive_is_not_found(path):
    backend = open_archive(path)

    assert not backend.exists()
    for look in (backend.count, backend.describe, backend.check):
        with pytest.raises(StoreNotFound):
            look()


def test_reading_beside_an_unfinished_archive_says_where_it_lies(path):
    begin(path).close()
    backend = open_archive(path)

    assert not backend.exists()
    with pytest.raises(StoreNotFound) as error:
        backend.count()
    assert f"{path}.partial" in error.value.hint


def test_writing_before_setup_is_refused(path):
    backend = open_archive(path, writable=True)

    for write_something in (
        lambda: backend.upsert(SHORT_TERM, make_records(1)),
        lambda: backend.delete(SHORT_TERM, ["x"]),
        backend.finish,
    ):
        with pytest.raises(StoreNotFound):
            write_something()
    assert list(path.parent.iterdir()) == []


def test_a_directory_of_other_files_is_not_a_store_and_stays_as_it_is(path):
    path.mkdir()
    (path / "letter.txt").write_text("dear")
    before = snapshot(path.parent)
    backend = open_archive(path, writable=True)

    for act in (
        backend.exists,
        backend.count,
        backend.check,
        backend.finish,
        lambda: backend.upsert(SHORT_TERM, make_records(1)),
        lambda: begin(path),
    ):
        with pytest.raises(NotAStore):
            act()
    assert snapshot(path.parent) == before


def test_a_file_is_not_a_store(path):
    path.write_text("x")

    with pytest.raises(NotAStore):
        open_archive(path).count()


@pytest.mark.parametrize("name", ["letter.txt", "short_term-000001.parquet"])
def test_other_files_in_the_way_of_an_unfinished_archive_are_left_alone(path, name):
    partial = Path(f"{path}.partial")
    partial.mkdir()
    (partial / name).write_text("x")

    with pytest.raises((NotAStore, DamagedStore)):
        begin(path)
    assert (partial / name).read_text() == "x"


def test_an_empty_directory_becomes_the_archive(path):
    path.mkdir()

    write(path)

    assert len(read_all(open_archive(path))) == 6


def test_missing_parents_are_made(tmp_path):
    path = write(tmp_path / "a" / "b" / "archive")

    assert problems(path) == []


def test_a_relative_path_with_a_slash_at_the_end_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("x/../archive/")

    assert open_archive("./archive").count() == 6
    assert open_archive("archive/").location == "archive:archive/"


def test_the_lock_is_that_of_the_real_path(path):
    write(path)
    link = path.with_name("link")
    link.symlink_to(path)

    assert open_archive(link).identity == open_archive(path).identity == str(path)
    assert open_archive(link).count() == 6


def test_the_root_directory_is_no_place_for_an_archive():
    with pytest.raises(InvalidSetting):
        open_archive("/")


def test_a_path_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(StoreNotFound):
        open_archive(tmp_path / "file" / "archive").count()
    with pytest.raises(ConfigurationError):
        begin(tmp_path / "file" / "archive")


def test_a_path_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(ConfigurationError):
        begin(tmp_path / ("x" * 300))


# --- setup


def test_the_step_finds_what_it_did_and_takes_it_back(path):
    (step,) = begin(path).plan_setup(None)
    assert step.find()
    assert step.name == "begin archive archive.partial"

    step.undo()

    assert not step.find()
    assert list(path.parent.iterdir()) == []
    step.undo()


def test_undo_removes_what_was_written_since(path):
    backend = begin(path)
    backend.upsert(SHORT_TERM, make_records(3))
    (step,) = backend.plan_setup(None)

    step.undo()

    assert list(path.parent.iterdir()) == []


def test_undo_leaves_a_finished_archive(path):
    write(path)
    (step,) = open_archive(path, writable=True).plan_setup(None)

    step.undo()

    assert open_archive(path).count() == 6


def test_undo_leaves_files_of_others(path):
    backend = begin(path)
    (Path(f"{path}.partial") / "letter.txt").write_text("x")
    (step,) = backend.plan_setup(None)

    with pytest.raises(NotAStore):
        step.undo()
    assert (Path(f"{path}.partial") / "manifest.json").exists()


def test_the_step_finds_a_finished_archive(path):
    write(path)
    (step,) = open_archive(path, writable=True).plan_setup(None)

    assert step.find()


def test_types_that_were_asked_for_are_there_without_records(path):
    with begin(path, types=[ENTITY]) as backend:
        assert backend.describe().types == [ENTITY]
        backend.finish()

    assert open_archive(path).describe().types == [ENTITY]
    assert open_archive(path).count() == 0
    assert problems(path) == []


# --- finished


def test_an_archive_of_nothing_is_sound(path):
    with begin(path, types=[]) as backend:
        backend.finish()

    assert list(open_archive(path).describe().collections) == []
    assert open_archive(path).partitions(SHORT_TERM, 3)
    assert problems(path) == []


@pytest.mark.parametrize("writable", [True, False])
def test_a_finished_archive_is_only_read(path, writable):
    write(path)
    backend = open_archive(path, writable=writable)

    assert backend.exists()
    assert backend.capabilities == {Capability.READ, Capability.ROWS_WITHOUT_VECTORS}
    for act in (
        lambda: backend.upsert(SHORT_TERM, make_records(1)),
        lambda: backend.delete(SHORT_TERM, ["record-00001"]),
    ):
        with pytest.raises(UnsupportedOperation) as error:
            act()
        assert "written once" in error.value.hint
    backend.finish()
    assert backend.count() == 6


def test_the_connection_that_finished_reads_on(path):
    backend = begin(path)
    backend.upsert(SHORT_TERM, make_records(3))
    backend.finish()

    assert_same(make_records(3), read_all(backend))
    assert Capability.UPSERT not in backend.capabilities


def test_finishing_where_something_else_was_put_fails_and_keeps_what_was_written(path):
    backend = begin(path)
    backend.upsert(SHORT_TERM, make_records(3))
    path.mkdir()
    (path / "letter.txt").write_text("x")

    with pytest.raises(NotAStore):
        backend.finish()
    shutil.rmtree(path)
    backend.finish()
    assert_same(make_records(3), read_all(open_archive(path)))


def test_finish_finds_a_part_that_was_changed_since(path):
    backend = begin(path)
    backend.upsert(SHORT_TERM, make_records(3))
    part = Path(f"{path}.partial") / "short_term-000001.parquet"
    part.write_bytes(part.read_bytes()[::-1])

    with pytest.raises(DamagedStore):
        backend.finish()
    assert not path.exists()


def test_looking_changes_nothing(path):
    write(path, make_records(5), [replace(make_record(9), type=ENTITY)])
    before = snapshot(path.parent)
    with open_archive(path) as backend:
        read_all(backend)
        read_all(backend, selector=Selector(ids=frozenset({"record-00001"})))
        backend.check()
        backend.tally()
        backend.search(SHORT_TERM, make_record(1).embedding)
        backend.partitions(SHORT_TERM, 2)

    assert snapshot(path.parent) == before


# --- writing


def test_each_batch_is_a_part_that_the_next_run_goes_on_from(path):
    for number in range(3):
        with begin(path) as backend:
            backend.upsert(SHORT_TERM, [make_record(number)])
            backend.upsert(ENTITY, [replace(make_record(number), type=ENTITY)])
    with open_archive(path, writable=True) as backend:
        assert backend.exists()
        assert backend.count() == 6
        backend.finish()

    parts = read_json(path)["types"]["entity"]["parts"]
    assert [part["name"] for part in parts] == [f"entity-00000{n}.parquet" for n in (1, 2, 3)]
    assert [record.id for record in read_all(open_archive(path))[:3]] == [
        record.id for record in make_records(3)
    ]


def test_a_row_that_is_written_again_leaves_its_old_part(path):
    with begin(path) as backend:
        backend.upsert(SHORT_TERM, make_records(5))
        backend.upsert(SHORT_TERM, [make_record(2, content="new"), make_record(7)])
        backend.finish()

    parts = read_json(path)["types"]["short_term"]["parts"]
    assert [part["records"] for part in parts] == [4, 2]
    expected = [make_record(n) for n in (0, 1, 3, 4, 7)] + [make_record(2, content="new")]
    assert_same(expected, read_all(open_archive(path)))


def test_a_part_without_rows_goes(path):
    with begin(path) as backend:
        backend.upsert(SHORT_TERM, make_records(3))
        backend.upsert(SHORT_TERM, make_records(3))
        backend.upsert(ENTITY, [replace(make_record(1), type=ENTITY)])
        backend.delete(ENTITY, ["record-00001"])
        backend.finish()

    assert [each.name for each in path.glob("*.parquet")] == ["short_term-000002.parquet"]
    assert problems(path) == []


def test_a_killed_run_between_new_part_and_old_leaves_the_later_row(path):
    with begin(path) as backend:
        backend.upsert(SHORT_TERM, make_records(5))
    old = Path(f"{path}.partial") / "short_term-000001.parquet"
    content = old.read_bytes()
    with begin(path) as backend:
        backend.upsert(SHORT_TERM, [make_record(2, content="new")])
    old.write_bytes(content)

    with begin(path) as backend:
        found = read_all(backend)

    assert_same([make_record(n) for n in (0, 1, 3, 4)] + [make_record(2, content="new")], found)


def test_what_a_killed_run_left_of_a_file_goes(path):
    begin(path).close()
    left = Path(f"{path}.partial") / ".short_term-000001.parquet.tmp"
    left.write_text("half")

    write(path)

    assert problems(path) == []
    assert not (path / left.name).exists()


def test_rows_deleted_during_a_scan_do_not_disturb_it(path):
    backend = begin(path)
    for number in range(6):
        backend.upsert(SHORT_TERM, make_records(20)[number * 3 : number * 3 + 3])
    seen = []
    for batch in backend.scan(SHORT_TERM, batch_size=4):
        ids = [record.id for record in batch.records]
        seen += ids
        backend.delete(SHORT_TERM, ids)

    assert seen == [record.id for record in make_records(18)]
    assert backend.count() == 0


def test_rows_without_vectors_take_any_dimension_later(path):
    bare = make_records(3, embedding=None)
    with begin(path) as backend:
        backend.upsert(SHORT_TERM, bare)
        assert backend.describe().dimension(SHORT_TERM) is None
        backend.upsert(SHORT_TERM, [make_record(7), make_record(8, embedding=None)])
        backend.delete(SHORT_TERM, ["record-00001"])
        backend.delete(SHORT_TERM, ["record-00007", "not there"])
        backend.upsert(SHORT_TERM, [make_record(9)])
        backend.finish()

    expected = [bare[0], bare[2], make_record(8, embedding=None), make_record(9)]
    assert_same(expected, read_all(open_archive(path)))
    assert problems(path) == []


def test_the_dimension_is_kept_from_run_to_run(path):
    with begin(path) as backend:
        backend.upsert(SHORT_TERM, make_records(3))
    with begin(path) as backend, pytest.raises(WrongDimension):
        backend.upsert(SHORT_TERM, [make_record(5, embedding=np.ones(5, np.float32))])


def deep(levels):
    value = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "\ud800"}, "id holds half a character (U+D800)"),
        ({"content": "a\udfff"}, "content holds half a character (U+DFFF)"),
        ({"group_id": "\udc00"}, "group_id holds"),
        ({"scope": "\udc00"}, "scope holds"),
        ({"metadata": {"a": ["\udc00"]}}, "metadata holds"),
        ({"metadata": {"a": {"b": float("nan")}}}, "JSON"),
        ({"metadata": {"a": float("-inf")}}, "JSON"),
        ({"metadata": {"a": b"bytes"}}, "bytes"),
        ({"metadata": {"a": {1, 2}}}, "set"),
        ({"metadata": {"a": 10**5000}}, "4300 digits"),
        ({"metadata": deep(401)}, "more than 400 deep"),
        ({"metadata": deep(100_000)}, "recursion"),
        ({"metadata": ["list"]}, "not an object"),
        ({"importance": float("nan")}, "importance is nan"),
        ({"created_at": datetime(2026, 1, 1)}, "no zone"),  # noqa: DTZ001 - what is to be refused
        ({"agent_id": 7}, "agent_id is no text"),
    ],
    ids=lambda each: "" if isinstance(each, str) else next(iter(each)),
)
def test_what_an_archive_can_not_hold_is_refused_and_the_rest_is_written(path, change, reason):
    refused = make_record(7, **change)
    with begin(path) as backend:
        result = backend.upsert(SHORT_TERM, [*make_records(2), refused, make_record(3)])
        backend.finish()

    assert result.done == 3
    assert list(result.failed) == [refused.id]
    assert result.failed[refused.id].reason is FailureReason.REFUSED
    assert reason in result.failed[refused.id].message
    assert_same([*make_records(2), make_record(3)], read_all(open_archive(path)))


@pytest.mark.parametrize("shape", [(0,), (2, 2)])
def test_a_vector_of_another_shape_is_refused(path, shape):
    backend = begin(path)

    result = backend.upsert(SHORT_TERM, [make_record(1, embedding=np.ones(shape, np.float32))])

    assert str(shape) in result.failed["record-00001"].message
    assert backend.count() == 0


def test_a_batch_of_which_nothing_can_be_held_makes_no_part(path):
    with begin(path, types=[]) as backend:
        result = backend.upsert(SHORT_TERM, [make_record(1, content="\ud800")])

        assert result.done == 0
        assert backend.describe().types == []


def test_metadata_as_deep_as_it_may_be_survives(path):
    record = make_record(1, metadata=deep(400))

    write(path, [record])

    assert canonical(read_all(open_archive(path))[0].metadata) == canonical(record.metadata)


def canonical(value):
    from memctl.model.canonical import canonical_json

    return canonical_json(value)


# --- the disk


def mount(options, path):
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if not shutil.which("mount") or not mount("size=400k", disk):
        pytest.skip("a file system of its own can be mounted by root only")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)  # noqa: S607 - wherever it lies


def noise(number):
    """Make records that no compression makes small."""
    return [
        make_record(n, content=np.random.default_rng(n).bytes(5000).hex())
        for n in range(10 * number, 10 * number + 10)
    ]


def test_a_full_disk_stops_the_writing_and_more_room_lets_it_go_on(small_disk):
    path = small_disk / "archive"
    backend = begin(path)
    written = 0
    with pytest.raises(DiskFull) as error:  # noqa: PT012 - one of many writes raises
        for number in range(20):
            backend.upsert(SHORT_TERM, noise(number))
            written += 1
    assert error.value.exit_code == 8
    assert 0 < written < 20
    assert backend.count() == 10 * written
    assert not list(small_disk.glob("*/.*"))

    assert mount("remount,size=8m", small_disk)
    for number in range(written, 20):
        backend.upsert(SHORT_TERM, noise(number))
    backend.finish()

    assert problems(path) == []
    assert open_archive(path).count() == 200


def fill(disk):
    with (disk / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(b"x" * 4096)


def test_a_disk_that_is_full_at_the_end_keeps_what_was_written(small_disk):
    path = small_disk / "archive"
    backend = begin(path)
    backend.upsert(SHORT_TERM, noise(1))
    fill(small_disk)

    with pytest.raises(DiskFull):
        backend.finish()
    (small_disk / "filler").unlink()
    backend.finish()

    assert_same(noise(1), read_all(open_archive(path)))


def test_a_read_only_file_system_is_read_and_not_written(small_disk):
    write(small_disk / "archive")
    begin(small_disk / "other").close()
    assert mount("remount,ro", small_disk)

    assert problems(small_disk / "archive") == []
    with pytest.raises(NotPermitted) as error:
        begin(small_disk / "new")
    assert error.value.exit_code == 5
    with pytest.raises(NotPermitted):
        begin(small_disk / "other").upsert(SHORT_TERM, make_records(1))


@pytest.fixture
def reachable():
    """A directory that another user may enter; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


def as_other_user(act):
    if os.geteuid():
        return act()
    os.seteuid(65534)
    try:
        return act()
    finally:
        os.seteuid(0)


def test_a_directory_that_may_not_be_written_is_not_permitted(reachable):
    reachable.chmod(0o555)

    def act():
        with pytest.raises(NotPermitted) as error:
            begin(reachable / "archive")
        assert error.value.exit_code == 5

    as_other_user(act)


@pytest.mark.parametrize("name", [".", "manifest.json", "short_term-000001.parquet"])
def test_an_archive_that_may_not_be_read_is_not_permitted(reachable, name):
    path = write(reachable / "archive")
    for each in (path, *path.iterdir()):
        each.chmod(0o755)
    (path / name).chmod(0)

    def act():
        for look in (read_all, lambda backend: backend.check()):
            with pytest.raises(NotPermitted):
                look(open_archive(path))

    as_other_user(act)
    path.chmod(0o755)


# --- what is loaded when


def test_naming_the_backend_imports_no_arrow():
    code = (
        "import sys\n"
        "from memctl.backends.registry import backend_class\n"
        "backend_class('archive')({'path': 'x'}, read_secret=lambda _: None).exists()\n"
        "print(sorted({'pyarrow', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"

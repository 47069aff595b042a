from __future__ import annotations

import json
import os
import shutil

import pytest

from memctl.backends.archive.manifest_json import _seal
from memctl.testing.records import make_record, make_records

from ..conftest import fingerprint, make_store, start_memctl
from .independent import assert_seen, traces
from .stores import error_of

COPIED = make_records(120, content="x" * 600)


def run(*words: object, **variables: object):
    """Run memctl in a process of its own: its document, and the exit code."""
    environment = {**os.environ, **{name: str(each) for name, each in variables.items()}}
    started = start_memctl(*map(str, words), "--json", env=environment)
    output, errors = started.communicate()
    assert "Traceback" not in output + errors
    document = json.loads(output)
    assert document["exit_code"] == started.returncode
    return document


@pytest.fixture
def source(tmp_path):
    return make_store("archive", tmp_path / "source", COPIED)


# Full disks


@pytest.mark.parametrize("case", [("archive", 12), ("chroma", 200), ("crewai", 64)])
def test_a_target_on_a_full_disk_is_gone_on_with(memctl, small_disk, source, case):
    kind, kib = case
    target = small_disk(kib) / "target"
    words = ("migrate", f"archive:{source}", f"{kind}:{target}", "--batch-size", "30")

    first = run(*words)
    small_disk(65536)
    second = memctl(*words, "--json")

    assert (first["exit_code"], first["errors"][0]["code"]) == (8, "disk_full")
    assert str(target) in first["errors"][0]["message"]
    assert second.exit_code == 0, second.stdout
    assert second.data["comparison"]["same"] == len(COPIED)
    assert_seen(COPIED, kind, target)
    assert traces(target) == []


@pytest.mark.parametrize(
    "case",
    [
        ("archive", 8, 4, "local_state_unusable"),  # nothing is copied before the state is there
        ("archive", 72, 4, "local_state_unusable"),
        ("archive", 100, 4, "local_state_unusable"),
        ("archive", 260, 8, "disk_full"),
        ("chroma", 260, 8, "disk_full"),
    ],
)
def test_a_home_on_a_full_disk_ends_a_copy_that_the_next_run_completes(
    memctl, small_disk, source, monkeypatch, case
):
    kind, kib, exit_code, code = case
    target = source.with_name("target")
    home = small_disk(kib) / "home"
    monkeypatch.setenv("MEMCTL_HOME", str(home))
    words = ("migrate", f"archive:{source}", f"{kind}:{target}", "--batch-size", "2")

    first = run(*words)
    small_disk(65536)
    second = memctl(*words, "--json")

    assert (first["exit_code"], first["errors"][0]["code"]) == (exit_code, code)
    assert first["status"] == ("partial" if exit_code == 8 else "error")
    assert str(home) in first["errors"][0]["message"]
    assert "space on the disk of `MEMCTL_HOME`" in first["errors"][0]["hint"]
    assert second.exit_code == 0, second.stdout
    assert second.data["comparison"]["same"] == len(COPIED)
    assert_seen(COPIED, kind, target)


def test_without_room_for_temporary_files_a_copy_is_not_taken_for_proven(
    memctl, tmp_path, small_disk, source
):
    temporary, target = small_disk(4), tmp_path / "target"
    words = ("migrate", f"archive:{source}", f"archive:{target}")

    first = run(*words, TMPDIR=temporary)
    is_complete = target.exists()
    like_it = shutil.copytree(source, tmp_path / "like it")
    compared = run("diff", f"archive:{source}", f"archive:{like_it}", TMPDIR=temporary)
    small_disk(65536)
    second = memctl(*words, "--json")

    for each in (first, compared):
        assert (each["exit_code"], each["errors"][0]["code"]) == (8, "disk_full")
        assert str(temporary) in each["errors"][0]["message"]
        assert "TMPDIR" in each["errors"][0]["hint"]
    assert not is_complete
    assert (second.exit_code, second.data["types"][0]["written"]) == (0, 0)
    assert second.data["comparison"]["same"] == len(COPIED)
    assert_seen(COPIED, "archive", target)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("kib", [0, 20, 120])
def test_without_room_for_temporary_files_nothing_is_copied_to_a_chroma_directory(
    memctl, tmp_path, small_disk, source, kib
):
    temporary, target = small_disk(kib or 4), tmp_path / "target"
    if not kib:
        (temporary / "full").write_bytes(b"x" * 4096)
    words = ("migrate", f"archive:{source}", f"chroma:{target}")

    first = run(*words, TMPDIR=temporary)
    small_disk(65536)
    second = memctl(*words, "--json")

    assert (first["exit_code"], first["errors"][0]["code"]) == (8, "disk_full")
    assert f"in `{temporary}`" in first["errors"][0]["message"]
    assert "TMPDIR" in first["errors"][0]["hint"]
    assert second.exit_code == 0, second.stdout
    assert second.data["comparison"]["same"] == len(COPIED)
    assert_seen(COPIED, "chroma", target)


# Damaged archives

FIRST_PART = "short_term-000001.parquet"


def rewrite(archive, change, *, is_sealed=True):
    """Change the manifest as someone would who knows how it is sealed."""
    document = json.loads((archive / "manifest.json").read_text())
    change(document)
    if is_sealed:
        document["manifest_sha256"] = _seal(document)
    (archive / "manifest.json").write_text(json.dumps(document))


def count_one_more(document):
    contents = document["types"]["short_term"]
    for each in (document, contents, contents["owners"][0], contents["parts"][0]):
        each["records"] += 1


def take_from_another(archive, name, records):
    other = make_store("archive", archive.parent / f"other-{archive.name}", records)
    shutil.copy(other / name, archive / name)
    shutil.rmtree(other)


def put_part_of_the_same_size(archive):
    size = (archive / FIRST_PART).stat().st_size
    take_from_another(archive, FIRST_PART, make_records(19))
    content = (archive / FIRST_PART).read_bytes()
    (archive / FIRST_PART).write_bytes(content[:size].ljust(size, b"\0"))


DAMAGE = {
    "a manifest cut short": lambda it: os.truncate(it / "manifest.json", 200),
    "an empty manifest": lambda it: os.truncate(it / "manifest.json", 0),
    "types that are a list": lambda it: rewrite(it, lambda found: found.update(types=[])),
    "no types": lambda it: rewrite(it, lambda found: found.pop("types")),
    "a count that is a text": lambda it: rewrite(it, lambda found: found.update(records="20")),
    "a count that is another": lambda it: rewrite(it, lambda found: found.update(records=21)),
    "counts that the part belies": lambda it: rewrite(it, count_one_more),
    "a digest unsealed": lambda it: rewrite(
        it, lambda found: found.update(digest="0" * 64), is_sealed=False
    ),
    "another archive's manifest": lambda it: take_from_another(
        it, "manifest.json", make_records(7)
    ),
    "another archive's part": lambda it: take_from_another(it, FIRST_PART, make_records(7)),
    "a part of the same size": put_part_of_the_same_size,
}


def make_later(archive):
    """Let the manifest be of a format version that nobody knows yet."""
    rewrite(archive, lambda found: found.update(format_version=2, types={"hologram": [1]}))


def readers(archive, out, sound):
    """Give every command that reads an archive."""
    at = f"archive:{archive}"
    return {
        "stats": ("stats", "--at", at),
        "records": ("records", "list", "--at", at, "--with-embeddings"),
        "migrate": ("migrate", at, f"chroma:{out}"),
        "diff": ("diff", at, sound),
        "diff back": ("diff", sound, at),
        "backup": ("backup", at),
    }


@pytest.mark.parametrize("case", DAMAGE)
def test_a_damaged_archive_is_told_by_every_command_that_reads_it(memctl, tmp_path, case):
    sound = f"chroma:{make_store('chroma', tmp_path / 'sound', make_records(20))}"
    archive = make_store("archive", tmp_path / "archive", make_records(20))
    DAMAGE[case](archive)
    before = fingerprint(archive)

    for words in readers(archive, tmp_path / "out", sound).values():
        ran = memctl(*words, "--json")
        assert (ran.exit_code, error_of(ran)["code"]) == (4, "damaged_store"), words

    assert memctl("verify", "--at", f"archive:{archive}").exit_code == 3
    assert not (tmp_path / "out").exists()
    assert fingerprint(archive) == before


@pytest.mark.parametrize("case", DAMAGE)
def test_a_damaged_backup_is_not_restored(memctl, tmp_path, home, case):
    store = make_store("archive", tmp_path / "store", make_records(20))
    kept = memctl("backup", f"archive:{store}", "--json").data["id"]
    DAMAGE[case](home / "backups" / kept)

    ran = memctl("restore", kept, f"chroma:{tmp_path}/out", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "damaged_store")
    assert not (tmp_path / "out").exists()


def test_an_archive_of_a_later_format_is_read_by_no_command(memctl, tmp_path, home):
    sound = make_store("chroma", tmp_path / "sound", make_records(20))
    archive = make_store("archive", tmp_path / "archive", [make_record(1)])
    kept = memctl("backup", f"archive:{archive}", "--json").data["id"]
    make_later(archive)
    make_later(home / "backups" / kept)
    commands = readers(archive, tmp_path / "out", f"chroma:{sound}")
    commands["verify"] = ("verify", "--at", f"archive:{archive}")
    commands["restore"] = ("restore", kept, f"chroma:{tmp_path}/out")

    for words in commands.values():
        ran = memctl(*words, "--json")
        assert (ran.exit_code, error_of(ran)["code"]) == (7, "unsupported_schema"), words
        assert "version 2" in error_of(ran)["message"]

    assert not (tmp_path / "out").exists()

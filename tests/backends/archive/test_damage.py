from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memctl.backends.archive.manifest_json import read_manifest
from memctl.backends.archive.parts import parquet
from memctl.model.errors import DamagedStore, MemctlError, StoreNotFound, UnsupportedSchema
from memctl.model.memory_type import MemoryType
from memctl.testing.records import json_values, make_record, make_records

from .opening import begin, open_archive, problems, read_all, read_json, seal, warnings, write

FIRST_PART = "short_term-000001.parquet"

many = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def archive(tmp_path):
    return write(tmp_path / "archive")


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """An archive that no test changes."""
    return write(tmp_path_factory.mktemp("pristine") / "archive")


def names(checks):
    return [check.name for check in checks]


@many
@given(data=st.data())
def test_one_changed_byte_in_a_part_is_a_damaged_store(pristine, tmp_path, data):
    path = shutil.copytree(pristine, tmp_path / "archive", dirs_exist_ok=True)
    part = path / FIRST_PART
    content = bytearray(part.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    part.write_bytes(content)

    with pytest.raises(DamagedStore) as error:
        read_all(open_archive(path))

    assert FIRST_PART in str(error.value)
    assert names(problems(path)) == ["files", "records", "digest"]


@many
@given(data=st.data())
def test_one_changed_byte_in_the_manifest_is_found_or_changes_nothing(pristine, data):
    content = bytearray((pristine / "manifest.json").read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))

    try:
        found = read_manifest(bytes(content))
    except (DamagedStore, UnsupportedSchema):
        return
    assert found == read_manifest((pristine / "manifest.json").read_bytes())


@many
@given(data=st.data(), value=json_values)
def test_any_value_in_a_manifest_is_read_or_damage(pristine, tmp_path, data, value):
    path = shutil.copytree(pristine, tmp_path / "archive", dirs_exist_ok=True)
    document = read_json(path)
    at, key = data.draw(st.sampled_from(list(places(document))))
    at[key] = value
    seal(path, document)

    try:
        read_all(open_archive(path))
    except MemctlError as error:
        assert error.exit_code in {4, 7}  # noqa: PT017 - any other error fails the test
    try:
        open_archive(path).check()
    except UnsupportedSchema as error:
        assert "format version" in str(error)  # noqa: PT017


def places(value):
    """List every container of a JSON value with each of its keys."""
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"format": "x"}', b"[" * 100_000, b'{"a": NaN}'],
    ids=["empty", "cut short", "list", "null", "no UTF-8", "other format", "deep", "NaN"],
)
def test_a_damaged_manifest_is_a_damaged_store(archive, content):
    (archive / "manifest.json").write_bytes(content)

    with pytest.raises(DamagedStore):
        open_archive(archive).count()
    assert names(problems(archive)) == ["manifest"]


def test_a_missing_manifest_is_a_damaged_store(archive):
    (archive / "manifest.json").unlink()

    with pytest.raises(DamagedStore, match="missing"):
        open_archive(archive).count()
    assert names(problems(archive)) == ["manifest"]


def test_a_key_that_is_there_twice_in_a_manifest_is_damage(archive):
    manifest = archive / "manifest.json"
    manifest.write_text(manifest.read_text().replace("{", '{"digest": "0",', 1))

    with pytest.raises(DamagedStore, match="twice"):
        open_archive(archive).count()


def test_a_later_format_version_is_unsupported(archive):
    document = read_json(archive)
    document["format_version"] = 2
    document["types"] = "spelled in another way"
    (archive / "manifest.json").write_text(json.dumps(document))

    for look in (lambda each: each.count(), lambda each: each.check(), read_all):
        with pytest.raises(UnsupportedSchema) as error:
            look(open_archive(archive))
        assert error.value.exit_code == 7
        assert error.value.hint == "upgrade memctl"


@pytest.mark.parametrize(
    "name",
    [
        "../outside-000001.parquet",
        "../short_term-000001.parquet",
        "/etc/passwd",
        "..",
        "x/short_term-000001.parquet",
        "./short_term-000001.parquet",
        "short_term-000001.parquet\n",
        "short_term-1.parquet",
        "short_term-0000001.parquet",
        "entity-000001.parquet",
        "short_term-000002.parquet",
        "manifest.json",
        "",
        7,
        None,
    ],
)
def test_a_part_of_another_name_in_a_manifest_is_damage(archive, name):
    shutil.copy(archive / FIRST_PART, archive.parent)
    document = read_json(archive)
    document["types"]["short_term"]["parts"][0]["name"] = name
    seal(archive, document)

    with pytest.raises(DamagedStore):
        read_all(open_archive(archive))
    assert names(problems(archive)) == ["manifest"]


def test_a_missing_part_is_a_damaged_store(archive):
    (archive / FIRST_PART).unlink()

    with pytest.raises(DamagedStore, match="missing"):
        read_all(open_archive(archive))
    assert "is missing" in problems(archive)[0].found


def test_a_part_cut_short_is_a_damaged_store(archive):
    os.truncate(archive / FIRST_PART, 100)

    with pytest.raises(DamagedStore, match="100 bytes instead of"):
        read_all(open_archive(archive))


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["directory", "pipe"])
def test_something_else_in_place_of_a_part_is_a_damaged_store(archive, make):
    (archive / FIRST_PART).unlink()
    make(archive / FIRST_PART)

    with pytest.raises(DamagedStore):
        read_all(open_archive(archive))
    assert names(problems(archive)) == ["files", "records", "digest"]


@pytest.mark.parametrize("name", [FIRST_PART, "manifest.json"])
def test_a_symbolic_link_in_place_of_a_file_is_a_damaged_store(archive, name):
    shutil.move(archive / name, archive.parent / name)
    (archive / name).symlink_to(archive.parent / name)

    with pytest.raises(DamagedStore):
        read_all(open_archive(archive))
    assert problems(archive)


def test_an_unlisted_part_is_a_problem(archive):
    shutil.copy(archive / FIRST_PART, archive / "short_term-000009.parquet")

    assert len(read_all(open_archive(archive))) == 6
    (problem,) = problems(archive)
    assert problem.name == "unlisted files"
    assert "short_term-000009.parquet" in problem.found


def test_another_unlisted_file_is_a_warning(archive):
    (archive / "notes.txt").write_text("x")

    assert problems(archive) == []
    assert names(warnings(archive)) == ["unlisted files"]


def test_an_archive_that_was_never_finished_is_damaged(tmp_path):
    begin(tmp_path / "archive").close()
    shutil.move(tmp_path / "archive.partial", tmp_path / "archive")

    with pytest.raises(DamagedStore, match="never finished"):
        open_archive(tmp_path / "archive").count()
    assert names(problems(tmp_path / "archive")) == ["manifest"]


def test_another_digest_is_a_problem(archive):
    document = read_json(archive)
    document["digest"] = "0" * 64
    seal(archive, document)

    assert names(problems(archive)) == ["digest"]


def test_other_owners_are_a_problem(archive):
    document = read_json(archive)
    document["types"]["short_term"]["owners"][0]["crew_id"] = "sales"
    seal(archive, document)

    (problem,) = problems(archive)
    assert (problem.name, problem.collection) == ("records", MemoryType.SHORT_TERM)
    assert "other groups or crews" in problem.found


def test_counts_that_contradict_each_other_are_damage(archive):
    document = read_json(archive)
    document["types"]["short_term"]["owners"][0]["records"] += 1
    seal(archive, document)

    with pytest.raises(DamagedStore, match="contradict"):
        open_archive(archive).count()


def test_another_dimension_is_damage(archive):
    document = read_json(archive)
    document["types"]["short_term"]["dimension"] = 5
    seal(archive, document)

    with pytest.raises(DamagedStore, match="4 dimensions"):
        read_all(open_archive(archive))
    assert "dimension" in names(problems(archive))


def test_another_count_of_rows_is_damage(archive):
    document = read_json(archive)
    contents = document["types"]["short_term"]
    contents["parts"][0]["records"] += 1
    contents["owners"][0]["records"] += 1
    contents["records"] += 1
    document["records"] += 1
    seal(archive, document)

    with pytest.raises(DamagedStore, match="3 rows instead of 4"):
        read_all(open_archive(archive))


def replace_part(archive, change):
    """Write the first part again with other rows and a manifest that bears it out."""
    from hashlib import sha256

    path = archive / FIRST_PART
    data = parquet.to_bytes(change(parquet.from_bytes(path.read_bytes(), FIRST_PART)))
    path.write_bytes(data)
    document = read_json(archive)
    part = document["types"]["short_term"]["parts"][0]
    part |= {"bytes": len(data), "sha256": sha256(data).hexdigest()}
    seal(archive, document)


FOREIGN_METADATA = [
    "not json",
    "[1]",
    '{"a":1} ',
    None,
    '{"a":NaN,"memctl:origin":1}',
    '{"a":"\\ud800","memctl:origin":1}',
    '"memctl:origin" oops',
]


def with_metadata(text):
    """Give a change that replaces the first row's metadata."""

    def change(table):
        place = table.column_names.index("metadata")
        texts = pa.array([text, *table["metadata"].to_pylist()[1:]], pa.string())
        return table.set_column(place, "metadata", texts)

    return change


@pytest.mark.parametrize("text", FOREIGN_METADATA)
def test_metadata_that_no_archive_writes_is_a_problem(archive, text):
    replace_part(archive, with_metadata(text))

    assert {"files", "digest"} & {*names(problems(archive))}


@pytest.mark.parametrize("text", FOREIGN_METADATA)
def test_an_archive_is_not_finished_with_a_part_that_can_not_be_read(tmp_path, text):
    backend = begin(tmp_path / "archive")
    backend.upsert(MemoryType.SHORT_TERM, make_records(3))
    backend.close()
    part = tmp_path / "archive.partial" / FIRST_PART
    table = with_metadata(text)(parquet.from_bytes(part.read_bytes(), FIRST_PART))
    part.write_bytes(parquet.to_bytes(table))

    with pytest.raises(DamagedStore, match=FIRST_PART):
        open_archive(tmp_path / "archive", writable=True).finish()
    assert not (tmp_path / "archive").exists()


def test_an_id_that_is_there_twice_is_a_problem(archive):
    replace_part(archive, lambda table: table.take([0, 1, 1]))

    (_, ids) = problems(archive)
    assert ids.name == "repeated ids"
    assert "record-00001" in ids.found


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", None),
        ("content", None),
        ("metadata", "{"),
        ("metadata", "[]"),
        ("metadata", None),
        ("created_at", 2**62),
    ],
)
def test_a_value_that_no_archive_writes_is_damage(archive, column, value):
    def change(table):
        kind = table.schema.field(column).type
        changed = pa.array([value] * table.num_rows, kind)
        return table.set_column(table.schema.get_field_index(column), column, changed)

    replace_part(archive, change)

    with pytest.raises(DamagedStore):
        read_all(open_archive(archive))
    assert "files" in names(problems(archive))


@pytest.mark.parametrize("column", ["id", "embedding", "created_at"])
def test_a_missing_column_is_damage(archive, column):
    path = archive / FIRST_PART
    table = parquet.from_bytes(path.read_bytes(), FIRST_PART).drop_columns([column])
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)

    with pytest.raises(DamagedStore):
        parquet.from_bytes(sink.getvalue().to_pybytes(), FIRST_PART)


def test_oddities_are_warnings_with_counts(tmp_path):
    odd = [
        make_record(1, embedding=None),
        make_record(2, embedding=np.zeros(4, np.float32)),
        make_record(3, embedding=np.array([1, 2, np.nan, 4], np.float32)),
        make_record(4, content=" \n"),
        make_record(5, group_id=None),
        make_record(6, crew_id=None),
        replace(make_record(7, crew_id=None), type=MemoryType.ENTITY),
    ]
    path = write(tmp_path / "archive", odd[:6], odd[6:])

    assert problems(path) == []
    assert [(check.name, check.found) for check in warnings(path)] == [
        ("rows without a vector", "1 in short_term"),
        ("vectors of length zero", "1 in short_term"),
        ("vectors with NaN or infinity", "1 in short_term"),
        ("empty texts", "1 in short_term"),
        ("rows without a group", "1 in short_term"),
        ("rows without a crew", "1 in short_term, 1 in entity"),
    ]


@pytest.mark.parametrize("name", ["", FIRST_PART, "manifest.json"])
def test_a_file_that_anyone_may_change_is_a_warning(archive, name):
    (archive / name).chmod(0o777)

    assert names(warnings(archive)) == ["world-writable files"]


def test_a_sound_archive_passes_every_check(archive):
    checks = open_archive(archive).check()

    assert {check.status for check in checks} == {"ok"}
    assert all(check.found == check.expected for check in checks)


def test_checking_what_is_not_there_raises(tmp_path):
    with pytest.raises(StoreNotFound):
        open_archive(tmp_path / "archive").check()


def test_look_up_of_ids_finds_damage_too(archive):
    from memctl.model.selector import Selector

    (archive / FIRST_PART).write_bytes(b"x" * (archive / FIRST_PART).stat().st_size)

    with pytest.raises(DamagedStore):
        list(
            open_archive(archive).scan(
                MemoryType.SHORT_TERM, Selector(ids=frozenset({make_records(1)[0].id}))
            )
        )

from __future__ import annotations

import contextlib
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import memctl
from memctl.backends.archive.parts.digest import add_up, sum_of_digests
from memctl.backends.archive.parts.index import IdIndex
from memctl.backends.archive.parts.parquet import from_bytes, to_bytes
from memctl.backends.archive.parts.rows import to_records, to_table
from memctl.backends.archive.setup import without_secrets
from memctl.model.memory_type import MemoryType
from memctl.model.record import differing_fields
from memctl.testing.records import DIFFICULT, make_record, make_records, records
from memctl.testing.suite import assert_same

from ...make_sample import SAMPLE, sample_records, write_sample
from .opening import open_archive, problems, read_all, read_json, warnings, write

SHORT_TERM = MemoryType.SHORT_TERM
PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "open-an-archive.md"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "archive"


def test_the_manifest_says_what_is_in_the_archive(path):
    groups = [make_record(1), make_record(2, crew_id="sales"), make_record(3, group_id=None)]
    write(path, groups, make_records(9)[5:], metric="cosine", embedder="model", source="chroma:./x")

    said = read_json(path)

    assert {key: said[key] for key in list(said)[:11] if key != "created_at"} == {
        "format": "memctl-archive",
        "format_version": 1,
        "finished": True,
        "memctl_version": memctl.__version__,
        "source": "chroma:./x",
        "metric": "cosine",
        "embedder": "model",
        "groups": ["acme"],
        "crews": ["research", "sales"],
        "records": 7,
    }
    contents = said["types"]["short_term"]
    assert (contents["records"], contents["dimension"]) == (7, 4)
    assert contents["owners"] == [
        {"group_id": "acme", "crew_id": "research", "records": 5},
        {"group_id": "acme", "crew_id": "sales", "records": 1},
        {"group_id": None, "crew_id": "research", "records": 1},
    ]
    assert [part["records"] for part in contents["parts"]] == [3, 4]
    assert datetime.fromisoformat(said["created_at"]).tzinfo == UTC


def test_the_digest_is_that_of_the_records_in_any_order(tmp_path):
    one = write(tmp_path / "one", make_records(6))
    other = write(tmp_path / "other", make_records(6)[:2:-1], make_records(6)[:3])

    digest = sum_of_digests(to_table(make_records(6), SHORT_TERM, 4), "x")
    assert int(read_json(one)["digest"], 16) == int(read_json(other)["digest"], 16) == digest


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        (None, None),
        ("chroma:./memory", "chroma:./memory"),
        ("chroma:https://user:s3cret@host/x", "chroma:https://host/x"),
        ("databricks:https://token@host", "databricks:https://host"),
        ("chroma:./a@b", "chroma:./a@b"),
        ("chroma:./\udcff", r"chroma:./\udcff"),
    ],
)
def test_the_source_is_named_without_secrets(path, source, kept):
    assert without_secrets(source) == kept
    assert read_json(write(path, source=source))["source"] == kept


def test_parts_are_zstd_with_fixed_size_vectors(path):
    write(path)

    file = pq.ParquetFile(path / "short_term-000001.parquet")
    group = file.metadata.row_group(0)
    codecs = {group.column(n).compression for n in range(group.num_columns)}
    assert codecs == {"ZSTD"}
    assert {field.name: str(field.type) for field in file.schema_arrow} == {
        **dict.fromkeys(("id", "type", "content", "metadata"), "string"),
        **dict.fromkeys(("group_id", "crew_id", "agent_id", "session_id", "scope"), "string"),
        "importance": "double",
        "created_at": "timestamp[us, tz=UTC]",
        "embedding": "fixed_size_list<element: float>[4]",
    }


def test_metadata_is_canonical_json_text(path):
    write(path, [make_record(1, metadata={"b": [1, {"é": None}], "a": 2**70})])

    (text,) = pq.read_table(path / "short_term-000001.parquet")["metadata"].to_pylist()
    assert text == '{"a":1180591620717411303424,"b":[1,{"é":null}]}'


def dimension_of(written):
    return next((len(each.embedding) for each in written if each.embedding is not None), None)


def digest_of(written):
    return sum_of_digests(to_table(written, SHORT_TERM, dimension_of(written)), "x")


def through_parquet(written):
    table = to_table(written, SHORT_TERM, dimension_of(written))
    return to_records(from_bytes(to_bytes(table), "x"), SHORT_TERM, "x")


@settings(max_examples=40, deadline=None)
@given(written=st.lists(records(), max_size=8), bare=st.sets(st.integers(0, 7)))
def test_any_records_come_back_exactly(written, bare):
    from dataclasses import replace

    written = [
        replace(record, embedding=None) if number in bare else record
        for number, record in enumerate(written)
    ]

    found = through_parquet(written)

    assert len(found) == len(written)
    for before, after in zip(written, found, strict=True):
        assert list(differing_fields(before, after)) == []
        assert digest_of([before]) == digest_of([after])
        assert before.created_at is None or after.created_at.tzinfo is UTC


def test_difficult_records_come_back_with_the_same_digest():
    written = list(DIFFICULT.values())

    found = through_parquet(written)

    assert digest_of(written) == digest_of(found)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"content": ""},
        {"group_id": None},
        {"crew_id": "other"},
        {"agent_id": "acme", "group_id": None},
        {"session_id": ""},
        {"scope": "/other"},
        {"importance": -0.0},
        {"importance": None},
        {"created_at": None},
        {"created_at": datetime(1970, 1, 1, tzinfo=UTC)},
        {"metadata": {"memctl:layout": 1}},
        {"embedding": None},
        {"embedding": np.zeros(4, np.float32)},
    ],
)
def test_the_digest_tells_every_field(change):
    from dataclasses import replace

    record = make_record(1, importance=0.0, agent_id=None)

    assert digest_of([record]) != digest_of([replace(record, **change)])


def test_the_digest_leaves_out_where_a_copy_came_from():
    record = make_record(1, metadata={"a": 1})
    copied = make_record(1, metadata={"a": 1, "memctl:origin": {"collection": "x", "id": "y"}})
    other = make_record(1, metadata={"a": {"memctl:origin": 1}})

    assert digest_of([copied]) == digest_of([record]) != digest_of([other])


def test_the_digest_is_the_same_however_the_rows_lie():
    written = [
        make_record(n, embedding=None if n % 3 == 0 else np.arange(n, n + 4, dtype=np.float32))
        for n in range(2500)
    ]
    table = to_table(written, SHORT_TERM, 4)
    pieces = pa.concat_tables([table.slice(0, 7), table.slice(7, 1100), table.slice(1107)])
    contents = pa.chunked_array(
        [table["content"].slice(0, 9).chunk(0), *table["content"].slice(9).chunks]
    )
    pieces = pieces.set_column(pieces.column_names.index("content"), "content", contents)

    digests = [
        digest_of([each]) if n % 3 else sum_of_digests(table.slice(n, 1), "x")
        for n, each in enumerate(written)
    ]

    assert sum_of_digests(pieces, "x") == sum_of_digests(table, "x") == add_up(digests)


def test_vectors_come_back_bit_by_bit(path):
    vector = np.array([np.nan, -0.0, 1e-45, 3.4e38], np.float32)
    write(path, [make_record(1, embedding=vector)])

    (found,) = read_all(open_archive(path))
    assert found.embedding.tobytes() == vector.tobytes()
    assert found.embedding.dtype == np.float32
    assert not found.embedding.flags.writeable


def test_times_of_every_zone_and_year_come_back(path):
    times = [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime.fromisoformat("2026-03-01T00:30:00.000001+05:45"),
        datetime.fromisoformat("2026-03-01T00:30:00+05:45:00.000005"),
    ]
    write(path, [make_record(n, created_at=time) for n, time in enumerate(times)])

    assert [record.created_at for record in read_all(open_archive(path))] == times


# --- the index of ids


ids = st.text(max_size=3)


@settings(max_examples=50, deadline=None)
@given(parts=st.lists(st.sets(ids, max_size=20), max_size=12), wanted=st.sets(ids, max_size=10))
def test_the_index_never_misses_a_part(parts, wanted):
    index = IdIndex()
    for number, part in enumerate(parts):
        index.add(number, part)

    expected = {number for number, part in enumerate(parts) if part & wanted}
    assert set(index.parts_with(wanted)) == expected
    every = [each for part in parts for each in part]
    assert index.repeated() == {hash(each) for each in every if every.count(each) > 1}


def test_the_index_keeps_few_runs():
    index = IdIndex()
    for number in range(1000):
        index.add(number, [f"{number}-{n}" for n in range(10)])

    assert len(index._runs) <= 15
    assert index.parts_with(["7-3", "999-0"]) == [7, 999]


# --- the sample and the page about it


def test_the_sample_is_what_its_script_writes(path):
    write_sample(path)

    def without_circumstances(document):
        """Leave out when it was written, by which version, and what Arrow's version made of it."""
        for contents in document["types"].values():
            contents["parts"] = [part | {"bytes": 0, "sha256": ""} for part in contents["parts"]]
        left_out = {"created_at", "memctl_version", "manifest_sha256"}
        return {key: document[key] for key in document.keys() - left_out}

    assert without_circumstances(read_json(path)) == without_circumstances(read_json(SAMPLE))
    assert_same(sample_records(), read_all(open_archive(SAMPLE)))


def test_the_sample_is_sound():
    assert problems(SAMPLE) == []
    assert {check.name for check in warnings(SAMPLE)} <= {"rows without a group"}


def blocks_of_the_page():
    """List each block of Python with the output that the page shows for it."""
    pattern = r"```python\n(.*?)```\n\n```text\n(.*?)```"
    return re.findall(pattern, PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_page_shows_what_its_code_prints(monkeypatch):
    pytest.importorskip("pandas", reason="pandas is in the extra `dev`")
    pytest.importorskip("duckdb", reason="DuckDB is in the extra `dev`")
    monkeypatch.chdir(PAGE.parents[2])
    names = {}

    blocks = blocks_of_the_page()
    assert len(blocks) == PAGE.read_text(encoding="utf-8").count("```python")
    for code, shown in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, names)  # noqa: S102 - the page's own code
        assert printed.getvalue() == shown


def test_the_page_names_every_key_and_column():
    page = PAGE.read_text(encoding="utf-8")
    columns = pa.parquet.read_schema(SAMPLE / "entity-000001.parquet").names

    for name in [*json.loads((SAMPLE / "manifest.json").read_text()), *columns]:
        assert f"`{name}`" in page

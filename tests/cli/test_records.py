from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memctl.model.canonical import parse_time
from memctl.model.memory_type import MemoryType
from memctl.model.record import MemoryRecord, same_record
from memctl.testing.records import DIFFICULT, make_record, make_records

from ..conftest import make_store, start_memctl
from ..formats.chroma.stores import expected, expected_rows, unpack
from .stores import error_of, make_foreign_store, row

WRITTEN = [
    *make_records(6),
    make_record(10, crew_id="sales"),
    make_record(11, group_id="beta"),
    make_record(12, group_id=None),
    make_record(13, type=MemoryType.ENTITY),
    make_record(14, type=MemoryType.ENTITY, crew_id="sales"),
]


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """A store with records of two types, crews and groups; not to be written."""
    return make_store("chroma", tmp_path_factory.mktemp("records") / "store", WRITTEN)


def read_lines(ran) -> list[dict]:
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def as_record(plain: dict) -> MemoryRecord:
    """Build the record that a line is: its keys are the names of the fields."""
    created_at = parse_time(plain["created_at"]) if plain["created_at"] else None
    vector = plain.get("embedding")
    vector = None if vector is None else np.frombuffer(b64decode(vector), "<f4")
    return MemoryRecord(
        **{
            **plain,
            "type": MemoryType(plain["type"]),
            "created_at": created_at,
            "embedding": vector,
        }
    )


def ids(ran) -> list[int]:
    return [int(each["id"][-5:]) for each in read_lines(ran)]


# A line


def test_a_line_has_the_fields_of_a_record_under_their_own_names(memctl, store):
    ran = memctl("records", "list", "--at", f"chroma:{store}", "--jsonl", "--with-embeddings")

    names = [field.name for field in fields(MemoryRecord)]
    assert [list(each) for each in read_lines(ran)] == [names] * len(WRITTEN)


def test_a_line_holds_all_of_a_record(memctl, store):
    ran = memctl("records", "list", "--at", f"chroma:{store}", "--jsonl", "--with-embeddings")

    found = {each["id"]: as_record(each) for each in read_lines(ran)}
    assert all(same_record(found[each.id], each) for each in WRITTEN)


def test_vectors_are_base64_of_float32_and_only_where_they_are_asked_for(memctl, store):
    with_them = memctl("records", "list", "--at", f"chroma:{store}", "--jsonl", "--with-embeddings")
    without = memctl("records", "list", "--at", f"chroma:{store}", "--jsonl")

    first = read_lines(with_them)[0]
    assert np.allclose(np.frombuffer(b64decode(first["embedding"]), "<f4"), WRITTEN[0].embedding)
    del first["embedding"]
    assert read_lines(without)[0] == first


@pytest.mark.parametrize("kind", ["chroma", "archive"])
def test_difficult_records_are_one_line_each(memctl, tmp_path, kind):
    written = [replace(each, id=f"{each.id}-{n}") for n, each in enumerate(DIFFICULT.values())]
    path = make_store(kind, tmp_path / "store", written)

    ran = memctl("records", "list", "--at", f"{kind}:{path}", "--jsonl", "--with-embeddings")

    found = {each["id"]: as_record(each) for each in read_lines(ran)}
    assert found.keys() == {each.id for each in written}
    assert all(same_record(found[each.id], each) for each in written)


def test_a_line_of_another_process_is_utf_8_wherever_it_runs(store):
    process = start_memctl(
        "records", "list", "--at", f"chroma:{store}", "--jsonl", env={"LC_ALL": "C", "PATH": ""}
    )
    output, errors = process.communicate()

    assert process.returncode == 0, errors
    assert len([json.loads(line) for line in output.splitlines()]) == len(WRITTEN)


# The document


def test_the_document_has_the_records_and_how_many_there_are(memctl, store):
    ran = memctl("records", "list", "--at", f"chroma:{store}", "--limit", "3", "--json")

    lines = read_lines(memctl("records", "list", "--at", f"chroma:{store}", "--jsonl"))
    assert ran.data["records"] == lines[:3]
    assert (ran.data["total"], ran.data["with_embeddings"]) == (len(WRITTEN), False)


def test_a_screen_shows_fifty_and_a_document_all(memctl, tmp_path):
    path = make_store("archive", tmp_path / "store", make_records(60))

    on_screen = memctl("records", "list", "--at", f"archive:{path}")
    document = memctl("records", "list", "--at", f"archive:{path}", "--json")

    assert on_screen.stdout.count("record-0") == 50
    assert len(document.data["records"]) == 60


# The selector


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ((), [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14]),
        (("--crew", "sales"), [10, 14]),
        (("--type", "entity"), [13, 14]),
        (("-t", "entity", "-t", "short_term", "--crew", "sales"), [10, 14]),
        (("-t", "document"), []),
        (("-g", "acme"), [0, 1, 2, 3, 4, 5, 10, 13, 14]),
        (("-g", "acme", "--include-unscoped", "--crew", "research"), [0, 1, 2, 3, 4, 5, 12, 13]),
        (("-g", "beta"), [11]),
        (("--crew", "nobody"), []),
        (("--limit", "2"), [0, 1]),
        (("--limit", "2", "-t", "entity"), [13, 14]),
        (("--limit", "7"), [0, 1, 2, 3, 4, 5, 10]),
    ],
)
def test_the_selector_means_these_records(memctl, store, options, numbers):
    ran = memctl("records", "list", "--at", f"chroma:{store}", "--jsonl", *options)

    assert ids(ran) == numbers


def test_through_a_profile_only_rows_of_its_group_are_listed(memctl, store):
    memctl("setup", "chroma", "--path", store, "-g", "beta")

    assert ids(memctl("records", "list", "-g", "beta", "--jsonl")) == [11]
    assert ids(memctl("records", "list", "-g", "beta", "--jsonl", "--include-unscoped")) == [11, 12]


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5"])
def test_a_limit_that_is_none_is_a_usage_error(memctl, store, limit):
    ran = memctl("records", "list", "--at", f"chroma:{store}", f"--limit={limit}", "--json")

    assert ran.exit_code == 2


def test_an_unknown_type_is_a_usage_error(memctl, store):
    ran = memctl("records", "list", "--at", f"chroma:{store}", "-t", "memory", "--json")

    assert ran.exit_code == 2
    assert "short_term" in error_of(ran)["message"]


def test_jsonl_and_json_exclude_each_other(memctl):
    ran = memctl("records", "list", "--at", "chroma:nowhere", "--jsonl", "--json")

    assert ran.exit_code == 2
    assert "--jsonl" in error_of(ran)["message"]
    assert "--json`" in error_of(ran)["message"]


@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    crew=st.sampled_from([None, "research", "sales", "nobody"]),
    group=st.sampled_from([None, "acme", "beta"]),
    types=st.sets(st.sampled_from(MemoryType), max_size=2),
    rest=st.tuples(st.booleans(), st.none() | st.integers(1, 12)),
)
def test_any_selector_lists_what_a_model_lists(memctl, store, crew, group, types, rest):  # noqa: PLR0917 - as Hypothesis hands them over
    unscoped, limit = rest
    options = ["--crew", crew] if crew else []
    options += ["-g", group] if group else []
    options += [word for each in sorted(types) for word in ("-t", each)]
    options += ["--include-unscoped"] if unscoped else []
    options += ["--limit", str(limit)] if limit else []

    ran = memctl("records", "list", "--at", f"chroma:{store}", "--json", *options)

    meant = [
        each.id
        for memory_type in MemoryType
        for each in WRITTEN
        if each.type is memory_type
        and (not types or each.type in types)
        and (crew is None or each.crew_id == crew)
        and (group is None or each.group_id == group or (unscoped and each.group_id is None))
    ]
    assert [each["id"] for each in ran.data["records"]] == meant[:limit]
    assert ran.data["total"] == len(meant)


# One record


def test_show_gives_a_record_in_full_and_its_collection(memctl, store):
    ran = memctl("records", "show", "record-00013", "--at", f"chroma:{store}", "--json")

    assert ran.data["collection"] == "entity"
    assert same_record(as_record(ran.data["record"]), WRITTEN[9])


@pytest.mark.parametrize(
    "options", [("-g", "beta"), ("-t", "entity"), ("-g", "nobody", "--include-unscoped")]
)
def test_a_record_out_of_the_selector_is_not_shown(memctl, store, options):
    ran = memctl("records", "show", "record-00001", "--at", f"chroma:{store}", *options, "--json")

    assert ran.exit_code == 3
    assert error_of(ran)["code"] == "record_not_found"
    assert error_of(ran)["hint"]


def test_show_keeps_to_the_group_of_the_profile(memctl, store):
    memctl("setup", "chroma", "--path", store, "-g", "beta")

    assert memctl("records", "show", "record-00011", "-g", "beta").exit_code == 0
    assert memctl("records", "show", "record-00001", "-g", "beta").exit_code == 3
    assert memctl("records", "show", "record-00012", "-g", "beta").exit_code == 3


# Other programs' stores


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """Unpack a store once, by name."""
    found = {}

    def path(name):
        if name not in found:
            found[name] = unpack(name, tmp_path_factory.mktemp("foreign"))
        return found[name]

    return path


@pytest.mark.parametrize("name", ["0.5-below", "1.0-below", "1.1-below", "1.5-below", "1.5-past"])
def test_lines_are_what_chromadb_itself_reads(memctl, unpacked, name):
    path = unpacked(name)
    collections = {
        collection: each
        for (database, collection), each in expected(path).items()
        if database == "default_database" and collection != "plain"
    }

    for collection, each in collections.items():
        ran = memctl(
            "records", "list", "--at", f"chroma:{path}", "--map", f"document={collection}",
            "--type", "document", "--jsonl", "--with-embeddings",
        )  # fmt: skip
        found = {line["id"]: line for line in read_lines(ran)}
        rows = expected_rows(each)
        assert found.keys() == rows.keys(), collection
        for record_id, (document, metadata, vector) in rows.items():
            line = found[record_id]
            assert line["content"] == (document or "")
            assert same_metadata(line, metadata), record_id
            read = np.frombuffer(b64decode(line["embedding"]), "<f4")
            assert np.allclose(read, vector, rtol=1e-6, atol=0)


def same_metadata(line: dict, metadata: dict) -> bool:
    """Put the fields of a line back where another program keeps them, and compare as JSON does."""
    owned = ("group_id", "crew_id", "agent_id", "session_id", "scope")
    found = line["metadata"] | {key: line[key] for key in owned if line[key] is not None}
    rest = dict(metadata)
    if moment := parse_time(str(rest.get("created_at"))):
        del rest["created_at"]
        if parse_time(line["created_at"]) != moment:
            return False
    return json.dumps(found, sort_keys=True) == json.dumps(rest, sort_keys=True)


def test_a_row_of_another_program_keeps_what_has_no_field(memctl, tmp_path):
    given_ = {"quality": 0.5, "agent": "Ann", "crew_id": 7, "importance": True, "scope": "/a"}
    path = make_foreign_store(
        tmp_path / "store",
        {"memory_short_term_Roles": [row(1, "text", **given_, created_at="yesterday")]},
    )

    (line,) = read_lines(memctl("records", "list", "--at", f"chroma:{path}", "--jsonl"))

    assert line["metadata"] == {
        "quality": 0.5,
        "agent": "Ann",
        "crew_id": 7,
        "importance": True,
        "created_at": "yesterday",
    }
    assert (line["crew_id"], line["scope"], line["importance"]) == ("Roles", "/a", None)
    assert parse_time(line["created_at"]) is not None

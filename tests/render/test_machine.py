from __future__ import annotations

import json
import sys
from base64 import b64decode
from contextlib import redirect_stdout
from dataclasses import fields, replace
from datetime import UTC, datetime
from subprocess import run

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memctl.model import errors, results
from memctl.model.canonical import parse_time
from memctl.model.record import MemoryRecord, same_record
from memctl.render.machine import document, failure, line
from memctl.testing.records import DIFFICULT, make_record, records

from .samples import EVERY_RESULT, MIGRATE_DIFFERS, RECORD, RECORDS, SETUP, STATS, USED, VERIFY
from .streams import ascii_stream

ENVELOPE = ["schema", "command", "status", "exit_code", "data", "errors"]


def read_back(text: str) -> MemoryRecord:
    plain = json.loads(text)
    vector = plain.pop("embedding")
    created_at = plain.pop("created_at")
    return MemoryRecord(
        embedding=None if vector is None else np.frombuffer(b64decode(vector), "<f4"),
        created_at=None if created_at is None else parse_time(created_at),
        **plain,
    )


@given(records())
def test_a_line_holds_the_whole_record(record):
    text = line(record, with_embeddings=True)
    assert len(text.splitlines()) == 1
    assert same_record(read_back(text), record)


@pytest.mark.parametrize("record", DIFFICULT.values(), ids=DIFFICULT)
def test_a_line_holds_difficult_records(record):
    assert same_record(read_back(line(record, with_embeddings=True)), record)


@given(records())
def test_a_line_without_embeddings_differs_by_that_key_only(record):
    plain = json.loads(line(record, with_embeddings=True))
    del plain["embedding"]
    assert json.loads(line(record, with_embeddings=False)) == plain


def test_the_keys_of_a_line_are_the_fields_of_a_record_in_their_order():
    plain = json.loads(line(make_record(1), with_embeddings=True))
    assert list(plain) == [field.name for field in fields(MemoryRecord)]


def test_a_line_of_a_record_without_a_vector_says_null():
    text = line(make_record(1, embedding=None), with_embeddings=True)
    assert json.loads(text)["embedding"] is None


def test_a_line_in_full():
    record = make_record(
        7, content="größer\n", embedding=np.array([1, -0.5], np.float32), metadata={"b": 2, "a": 1}
    )
    assert line(record, with_embeddings=True) == (
        '{"id":"record-00007","type":"short_term","content":"größer\\n","embedding":"AACAPwAAAL8=",'
        '"group_id":"acme","crew_id":"research","agent_id":"writer","session_id":"session-1",'
        '"scope":"/crew/research","importance":0.5,"created_at":"2026-01-01T07:00:00Z",'
        '"metadata":{"b":2,"a":1}}'
    )


def test_a_number_that_json_does_not_have_is_written_as_its_name():
    odd = make_record(1, importance=float("nan"), metadata={"a": [{"b": float("-inf")}], "c": 1.5})

    plain = json.loads(line(odd, with_embeddings=True))

    assert plain["importance"] == "NaN"
    assert plain["metadata"] == {"a": [{"b": "-Infinity"}], "c": 1.5}


@pytest.mark.parametrize("character", "\x1b\x9b\x7f\x85\u2028\u202e\u2066\ufeff\ud800")
def test_what_a_terminal_obeys_is_escaped_and_comes_back(character):
    text = line(make_record(1, content=character), with_embeddings=False)
    assert character not in text
    assert text.encode("utf-8")
    assert json.loads(text)["content"] == character


def test_text_is_escaped_where_standard_output_is_not_utf_8():
    with redirect_stdout(ascii_stream()):
        text = line(make_record(1, content="größer"), with_embeddings=False)
    assert '"gr\\u00f6\\u00dfer"' in text


@pytest.mark.parametrize("result", EVERY_RESULT.values(), ids=EVERY_RESULT)
def test_every_result_is_one_document_of_the_same_keys(result):
    content = json.loads(document("some command", result))
    assert list(content) == ENVELOPE
    assert (content["schema"], content["command"]) == (1, "some command")


def test_the_keys_of_data_are_the_fields_of_the_result_in_their_order():
    data = json.loads(document("stats", STATS))["data"]
    assert list(data) == [field.name for field in fields(STATS)]
    assert list(data["types"][0]) == ["type", "records", "dimensions", "collections", "is_enabled"]


def test_enums_times_and_days_become_text():
    data = json.loads(document("stats", STATS))["data"]
    assert data["types"][0]["type"] == "short_term"
    assert data["newest"] == "2026-03-04T12:00:05Z"
    assert [each["day"] for each in data["days"]] == [None, "2026-03-04"]


def test_times_are_written_in_utc():
    late = datetime.fromisoformat("2026-03-04T01:30:00.5+02:00")
    data = json.loads(document("stats", replace(STATS, newest=late)))["data"]
    assert data["newest"] == "2026-03-03T23:30:00.500000Z"


def test_hidden_fields_are_left_out():
    data = json.loads(document("verify", replace(VERIFY, strict=True)))["data"]
    assert list(data) == ["stores", "checks"]


def test_an_error_inside_of_data_is_an_object():
    failed = results.VerifiedStore(
        **USED, checks=[], failure=errors.StoreLocked("`x` is locked", hint="wait")
    )
    data = json.loads(document("verify", results.VerifyResult([failed], [])))["data"]
    expected = {"code": "store_locked", "message": "`x` is locked", "hint": "wait"}
    assert data["stores"][0]["failure"] == expected


def test_records_in_a_document_have_vectors_only_where_they_were_read():
    without = json.loads(document("records list", RECORDS))["data"]["records"]
    having = document("records list", replace(RECORDS, with_embeddings=True))
    assert not any("embedding" in each for each in without)
    assert all("embedding" in each for each in json.loads(having)["data"]["records"])
    assert json.loads(document("records show", RECORD))["data"]["record"]["embedding"]


def test_a_record_is_the_same_in_a_document_and_in_a_line():
    data = json.loads(document("records show", RECORD))["data"]
    assert data["record"] == json.loads(line(RECORD.record, with_embeddings=True))


def test_a_result_without_errors_is_a_success():
    content = json.loads(document("setup chroma", SETUP))
    assert (content["status"], content["exit_code"], content["errors"]) == ("success", 0, [])


def test_a_result_with_errors_is_an_error_and_still_has_data():
    content = json.loads(document("migrate", MIGRATE_DIFFERS))
    assert (content["status"], content["exit_code"]) == ("error", 3)
    assert [each["code"] for each in content["errors"]] == ["sides_differ"]
    assert content["data"]["comparison"]["missing"] == 3


@pytest.mark.parametrize(
    ("error", "status", "exit_code"),
    [
        (errors.Declined("no"), "error", 1),
        (errors.UsageError("no"), "error", 2),
        (errors.StoreNotFound("no"), "error", 4),
        (errors.DiskFull("no"), "partial", 8),
        (errors.WriteFailed("no"), "partial", 8),
        (errors.Interrupted("no"), "error", 130),
    ],
)
def test_a_failure_has_its_status_and_code(error, status, exit_code):
    content = json.loads(failure("stats", error))
    assert (content["status"], content["exit_code"], content["data"]) == (status, exit_code, {})


def test_a_failure_in_full():
    error = errors.ProfileNotFound("no profile named `é`", hint=None)
    assert failure("config show", error) == (
        "{\n"
        '  "schema": 1,\n'
        '  "command": "config show",\n'
        '  "status": "error",\n'
        '  "exit_code": 4,\n'
        '  "data": {},\n'
        '  "errors": [\n'
        "    {\n"
        '      "code": "profile_not_found",\n'
        '      "message": "no profile named `é`",\n'
        '      "hint": null\n'
        "    }\n"
        "  ]\n"
        "}"
    )


@given(st.text())
def test_a_failure_holds_any_message(message):
    text = failure("stats", errors.UsageError(message))
    assert json.loads(text.encode("utf-8"))["errors"][0]["message"] == message


def test_documents_need_no_rich():
    program = "import sys, memctl.render.machine; print([m for m in sys.modules if 'rich' in m])"
    done = run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_moment_outside_of_utc_is_the_same_moment():
    record = make_record(1, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert '"2026-01-01T00:00:00Z"' in line(record, with_embeddings=False)

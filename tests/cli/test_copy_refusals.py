from __future__ import annotations

import numpy as np
import pytest

from memctl.testing.records import make_record, make_records

from ..chroma_proxy import Reply, behind, chroma_proxy
from ..conftest import fingerprint, make_store
from .independent import assert_seen
from .stores import error_of
from .test_chroma_server import contents, read_server, third

PLAIN = make_records(12)
REFUSED = {
    "a vector with NaN": make_record(50, embedding=np.array([1, np.nan, 0, 0], np.float32)),
    "a vector with an infinity": make_record(50, embedding=np.array([1, 0, 0, np.inf], np.float32)),
    "no id": make_record(50, id=""),
}
"""What an archive keeps, and no other store takes."""


@pytest.mark.parametrize("kind", ["chroma", "crewai"])
@pytest.mark.parametrize("case", REFUSED)
def test_a_row_that_a_target_refuses_is_named_and_the_others_arrive(memctl, tmp_path, kind, case):
    refused = REFUSED[case]
    source = make_store("archive", tmp_path / "source", [*PLAIN[:5], refused, *PLAIN[5:]])
    words = ("migrate", f"archive:{source}", f"{kind}:{tmp_path}/target", "--json")
    before = fingerprint(source)

    ran = [memctl(*words) for _ in range(2)]

    assert [each.exit_code for each in ran] == [8, 8]
    for each in ran:
        assert (error_of(each)["code"], each.document["status"]) == ("write_failed", "partial")
        assert f"`{refused.id}`: its" in error_of(each)["message"]
    assert_seen(PLAIN, kind, tmp_path / "target")
    assert fingerprint(source) == before


@pytest.mark.parametrize(
    "case", [("archive", 400), ("chroma", 422), ("crewai", 413), ("archive", 409)]
)
def test_a_batch_that_a_server_refuses_is_written_when_it_takes_it(
    memctl, tmp_path, chroma_server, database, case
):
    kind, status = case
    written = make_records(18)
    source = make_store(kind, tmp_path / "source", written)
    with chroma_proxy(chroma_server) as (origin, proxy):
        place = f"chroma:{behind(origin, database)}"
        words = ("migrate", f"{kind}:{source}", place, "--batch-size", "4", "--json")
        is_third = third("/upsert")
        body = b'{"error":"InvalidArgumentError","message":"not today"}'
        proxy.fault = lambda asked: Reply(status, body) if is_third(asked) else None

        broken = memctl(*words)
        proxy.fault = lambda _: None
        there = len(read_server(database))
        completed = memctl(*words)

    assert (broken.exit_code, broken.document["status"]) == (8, "partial"), broken.stdout
    error = error_of(broken)
    assert error["code"] == "write_failed"
    assert f"`{written[8].id}`: " in error["message"]
    assert f"answers {status}" in error["message"]
    assert "not today" in error["message"]
    assert there == 8
    assert (completed.exit_code, completed.data["resumed"]) == (0, True), completed.stdout
    assert completed.data["comparison"]["same"] == 18
    assert contents(read_server(database).values()) == contents(written)


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_a_row_that_a_server_refuses_is_named_and_the_others_arrive(
    memctl, tmp_path, chroma_server, database, status
):
    written = make_records(18)
    source = make_store("archive", tmp_path / "source", written)
    with chroma_proxy(chroma_server) as (origin, proxy):
        place = f"chroma:{behind(origin, database)}"
        words = ("migrate", f"archive:{source}", place, "--json")
        hand_on = proxy.answer

        def answer(asked, body):
            is_refused = asked.path.endswith("/upsert") and written[11].id.encode() in body
            return Reply(status, b"not this one") if is_refused else hand_on(asked, body)

        proxy.answer = answer
        broken = [memctl(*words) for _ in range(2)]
        there = contents(read_server(database).values())
        proxy.answer = hand_on
        completed = memctl(*words)

    for each in broken:
        assert (each.exit_code, each.document["status"]) == (8, "partial"), each.stdout
        assert f"`{written[11].id}`: " in error_of(each)["message"]
        assert f"answers {status}" in error_of(each)["message"]
    assert there == contents([*written[:11], *written[12:]])
    assert completed.exit_code == 0, completed.stdout
    assert completed.data["comparison"]["same"] == 18


@pytest.mark.parametrize("case", [(401, 5), (403, 5), (404, 4), (405, 4)])
def test_a_refusal_that_is_of_no_row_stays_what_it_is(
    memctl, tmp_path, chroma_server, database, case
):
    status, exit_code = case
    source = make_store("archive", tmp_path / "source", PLAIN)
    with chroma_proxy(chroma_server) as (origin, proxy):
        proxy.fault = lambda asked: Reply(status) if asked.path.endswith("/upsert") else None
        place = f"chroma:{behind(origin, database)}"

        ran = memctl("migrate", f"archive:{source}", place, "--json")

        assert len([each for each in proxy.asked if each.path.endswith("/upsert")]) == 1
    assert (ran.exit_code, ran.document["status"]) == (exit_code, "error"), ran.stdout
    assert error_of(ran)["hint"]
    assert read_server(database) == {}

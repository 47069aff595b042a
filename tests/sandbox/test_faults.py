from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
import requests

from memctl.sandbox.server import Sandbox

from .conftest import INDEX, row

UPSERT = "POST */upsert-data"


@pytest.mark.parametrize("after", [False, True])
def test_a_status_comes_before_or_after_the_effect(sandbox, rest, index, after):
    sandbox.fault(UPSERT, status=429, retry_after=7, after=after)

    answer = rest.upsert([row(1)])

    assert answer.error == (429, "REQUEST_LIMIT_EXCEEDED")
    assert answer.headers["Retry-After"] == "7"
    assert rest.ids() == ({"row-00001"} if after else set())
    assert rest.upsert([row(2)]).status == 200


@pytest.mark.parametrize("after", [False, True])
def test_a_connection_is_dropped_before_or_after_the_effect(sandbox, rest, index, after):
    sandbox.fault(UPSERT, "drop", after=after)

    with pytest.raises(requests.ConnectionError):
        rest.upsert([row(1)])

    assert sandbox.requests()[-1]["status"] == 0
    assert rest.ids() == ({"row-00001"} if after else set())


@pytest.mark.parametrize("after", [False, True])
def test_an_answer_that_never_comes_keeps_nobody_else_waiting(sandbox, rest, index, after):
    sandbox.fault(UPSERT, "hang", after=after)

    with pytest.raises(requests.ReadTimeout):
        rest.session.post(
            f"{sandbox.url}/api/2.0/vector-search/indexes/{INDEX}/upsert-data",
            json={"inputs_json": '[{"id": "x", "embedding": [0, 0, 0, 0]}]'},
            timeout=0.2,
        )

    assert rest.ids() == ({"x"} if after else set())


def test_an_answer_can_be_no_json_though_the_effect_is_there(sandbox, rest, index):
    sandbox.fault(UPSERT, "malformed")

    with pytest.raises(requests.JSONDecodeError):
        rest.upsert([row(1)])

    assert rest.ids() == {"row-00001"}


def test_an_answer_can_be_slow(sandbox, rest, index):
    sandbox.fault("GET *", "slow", seconds=0.01)

    assert rest("GET", f"indexes/{INDEX}").status == 200
    assert sandbox.requests()[-1]["status"] == 200


@pytest.mark.parametrize("rows", [None, 1, 4])
def test_a_write_can_be_refused_in_part(sandbox, rest, index, rows):
    sandbox.fault(UPSERT, "partial", **({} if rows is None else {"rows": rows}))
    keys = [f"row-{number:05}" for number in range(4)]
    failed = 2 if rows is None else rows

    written = rest.upsert([row(number) for number in range(4)]).json

    assert written["status"] == ("FAILURE" if rows == 4 else "PARTIAL_SUCCESS")
    assert written["result"]["failed_primary_keys"] == keys[:failed]
    assert rest.ids() == {*keys[failed:]}


def test_a_deletion_can_be_refused_in_part(sandbox, rest, index):
    keys = [row(number)["id"] for number in range(4)]
    rest.upsert([row(number) for number in range(4)])
    sandbox.fault("DELETE */delete-data", "partial", rows=1)

    deleted = rest("DELETE", f"indexes/{INDEX}/delete-data", {"primary_keys": keys}).json

    assert deleted["status"] == "PARTIAL_SUCCESS"
    assert deleted["result"]["failed_primary_keys"] == keys[:1]
    assert rest.ids() == {*keys[:1]}


def test_the_first_read_after_a_write_can_be_stale(sandbox, rest, index):
    sandbox.fault(UPSERT, "stale")
    rest.upsert([row(1)])

    assert [rest.ids() for _ in range(2)] == [set(), {"row-00001"}]


def test_a_fault_hits_just_the_requests_that_it_counts(sandbox, rest, index):
    sandbox.fault(UPSERT, status=503, skip=2, times=2)
    before = [rest.upsert([row(number)]).status for number in range(6)]
    sandbox.fault(UPSERT, status=500, times=0)
    after = [rest.upsert([row(number)]).status for number in range(3)]
    sandbox.clear()

    assert before == [200, 200, 503, 503, 200, 200]
    assert after == [500, 500, 500]
    assert rest.upsert([row(1)]).status == 200


def test_a_fault_is_about_its_own_route_only(sandbox, rest, index):
    sandbox.fault("DELETE /api/2.0/vector-search/indexes/*", status=403, times=0)

    assert rest("GET", f"indexes/{INDEX}").status == 200
    assert rest("DELETE", f"indexes/{INDEX}").error == (403, "PERMISSION_DENIED")


def test_the_fault_that_was_switched_on_first_comes_first(sandbox, rest):
    sandbox.fault("* *", status=500)
    sandbox.fault("* *", status=504, times=2)

    assert [rest("GET", "endpoints").status for _ in range(3)] == [500, 504, 200]


@pytest.mark.parametrize(
    ("pattern", "kind", "details"),
    [("nonsense", "drop", {}), ("GET /", "explode", {}), ("GET /", "drop", {"often": True})],
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox, pattern, kind, details):
    with pytest.raises(ValueError, match=r"pattern|explode|often"):
        sandbox.fault(pattern, kind, **details)


def test_what_was_told_to_the_sandbox_breaks_no_rule_of_the_workspace(sandbox):
    with pytest.raises(ValueError, match="wrong type"):
        sandbox.control("POST", "latency", {"milliseconds": "80"})

    assert sandbox.violations() == []
    assert sandbox.requests() == []


def test_several_requests_wait_for_their_latency_side_by_side(sandbox, rest, as_user):
    sandbox.delay(20)
    callers = [as_user(sandbox.token) for _ in range(4)]
    sandbox.fault("GET */endpoints/ep", "hang")

    with ThreadPoolExecutor(5) as pool:
        stuck = pool.submit(
            rest.session.get, f"{sandbox.url}/api/2.0/vector-search/endpoints/ep", timeout=0.5
        )
        found = [*pool.map(lambda each: each("GET", "endpoints").status, callers)]
        assert not stuck.done()
        with pytest.raises(requests.ReadTimeout):
            stuck.result()

    assert found == [200] * 4


def test_a_sandbox_closes_on_a_request_that_hangs():
    with ThreadPoolExecutor(1) as pool:
        with Sandbox() as serving, requests.Session() as session:
            session.trust_env = False
            serving.fault("GET *", "hang")
            stuck = pool.submit(session.get, f"{serving.url}/api/2.0/preview/scim/v2/Me", timeout=9)
            while serving.workspace.faults.active:
                sleep(0.001)
        with pytest.raises(requests.ConnectionError):
            stuck.result()

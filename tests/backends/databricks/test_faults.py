"""Every fault of a request for rows ends in the undisturbed state, or in an error with its code."""

from __future__ import annotations

import pytest

from memctl.model.errors import (
    BadAnswer,
    CredentialRejected,
    NotPermitted,
    RequestRefused,
    StoreNotFound,
    Throttled,
    TimedOut,
    Unreachable,
)
from memctl.testing.records import make_record, make_records
from memctl.testing.suite import assert_same, scan_all

from .opening import INDEX, SHORT_TERM, make_store, open_store

PATH = f"/api/2.0/vector-search/indexes/{INDEX}"
REQUESTS = {
    "upsert": f"POST {PATH}/upsert-data",
    "delete": f"DELETE {PATH}/delete-data",
    "scan": f"* {PATH}/scan",
}
FAULTS = {
    "throttled": {"kind": "status", "status": 429, "retry_after": 0},
    "throttled after the effect": {
        "kind": "status",
        "status": 429,
        "retry_after": 0,
        "after": True,
    },
    "internal error": {"kind": "status", "status": 500},
    "bad gateway": {"kind": "status", "status": 502},
    "unavailable": {"kind": "status", "status": 503, "retry_after": 0},
    "timed out on its way": {"kind": "status", "status": 504, "after": True},
    "dropped": {"kind": "drop"},
    "dropped after the effect": {"kind": "drop", "after": True},
    "malformed": {"kind": "malformed"},
    "no answer": {"kind": "hang", "after": True},
}


def work(store) -> None:
    """Write, read and delete in several requests each."""
    for number in range(0, 30, 6):
        assert store.upsert(SHORT_TERM, make_records(30)[number : number + 6]).failed == {}
    found = [each.id for batch in store.scan(SHORT_TERM, batch_size=7) for each in batch.records]
    assert found == [each.id for each in make_records(30)]
    for number in range(0, 15, 3):
        ids = [each.id for each in make_records(15)[number : number + 3]]
        assert store.delete(SHORT_TERM, ids).failed == {}


FIRST_MIDDLE_AND_LAST = (0, 3, 6)
"""Of five requests, each of which is made again after its fault."""


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_leaves_no_trace(sandbox, fault, request_):
    with make_store(sandbox, timeout=2 if fault == "no answer" else 10) as store:
        for skip in FIRST_MIDDLE_AND_LAST[1:2] if fault == "no answer" else FIRST_MIDDLE_AND_LAST:
            sandbox.fault(REQUESTS[request_], skip=skip, **FAULTS[fault])

        work(store)

    with open_store(sandbox, writable=False, indexes={SHORT_TERM: INDEX}) as store:
        assert_same(make_records(30)[15:], scan_all(store))


@pytest.mark.parametrize(
    ("fault", "error", "exit_code"),
    [
        ({"kind": "status", "status": 429, "retry_after": 0}, Throttled, 6),
        ({"kind": "status", "status": 429, "retry_after": 3600}, Throttled, 6),
        ({"kind": "status", "status": 500}, BadAnswer, 6),
        ({"kind": "status", "status": 401}, CredentialRejected, 5),
        ({"kind": "status", "status": 403}, NotPermitted, 5),
        ({"kind": "drop"}, Unreachable, 6),
        ({"kind": "hang"}, TimedOut, 6),
        ({"kind": "malformed"}, BadAnswer, 6),
    ],
    ids=lambda each: each.get("status", each["kind"]) if isinstance(each, dict) else "",
)
@pytest.mark.parametrize("request_", ["upsert", "scan"])
def test_a_fault_that_stays_is_told_with_its_exit_code(sandbox, request_, fault, error, exit_code):
    with make_store(sandbox, timeout=1) as store:
        store.describe()
        sandbox.fault(REQUESTS[request_], times=0, **fault)

        with pytest.raises(error) as raised:
            store.upsert(SHORT_TERM, make_records(2))

    assert raised.value.exit_code == exit_code
    assert "127.0.0.1" in raised.value.message or raised.type is Throttled


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RequestRefused),
        (409, RequestRefused),
        (413, RequestRefused),
        (404, StoreNotFound),
        (429, Throttled),
        (500, BadAnswer),
        (502, BadAnswer),
        (503, BadAnswer),
        (504, BadAnswer),
    ],
)
def test_both_clients_errors_are_told_alike(sandbox, status, error):
    with make_store(sandbox, timeout=0.5) as store:
        for pattern in ("* */endpoints/memory", "* */scan"):
            sandbox.fault(pattern, status=status, error_code="SOME_CODE", times=0)

        with pytest.raises(error) as by_sdk:
            store.service.endpoint("memory")
        with pytest.raises(error) as by_client:
            list(store.scan(SHORT_TERM))

    assert by_sdk.type is by_client.type
    for each in (by_sdk, by_client):
        assert "SOME_CODE" in each.value.message or status == 429
        assert "Config:" not in each.value.message


def test_a_long_pause_is_not_waited_for_and_named(sandbox):
    with make_store(sandbox, timeout=5) as store:
        sandbox.fault(REQUESTS["upsert"], status=429, retry_after=60)

        with pytest.raises(Throttled) as error:
            store.upsert(SHORT_TERM, make_records(2))

    assert error.value.retry_after == 60


def test_rows_that_failed_are_sent_again_and_no_others(sandbox):
    with make_store(sandbox) as store:
        sandbox.fault(REQUESTS["upsert"], "partial", rows=3)

        result = store.upsert(SHORT_TERM, make_records(10))

        assert (result.done, result.failed) == (10, {})
        assert_same(make_records(10), scan_all(store))
        upserts = [each for each in sandbox.requests() if each["path"].endswith("/upsert-data")]
        assert len(upserts) == 2


@pytest.mark.parametrize("rows", [4, 10])
def test_rows_that_go_on_failing_are_named(sandbox, rows):
    with make_store(sandbox) as store:
        sandbox.fault(REQUESTS["upsert"], "partial", rows=rows, times=0)

        result = store.upsert(SHORT_TERM, make_records(10))

        assert len(result.failed) == min(rows, 10)
        assert result.done == 10 - len(result.failed)
        written = [each for each in make_records(10) if each.id not in result.failed]
        assert_same(written, scan_all(store))


def test_rows_that_can_not_be_deleted_are_named(sandbox):
    with make_store(sandbox) as store:
        store.upsert(SHORT_TERM, make_records(5))
        sandbox.fault(REQUESTS["delete"], "partial", rows=1, times=0)

        result = store.delete(SHORT_TERM, [each.id for each in make_records(3)])

        assert len(result.failed) == 1
        assert store.count() == 5 - result.done


class TestStaleReads:
    """The first read after each write gives what was there before it."""

    @pytest.fixture
    def sandbox(self):
        from memctl.sandbox.server import Sandbox

        with Sandbox(stale_reads=True) as serving:
            yield serving

    def test_a_connection_reads_what_it_wrote(self, sandbox):
        with make_store(sandbox) as store:
            store.upsert(SHORT_TERM, make_records(5))
            assert_same(make_records(5), scan_all(store))

            store.upsert(SHORT_TERM, [make_record(2, content="new")])
            found = {each.id: each.content for each in scan_all(store)}
            assert found["record-00002"] == "new"

            store.delete(SHORT_TERM, ["record-00002"])
            assert store.count() == 4

    def test_an_id_that_was_just_written_is_not_taken_by_another_crew(self, sandbox):
        with make_store(sandbox) as store:
            store.upsert(SHORT_TERM, [make_record(1)])
            result = store.upsert(SHORT_TERM, [make_record(1, crew_id="b", content="theirs")])

            assert list(result.failed) == ["record-00001"]
            assert_same([make_record(1)], scan_all(store))

    def test_what_was_just_written_can_be_deleted(self, sandbox):
        with make_store(sandbox) as store:
            store.upsert(SHORT_TERM, make_records(3))

            assert store.delete(SHORT_TERM, ["record-00000", "record-00002"]).done == 2
            assert_same([make_record(1)], scan_all(store))


@pytest.mark.parametrize("kind", ["index", "endpoint"])
def test_what_was_deleted_is_no_longer_told_of_from_an_earlier_answer(sandbox, kind):
    with make_store(sandbox) as store:
        service = store.service
        name, look = {
            "index": (INDEX, service.describe),
            "endpoint": ("memory", service.endpoint),
        }[kind]
        look(name)
        sandbox.fault(f"GET /api/2.0/vector-search/*/{name}", status=404, times=0)

        with pytest.raises(StoreNotFound):
            look(name, fresh=True)
        with pytest.raises(StoreNotFound):
            look(name)

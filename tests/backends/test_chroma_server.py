from __future__ import annotations

import json
import threading
from itertools import count
from urllib.parse import urlsplit
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from memctl.backends.base import FailureReason, SetupRequest
from memctl.backends.chroma.server.address import Address
from memctl.backends.chroma.server.errors import TooMuchAtOnce
from memctl.backends.chroma.server.paging import in_pages
from memctl.backends.registry import backend_class
from memctl.core.query.collections import count_collections
from memctl.model import bounded
from memctl.model.backend.capability import Capability
from memctl.model.errors import (
    BadAnswer,
    ConfigurationError,
    CredentialMissing,
    CredentialRejected,
    InvalidCursor,
    InvalidSetting,
    NotAStore,
    NotPermitted,
    StoreLocked,
    StoreNotFound,
    TimedOut,
    Unreachable,
    UnsupportedOperation,
    UnsupportedSchema,
    WrongDimension,
)
from memctl.model.memory_type import MemoryType
from memctl.model.selector import Selector
from memctl.testing.contract import BackendContract
from memctl.testing.records import make_record, make_records
from memctl.testing.suite import assert_same, scan_all

from ..certificates import self_signed, serving
from ..chroma_proxy import HangUp, Reply, behind, chroma_proxy, wants_token
from ..chroma_server import TENANT, ask, fill_server, free_port, open_server

SHORT_TERM, ENTITY = MemoryType.SHORT_TERM, MemoryType.ENTITY
CANARY = "c4n4ry-t0ken-8f1b"
CHROMA = backend_class("chroma")


class TestChromaServer(BackendContract):
    """Its database is one that is not there yet."""

    @pytest.fixture
    def new_place(self, chroma_server):
        url = f"{chroma_server}/{TENANT}/db-{uuid4().hex[:12]}"
        with open_server(url, writable=True) as backend:
            yield backend
            if backend.exists():
                ask(chroma_server, "DELETE", path_of(url))

    @pytest.fixture
    def other_place(self, chroma_server):
        with open_server(f"{chroma_server}/{TENANT}/other") as backend:
            yield backend

    def traces(self, backend):
        databases = f"/tenants/{TENANT}/databases"
        names = [
            each["name"] for each in ask(backend.place.remote.address.origin, "GET", databases)
        ]
        home = backend.place.remote.address.home[1]
        if home not in names:
            return None
        listed = ask(backend.place.remote.address.origin, "GET", f"{databases}/{home}/collections")
        return sorted(
            (each["id"], each["name"], sorted(each["metadata"].items())) for each in listed
        )


@pytest.fixture
def filled(database):
    """A database with twenty records, by its URL."""
    return fill_server(database, make_records(20))


@pytest.fixture
def proxied(chroma_server):
    """The URL of a proxy before the server, and the proxy."""
    with chroma_proxy(chroma_server) as proxied:
        yield proxied


def path_of(url: str) -> str:
    """Give the path that a database has in the API."""
    _, tenant, name = urlsplit(url).path.split("/")
    return f"/tenants/{tenant}/databases/{name}"


def add_rows(chroma_server, url, name, rows, metadata=None):
    """Write rows as another program does: id -> metadata."""
    path = f"{path_of(url)}/collections"
    made = {"name": name, "metadata": metadata, "get_or_create": True}
    collection = ask(chroma_server, "POST", path, made)["id"]
    values = {
        "ids": list(rows),
        "embeddings": [[1.0, number] for number, _ in enumerate(rows)],
        "documents": [None] * len(rows),
        "metadatas": list(rows.values()),
    }
    ask(chroma_server, "POST", f"{path}/{collection}/upsert", values)


# Places


@pytest.mark.parametrize(
    ("url", "origin", "home", "back"),
    [
        ("http://h", "http://h:80", None, "http://h:80"),
        ("https://h", "https://h:443", None, "https://h:443"),
        ("HTTP://H.Example:8000/", "http://h.example:8000", None, "http://h.example:8000"),
        ("http://[::1]:8000", "http://[::1]:8000", None, "http://[::1]:8000"),
        ("https://h:1/t%C3%A9/d%2Fb", "https://h:1", ("té", "d/b"), "https://h:1/t%C3%A9/d%2Fb"),
        ("http://h:1/default_tenant/default_database", "http://h:1", None, "http://h:1"),
    ],
)
def test_a_location_is_a_url_with_tenant_and_database(url, origin, home, back):
    values = CHROMA.info.parse_settings(CHROMA.info.settings_at(url))

    assert Address.of(values).home == (home or ("default_tenant", "default_database"))
    assert CHROMA.info.secret_host(values) == origin
    assert CHROMA.info.place_of(values) == back
    assert CHROMA.info.settings_at(back) == CHROMA.info.settings_at(url)


@pytest.mark.parametrize(
    "url",
    ["http://", "http://h:x", "http://h:99999", "http://h/only", "http://h/a/b/c", "http://h?t=1"],
)
def test_a_url_of_no_server_is_refused(url):
    with pytest.raises(InvalidSetting) as error:
        CHROMA.info.settings_at(url)

    assert "https://HOST:PORT" in error.value.hint


def test_a_url_with_a_password_is_refused_and_not_repeated():
    with pytest.raises(InvalidSetting) as error:
        CHROMA.info.settings_at(f"http://user:{CANARY}@h:8000")

    assert CANARY not in f"{error.value.message} {error.value.hint}"


@pytest.mark.parametrize("place", ["./dir", "/http://x", "C:\\store", "https", "http:/x"])
def test_what_is_no_url_is_a_directory(place):
    assert CHROMA.info.settings_at(place) == {"path": place}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "needs one of the settings `path` and `host`"),
        ({"path": "x", "host": "h"}, "`path` and `host` of backend `chroma` exclude each other"),
        ({"path": "x", "port": 8000}, "setting `port` goes with `host`"),
        ({"path": "x", "ssl": False}, "setting `ssl` goes with `host`"),
        ({"host": "http://h:1"}, "`http://h:1` is not a host's name or address alone"),
        ({"host": "h:1"}, "`h:1` is not a host's name or address alone"),
        ({"host": "a b"}, "is not a host's name or address alone"),
        ({"host": "h", "port": 0}, "`0` is not a whole number above 0 and up to 65535"),
        ({"host": "h", "port": 65536}, "up to 65535"),
        ({"host": "h", "ssl": "maybe"}, "`maybe` is not `true` or `false`"),
        ({"host": "h", "token_header": "Cookie"}, "is not one of"),
    ],
)
def test_a_place_that_is_no_place_is_refused(values, said):
    with pytest.raises(InvalidSetting) as error:
        CHROMA.info.parse_settings(values)

    assert said in error.value.message


def test_a_host_with_a_password_is_refused_and_not_repeated():
    with pytest.raises(InvalidSetting) as error:
        CHROMA.info.parse_settings({"host": f"user:{CANARY}@h"})

    assert CANARY not in error.value.message


def test_a_directory_has_no_settings_of_a_server_and_a_server_no_path():
    directory = CHROMA.info.parse_settings({"path": "x"})
    assert not {"host", "port", "ssl", "tenant", "database", "token_header"} & directory.keys()
    server = CHROMA.info.parse_settings({"host": "H", "ssl": "true"})
    assert server["host"] == "h"
    assert server["ssl"] is True
    assert "path" not in server


@pytest.mark.parametrize("host", ["::1", "[::1]", "127.0.0.1", "localhost", "db.localhost"])
def test_a_loopback_host_is_known_as_one(host):
    assert Address.of(CHROMA.info.parse_settings({"host": host})).origin.is_loopback


# Reading


def test_looking_asks_only_what_changes_nothing(proxied, filled):
    origin, proxy = proxied
    with open_server(behind(origin, filled)) as backend:
        scan_all(backend)
        backend.tally()
        backend.check()
        backend.search(SHORT_TERM, make_record(1).embedding)

    asked = {(each.method, urlsplit(each.path).path.rpartition("/")[2]) for each in proxy.asked}
    assert {method for method, _ in asked} == {"GET", "POST"}
    assert {what for method, what in asked if method == "POST"} == {"get"}


def test_a_page_is_never_larger_than_the_server_takes(proxied, filled):
    origin, proxy = proxied
    limits = {"max_batch_size": 3, "supports_base64_encoding": False}
    proxy.fault = lambda asked: (
        Reply(body=json.dumps(limits).encode()) if asked.path.endswith("checks") else None
    )
    with open_server(behind(origin, filled), writable=True) as backend:
        backend.upsert(SHORT_TERM, make_records(25))

        assert_same(make_records(25), scan_all(backend, batch_size=7))
    assert len([each for each in proxy.asked if each.path.endswith("/upsert")]) == 9


@pytest.mark.parametrize(
    "refusal",
    [
        Reply(413, b"length limit exceeded"),
        Reply(400, b'{"error":"QuotaError","message":"at most 300 records"}'),
    ],
)
def test_a_request_that_is_too_large_is_sent_in_parts(proxied, filled, refusal):
    origin, proxy = proxied
    numbers = count()
    proxy.fault = lambda asked: (
        refusal if asked.path.endswith(("/get", "/upsert")) and next(numbers) % 5 == 0 else None
    )
    with open_server(behind(origin, filled), writable=True) as backend:
        backend.upsert(SHORT_TERM, make_records(30))

        assert_same(make_records(30), scan_all(backend))


def refuse_rows(proxy, is_refused, status, kind="InvalidArgumentError"):
    """Let the server refuse each request that holds such a row; give the ids of each request."""
    hand_on, sent = proxy.answer, []

    def answer(asked, body):
        if not asked.path.endswith("/upsert"):
            return hand_on(asked, body)
        sent.append(json.loads(body)["ids"])
        if any(map(is_refused, sent[-1])):
            return Reply(status, json.dumps({"error": kind, "message": "not this"}).encode())
        return hand_on(asked, body)

    proxy.answer = answer
    return sent


BAD = {
    "one": {7},
    "the first": {0},
    "the last": {99},
    "side by side": set(range(30)),
    "side by side at the end": set(range(70, 100)),
    "every third": set(range(0, 100, 3)),
}


@pytest.mark.parametrize("status", [400, 409, 413, 422])
@pytest.mark.parametrize("case", BAD)
def test_rows_that_a_server_refuses_are_named_and_all_others_written(
    proxied, database, case, status
):
    origin, proxy = proxied
    fill_server(database, [])
    written = make_records(100)
    bad = {written[number].id for number in BAD[case]}
    sent = refuse_rows(proxy, bad.__contains__, status)
    with open_server(behind(origin, database), writable=True) as backend:
        result = backend.upsert(SHORT_TERM, written)

        assert_same([each for each in written if each.id not in bad], scan_all(backend))
    assert (result.done, result.failed.keys()) == (100 - len(bad), bad)
    for failure in result.failed.values():
        assert failure.reason is FailureReason.REFUSED
        assert f"answers {status}" in failure.message
    assert len(sent) <= 1 + 2 * 7 * len(bad)  # a hundred is halved seven times


@pytest.mark.parametrize(("status", "kind"), [(422, "Odd"), (413, "Odd"), (400, "QuotaError")])
def test_a_server_that_refuses_every_row_is_not_asked_for_each(proxied, filled, status, kind):
    origin, proxy = proxied
    sent = refuse_rows(proxy, lambda _: True, status, kind)
    with open_server(behind(origin, filled), writable=True) as backend:
        result = backend.upsert(SHORT_TERM, make_records(1500))

        assert_same(make_records(20), scan_all(backend))
    assert (result.done, len(result.failed)) == (0, 1500)
    assert f"answers {status}" in next(iter(result.failed.values())).message
    assert sum("not sent" in each.message for each in result.failed.values()) == 1492
    assert len(sent) < 30


def test_a_quota_is_filled_to_the_last_row(proxied, database):
    origin, proxy = proxied
    fill_server(database, [])
    hand_on, counts = proxy.answer, []

    def answer(asked, body):
        if not asked.path.endswith("/upsert"):
            return hand_on(asked, body)
        rows = len(json.loads(body)["ids"])
        is_taken = sum(counts) + rows <= 130
        counts.append(rows * is_taken)
        if is_taken:
            return hand_on(asked, body)
        return Reply(400, b'{"error":"QuotaError","message":"at most 130 records"}')

    proxy.answer = answer
    with open_server(behind(origin, database), writable=True) as backend:
        result = backend.upsert(SHORT_TERM, make_records(400))

        assert backend.count() == result.done == 130
    assert len(result.failed) == 270
    assert "look up the server's quota" in next(iter(result.failed.values())).message
    assert len(counts) < 60


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, CredentialMissing),
        (403, NotPermitted),
        (404, StoreNotFound),
        (405, ConfigurationError),
        (410, UnsupportedSchema),
        (429, Unreachable),
        (500, Unreachable),
    ],
)
def test_what_is_no_refusal_of_rows_ends_the_write_at_once(proxied, filled, status, error):
    origin, proxy = proxied
    sent = refuse_rows(proxy, lambda _: True, status)
    with (
        open_server(behind(origin, filled), writable=True) as backend,
        pytest.raises(error) as told,
    ):
        backend.upsert(SHORT_TERM, make_records(30))

    assert len(sent) == 1
    assert told.value.hint


def test_one_row_that_is_too_large_is_named(filled):
    large = make_record(1, content="x" * 42_000_000)  # a server of its own accord takes 40 MB
    with open_server(filled, writable=True) as backend:
        result = backend.upsert(SHORT_TERM, [make_record(0), large, *make_records(9)[2:]])

    assert (result.done, result.failed.keys()) == (8, {large.id})
    assert "let the server take larger requests" in result.failed[large.id].message


def test_one_row_that_is_too_large_to_be_read_is_an_error(proxied, filled):
    origin, proxy = proxied
    proxy.fault = lambda asked: Reply(413) if asked.path.endswith("/get") else None
    with open_server(behind(origin, filled)) as backend, pytest.raises(TooMuchAtOnce) as error:
        scan_all(backend)

    assert (error.value.exit_code, error.value.status) == (4, 413)


@given(items=st.lists(st.integers(), max_size=40), size=st.integers(1, 9), most=st.integers(1, 9))
def test_pages_are_all_the_items_in_order(items, size, most):
    def ask_for(page):
        if len(page) > most:
            raise TooMuchAtOnce("too much")
        return list(page)

    pages = list(in_pages(items, size, ask_for))

    assert [each for page in pages for each in page] == items


def test_rows_that_are_deleted_while_ids_are_listed_hide_no_other(proxied, chroma_server, database):
    fill_server(database, make_records(30))
    origin, proxy = proxied
    collection = ask(chroma_server, "GET", f"{path_of(database)}/collections/short_term")["id"]
    delete = f"{path_of(database)}/collections/{collection}/delete"
    numbers = count()

    def fault(asked):
        if asked.path.endswith("checks"):
            return Reply(body=b'{"max_batch_size": 10, "supports_base64_encoding": true}')
        if asked.path.endswith("/get") and next(numbers) == 1:
            ask(chroma_server, "POST", delete, {"ids": [f"record-{n:05d}" for n in range(5)]})
        return None

    proxy.fault = fault
    with open_server(behind(origin, database)) as backend:
        found = scan_all(backend)

    assert_same(make_records(30)[5:], found)


def test_listing_ids_ends_where_rows_are_deleted_all_the_time(proxied, chroma_server, database):
    fill_server(database, make_records(40))
    origin, proxy = proxied
    collection = ask(chroma_server, "GET", f"{path_of(database)}/collections/short_term")["id"]
    delete = f"{path_of(database)}/collections/{collection}/delete"
    numbers = count()

    def fault(asked):
        if asked.path.endswith("checks"):
            return Reply(body=b'{"max_batch_size": 3, "supports_base64_encoding": true}')
        if asked.path.endswith("/get"):
            ask(chroma_server, "POST", delete, {"ids": [f"record-{next(numbers):05d}"]})
        return None

    proxy.fault = fault
    with open_server(behind(origin, database)) as backend, pytest.raises(StoreLocked):
        scan_all(backend)


def test_a_scan_goes_on_after_rows_were_deleted_and_written(filled):
    with open_server(filled, writable=True) as backend:
        first = next(backend.scan(SHORT_TERM, batch_size=5))
        backend.delete(SHORT_TERM, [record.id for record in first.records])
        backend.upsert(SHORT_TERM, [make_record(99)])

        rest = backend.scan(SHORT_TERM, batch_size=5, after=first.cursor)
        ids = [record.id for batch in rest for record in batch.records]

    assert ids == [record.id for record in [*make_records(20)[5:], make_record(99)]]


def test_a_scan_goes_on_in_another_connection(filled):
    with open_server(filled) as backend:
        first = next(backend.scan(SHORT_TERM, batch_size=5))
    with open_server(filled) as backend:
        rest = backend.scan(SHORT_TERM, after=first.cursor)

        assert_same(make_records(20)[5:], [each for batch in rest for each in batch.records])


def test_a_scan_that_goes_on_lists_the_ids_no_second_time(proxied, filled):
    origin, proxy = proxied
    with open_server(behind(origin, filled)) as backend:
        first = next(backend.scan(SHORT_TERM, batch_size=5))
        before = len(proxy.asked)
        next(backend.scan(SHORT_TERM, batch_size=5, after=first.cursor))

    assert len(proxy.asked) == before + 1


def test_a_cursor_of_another_server_is_none(filled, chroma_directory):
    with open_server(filled) as backend:
        for odd in ("", ":", "x", "0-0:1"):
            with pytest.raises(InvalidCursor):
                list(backend.scan(SHORT_TERM, after=odd))


OTHERS = {
    "a": {"group_id": "acme", "crew_id": "research"},
    "b": {"group_id": "acme", "crew_id": "research2"},
    "c": {"group_id": "acme2", "crew_id": "research"},
    "d": {"crew_id": "research"},
    "e": {"group_id": "acme"},
    "f": {"group_id": 7, "crew_id": True},
    "g": {"group_id": "ACME", "crew_id": "research "},
    "h": None,
    "i": {"group_id": "acme", "crew_id": "re'se\"arch"},
    "j": {"group_id": "acme\u0301", "crew_id": "Rédacteur 编"},
}


@pytest.fixture(scope="module")
def other_programs(chroma_server):
    """A database of another program, with collections of one type; not to be written."""
    name = "other-programs"
    ask(chroma_server, "POST", f"/tenants/{TENANT}/databases", {"name": name})
    url = f"{chroma_server}/{TENANT}/{name}"
    add_rows(chroma_server, url, "memory_short_term_research", OTHERS)
    add_rows(chroma_server, url, "short_term", {f"x{key}": each for key, each in OTHERS.items()})
    add_rows(chroma_server, url, "knowledge", {"k": None})
    return url


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    group=st.sampled_from([None, "acme", "acme2", "ACME", "ac", "acme\u0301", "\udcff", "7"]),
    crew=st.sampled_from(
        [None, "research", "research2", "re'se\"arch", "r", "Rédacteur 编", "$eq"]
    ),
    unscoped=st.booleans(),
    ids=st.none() | st.frozensets(st.sampled_from(["a", "c", "xd", "xi", "\udcff", ""])),
)
def test_any_selector_means_what_it_means_to_the_rows(other_programs, group, crew, unscoped, ids):
    selector = Selector(group_id=group, crew_id=crew, include_unscoped=unscoped, ids=ids)
    with open_server(other_programs) as backend:
        everything = scan_all(backend)
        found = scan_all(backend, selector)

    expected = [each for each in everything if selector.matches(each)]
    assert [each.id for each in found] == [each.id for each in expected]


def test_rows_of_another_program_have_no_time_that_they_do_not_name(other_programs):
    with open_server(other_programs) as backend:
        assert {record.created_at for record in scan_all(backend)} == {None}


def test_another_programs_collection_is_never_written_to(other_programs):
    with (
        open_server(other_programs, writable=True) as backend,
        pytest.raises(UnsupportedOperation) as error,
    ):
        backend.upsert(SHORT_TERM, [make_record(1, embedding=np.ones(2, np.float32))])

    assert "--database" in error.value.hint


def test_vectors_come_back_bit_for_bit(database):
    written = [
        make_record(n, embedding=np.random.default_rng(n).normal(size=64).astype(np.float32))
        for n in range(50)
    ]
    fill_server(database, written, metric="l2")

    with open_server(database) as backend:
        found = {each.id: each for each in scan_all(backend)}

    for each in written:
        assert found[each.id].embedding.tobytes() == each.embedding.tobytes()


@pytest.mark.parametrize("metric", ["cosine", "l2", "ip"])
def test_the_metric_is_the_one_that_was_asked_for(database, metric):
    fill_server(database, make_records(3), metric=metric)

    with open_server(database) as backend:
        assert {each.metric for each in backend.describe().collections} == {metric}


def test_a_wrong_dimension_that_only_the_server_knows_is_named(database):
    fill_server(database, make_records(1))
    with open_server(database, writable=True) as backend:
        (collection,) = (each for each in backend.place.store.collections() if each.dimension)
        with pytest.raises(WrongDimension) as error:
            backend.place.remote.upsert(
                collection.id, {"ids": ["x"], "embeddings": [[1.0, 2.0]], "documents": ["x"]}
            )

    assert "/upsert" in error.value.message


def test_a_read_only_connection_declares_reading_only(filled):
    with open_server(filled) as backend:
        assert backend.capabilities == {Capability.READ}
        with pytest.raises(UnsupportedOperation):
            backend.upsert(SHORT_TERM, [make_record(1)])


# Setting up


def steps_of(url, *types):
    backend = open_server(url, writable=True)
    return backend, backend.plan_setup(SetupRequest(types))


def test_each_step_finds_what_it_made_and_takes_it_back(chroma_server):
    url = f"{chroma_server}/{TENANT}/made-by-setup"
    backend, steps = steps_of(url, SHORT_TERM, ENTITY)
    with backend:
        assert not backend.exists()
        assert not any(step.find() for step in steps)
        for step in steps:
            step.do()
        assert all(step.find() for step in steps)
        assert [each.name for each in backend.describe().collections] == ["entity", "short_term"]
        for step in reversed(steps):
            step.undo()

        assert not backend.place.remote.is_there()


def test_undoing_leaves_what_somebody_else_has_written(chroma_server, database):
    backend, steps = steps_of(database, SHORT_TERM)
    with backend:
        for step in steps:
            step.do()
        add_rows(chroma_server, database, "short_term", {"theirs": None})
        for step in reversed(steps):
            step.undo()

        assert [each.name for each in backend.describe().collections] == ["short_term"]


def test_a_tenant_that_is_not_there_is_not_made(chroma_server):
    with (
        open_server(f"{chroma_server}/nobody/nothing", writable=True) as backend,
        pytest.raises(StoreNotFound) as error,
    ):
        backend.plan_setup(SetupRequest((SHORT_TERM,)))

    assert "no tenant `nobody`" in error.value.message


def test_another_programs_database_gets_no_collections_by_setup(other_programs):
    backend, steps = steps_of(other_programs, SHORT_TERM)
    backend.close()

    assert steps == []


def test_a_database_that_is_not_there_is_said_so(chroma_server):
    with (
        open_server(f"{chroma_server}/{TENANT}/nothing") as backend,
        pytest.raises(StoreNotFound) as error,
    ):
        backend.describe()

    assert "no database `nothing` of tenant `default_tenant`" in error.value.message


# Tokens


def token_of(value):
    return lambda name: SecretStr(value) if name == "token" else None


@pytest.mark.parametrize("header", ["Authorization", "X-Chroma-Token"])
def test_the_token_is_sent_as_the_server_wants_it(proxied, filled, header):
    origin, proxy = proxied
    proxy.fault = wants_token(CANARY, header)
    with open_server(
        behind(origin, filled), read_secret=token_of(CANARY), token_header=header
    ) as backend:
        assert backend.count() == 20


@pytest.mark.parametrize(
    ("given", "status", "error"),
    [
        ("wr0ng-canary", None, CredentialRejected),
        (None, None, CredentialMissing),
        (CANARY, 403, NotPermitted),
    ],
)
def test_a_token_that_is_not_taken_is_not_repeated(proxied, filled, given, status, error):
    origin, proxy = proxied
    refuses = wants_token(CANARY)
    proxy.fault = lambda asked: Reply(status, CANARY.encode()) if status else refuses(asked)
    read_secret = token_of(given) if given else lambda _: None

    with (
        open_server(behind(origin, filled), read_secret=read_secret) as backend,
        pytest.raises(error) as raised,
    ):
        backend.count()

    assert raised.value.exit_code == 5
    said = f"{raised.value.message} {raised.value.hint} {backend!r}"
    assert "canary" not in said
    assert CANARY not in said


def test_a_server_that_says_the_token_back_is_not_repeated(proxied, filled):
    origin, proxy = proxied
    proxy.fault = lambda asked: Reply(500, f"oops: {asked.headers['Authorization']}".encode())

    with (
        open_server(behind(origin, filled), read_secret=token_of(CANARY)) as backend,
        pytest.raises(Unreachable) as error,
    ):
        backend.count()

    assert "oops: Bearer ***" in error.value.message


def test_a_token_is_not_sent_unencrypted_to_another_machine():
    with (
        open_server("http://db.test:8000", read_secret=token_of(CANARY)) as backend,
        pytest.raises(InvalidSetting) as error,
    ):
        backend.count()

    assert "unencrypted" in error.value.message
    assert "ssl" in error.value.hint


@pytest.mark.parametrize("token", ["two\nlines", "Zwölf", " x", "tab\t"])
def test_a_token_that_no_header_carries_is_refused_and_not_repeated(token):
    with (
        open_server("http://127.0.0.1:1", read_secret=token_of(token)) as backend,
        pytest.raises(InvalidSetting) as error,
    ):
        backend.count()

    assert token not in error.value.message


def test_a_redirect_is_not_followed(proxied, filled):
    origin, proxy = proxied
    with chroma_proxy(proxy.origin) as (elsewhere, other):
        proxy.fault = lambda asked: Reply(307, headers={"Location": elsewhere + asked.path})
        with (
            open_server(behind(origin, filled), read_secret=token_of(CANARY)) as backend,
            pytest.raises(InvalidSetting, match="307"),
        ):
            backend.count()

        assert other.asked == []


def test_a_loopback_server_is_reached_without_the_environments_proxy(filled, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")

    with open_server(filled) as backend:
        assert backend.count() == 20


# Faults


def refused(url, timeout=30.0):
    with open_server(url, timeout=timeout) as backend:
        backend.count()


def test_a_server_that_does_not_listen_is_unreachable():
    with pytest.raises(Unreachable) as error:
        refused(f"http://127.0.0.1:{free_port()}")

    assert type(error.value) is Unreachable
    assert error.value.hint


def test_a_host_without_an_address_is_unreachable():
    with pytest.raises(Unreachable):
        refused("https://nothing.invalid")


def test_a_server_that_hangs_is_given_up(proxied, filled):
    origin, proxy = proxied
    released = threading.Event()

    def fault(_):
        released.wait(30)

    proxy.fault = fault
    with pytest.raises(TimedOut) as error:
        refused(behind(origin, filled), timeout=0.3)
    released.set()

    assert "0.3 seconds" in error.value.message
    assert "--timeout" in error.value.hint


def test_an_answer_that_trickles_is_given_up():
    from http.server import BaseHTTPRequestHandler, HTTPServer

    ended = threading.Event()

    class Trickle(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            try:
                while not ended.wait(0.05):
                    self.wfile.write(b" ")
            except OSError:
                """The client has given up."""

        def log_message(self, *_):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Trickle) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        with pytest.raises(TimedOut):
            refused(f"http://127.0.0.1:{server.server_port}", timeout=0.5)
        ended.set()
        server.shutdown()
        thread.join()


def test_an_error_of_the_server_is_named_with_path_and_status(proxied, filled):
    origin, proxy = proxied
    proxy.fault = lambda asked: Reply(500, b"boom") if asked.path.endswith("/get") else None

    with pytest.raises(Unreachable) as error:
        refused(behind(origin, filled))

    assert " answers 500 to `POST /api/v2/" in error.value.message
    assert error.value.message.endswith("/get`: boom")
    assert error.value.exit_code == 6


@pytest.mark.parametrize(
    ("where", "bodies"),
    {
        "version": [b"", b"<html>", b"[]", b"{}"],
        "collections": [b"", b"{}", b"null", b"[1]", b'[{"id": "x", "name": "y"}]'],
        "count": [b"", b'"3"', b"null"],
        "get": [b"", b"[]", b'{"ids": 3}', b'{"ids": ["a"], "metadatas": []}'],
        "pre-flight-checks": [b"", b"[]", b"3"],
    }.items(),
)
def test_a_malformed_answer_is_an_error_of_memctl(proxied, filled, where, bodies):
    origin, proxy = proxied
    for body in bodies:
        proxy.fault = lambda asked, body=body: (
            Reply(body=body) if urlsplit(asked.path).path.endswith(f"/{where}") else None
        )
        with pytest.raises(NotAStore) as error:
            read_all(behind(origin, filled))
        assert error.value.hint


def test_an_answer_that_is_nested_too_deep_is_an_error_of_memctl(proxied, filled):
    origin, proxy = proxied
    proxy.fault = lambda _: Reply(body=b"[" * 100_000 + b"]" * 100_000)

    with pytest.raises(NotAStore):
        read_all(behind(origin, filled))


def test_an_answer_that_is_too_large_is_a_bad_one(proxied, filled, monkeypatch):
    origin, proxy = proxied
    monkeypatch.setattr(bounded, "LARGEST", 10_000)
    proxy.fault = lambda _: Reply(body=b"[" + b"1," * 100_000 + b"1]")

    with pytest.raises(BadAnswer, match="more than 10000 bytes"):
        read_all(behind(origin, filled))


def read_all(url):
    with open_server(url) as backend:
        count_collections(backend)
        scan_all(backend)
        backend.count()


def test_a_connection_that_breaks_in_an_answer_is_unreachable(proxied, filled):
    origin, proxy = proxied
    proxy.fault = lambda asked: (
        Reply(body=b'{"ids"', headers={"Content-Length": "9999", "Connection": "close"})
        if asked.path.endswith("/get")
        else None
    )

    with pytest.raises(Unreachable):
        refused(behind(origin, filled), timeout=5)


def test_a_connection_that_breaks_before_an_answer_is_unreachable(proxied, filled):
    origin, proxy = proxied

    def fault(_):
        raise HangUp

    proxy.fault = fault
    with pytest.raises(Unreachable):
        refused(behind(origin, filled))


def test_https_to_a_server_that_speaks_http_is_unreachable(filled):
    with pytest.raises(Unreachable) as error:
        refused(filled.replace("http://", "https://"))

    assert "ssl" in error.value.hint or "runs" in error.value.hint


@pytest.mark.parametrize("status", [404, 410])
def test_an_older_server_is_named_with_its_version(proxied, filled, status):
    origin, proxy = proxied
    proxy.fault = lambda asked: (
        Reply(body=b'"0.5.5"') if asked.path == "/api/v1/version" else Reply(status, b"Not Found")
    )

    with pytest.raises(UnsupportedSchema) as error:
        refused(behind(origin, filled))

    assert "version 0.5.5" in error.value.message
    assert "Chroma 1.0 to 1.5" in error.value.message
    assert error.value.exit_code == 7


def test_what_offers_no_api_is_no_server(proxied, filled):
    origin, proxy = proxied
    proxy.fault = lambda _: Reply(404, b"nothing here")

    with pytest.raises(UnsupportedSchema, match="no API v2"):
        refused(behind(origin, filled))


@pytest.mark.parametrize("version", ["0.6.3", "1.9.0", "2.0.0"])
def test_a_server_that_only_says_another_version_works(proxied, filled, version):
    origin, proxy = proxied
    proxy.fault = lambda asked: (
        Reply(body=json.dumps(version).encode()) if asked.path.endswith("/v2/version") else None
    )

    with open_server(behind(origin, filled)) as backend:
        assert backend.count() == 20
        assert version in backend.check()[0].found


def test_a_certificate_that_nobody_signed_is_said_so(chroma_server, tmp_path):
    context = serving(self_signed(tmp_path))
    with chroma_proxy(chroma_server, context) as (origin, _), pytest.raises(Unreachable) as error:
        refused(origin)

    assert "SSL_CERT_FILE" in error.value.hint


def test_a_certificate_of_ones_own_authority_is_taken(proxied, filled, tmp_path, monkeypatch):
    file = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with (
        chroma_proxy(proxied[1].origin, serving(file)) as (origin, proxy),
        open_server(behind(origin, filled), read_secret=token_of(CANARY)) as backend,
    ):
        assert backend.count() == 20

    assert {each.headers["Authorization"] for each in proxy.asked} == {f"Bearer {CANARY}"}

from __future__ import annotations

from base64 import b64encode

import numpy as np
import pytest

from memctl.testing.records import make_record, make_records

from ..conftest import fingerprint, make_store
from ..embedding_server import embedding_server, error, hang, vector_of
from .stores import error_of

CANARY = "c4n4ry-k3y-5e21"
RECORDS = [
    *make_records(5),
    make_record(9, id="the-one", embedding=np.array(vector_of("refunds"), np.float32)),
]


@pytest.fixture
def server():
    """A server of the test's own."""
    with embedding_server() as serving:
        yield serving


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store in which one record is as near to `refunds` as can be; not to be written."""
    return make_store("chroma", tmp_path_factory.mktemp("texts") / "store", RECORDS)


@pytest.fixture
def search(memctl, server, store):
    """Search in it with the model of the test's server."""

    def run(*arguments, at=f"chroma:{store}"):
        named = ("--embedder", "openai:tiny", "--embedder-url", server.url)
        return memctl("search", *arguments, "--at", at, *named, "--json")

    return run


def test_a_text_finds_what_its_vector_is_nearest_to(search, server):
    ran = search("refunds", "--limit", "1")

    assert ran.exit_code == 0, ran.stdout
    (hit,) = ran.data["hits"]
    assert (hit["record"]["id"], hit["score"]) == ("the-one", pytest.approx(1))
    assert (ran.data["text"], ran.data["embedder"]) == ("refunds", "openai:tiny")
    assert ran.data["dimension"] == 4
    assert server.embedded == ["refunds"]


def test_a_search_by_text_changes_nothing(search, store, home):
    before = fingerprint(store)

    assert search("refunds").exit_code == 0

    assert fingerprint(store) == before
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("arguments", [["x", "--like", "y"], ["x", "--vector", "y"], [""], []])
def test_just_one_of_text_vector_and_like_is_needed(memctl, store, arguments):
    ran = memctl("search", *arguments, "--at", f"chroma:{store}")

    assert ran.exit_code == 2
    assert "TEXT" in ran.stderr


def test_without_an_embedder_the_error_says_how_to_name_one(memctl, store):
    ran = memctl("search", "refunds", "--at", f"chroma:{store}", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "embedder_missing")
    assert "--embedder KIND:MODEL" in error_of(ran)["hint"]


def test_the_environment_and_the_profile_name_the_embedder(memctl, server, store, monkeypatch):
    saved = ("--set", "embedder=openai:tiny", "--set", f"embedder_url={server.url}")
    made = memctl("config", "create", "shop", "--backend", "chroma", "--set", f"path={store}",
                  *saved)  # fmt: skip
    assert made.exit_code == 0, made.stderr

    by_profile = memctl("search", "refunds", "-p", "shop", "-g", "default", "--json")
    monkeypatch.setenv("MEMCTL_EMBEDDER", "openai:other")
    by_environment = memctl("search", "refunds", "-p", "shop", "--json")

    assert (by_profile.exit_code, by_environment.exit_code) == (0, 0), by_profile.stdout
    assert [each.model for each in server.asked] == ["tiny", "other"]


def test_a_vector_of_another_dimension_is_refused(search, server):
    server.dimension = 7
    ran = search("refunds")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "wrong_dimension")
    assert "7 dimensions" in error_of(ran)["message"]


def test_a_model_other_than_the_stores_is_refused(memctl, server, tmp_path, search):
    target = f"chroma:{tmp_path}/target"
    source = make_store("archive", tmp_path / "source", RECORDS)
    ran = memctl("migrate", f"archive:{source}", target, "--reembed-all", "--yes",
                 "--embedder", "openai:made-with", "--embedder-url", server.url)  # fmt: skip
    assert ran.exit_code == 0, ran.stderr

    refused = search("refunds", at=target)
    unnamed = memctl("search", "refunds", "--at", target, "--json")

    assert (refused.exit_code, error_of(refused)["code"]) == (4, "other_embedder")
    assert "openai:made-with" in error_of(refused)["message"]
    assert "openai:made-with" in error_of(unnamed)["message"]


def test_the_key_goes_with_the_request_and_is_shown_nowhere(search, server, monkeypatch, tmp_path):
    monkeypatch.setenv("MEMCTL_EMBEDDER_KEY", CANARY)
    server.wants_key(CANARY)
    accepted = search("refunds")
    monkeypatch.setenv("MEMCTL_EMBEDDER_KEY", f"{CANARY}-old")
    log = tmp_path / "log"
    rejected = search("refunds", "-vv", "--log-file", log)

    assert accepted.exit_code == 0, accepted.stdout
    assert (rejected.exit_code, error_of(rejected)["code"]) == (5, "credential_rejected")
    assert CANARY not in rejected.stdout + rejected.stderr + log.read_text()
    assert "POST /v1/embeddings 401" in log.read_text()


@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_a_key_that_the_server_says_back_in_base64_is_shown_nowhere(
    search, server, monkeypatch, tmp_path, status
):
    monkeypatch.setenv("MEMCTL_EMBEDDER_KEY", CANARY)
    encoded = b64encode(f"key:{CANARY}".encode()).decode()
    server.fault = lambda _: error(status, f"got {encoded}")
    log = tmp_path / "log"

    ran = search("refunds", "-vv", "--log-file", log, "--timeout", "1")

    shown = ran.stdout + ran.stderr + log.read_text()
    assert ran.exit_code
    assert "***" in shown
    assert encoded[8:20] not in shown


def test_openais_own_variable_is_for_openai_only(search, server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)

    assert search("refunds").exit_code == 0

    assert "authorization" not in server.asked[0].headers


def test_a_key_is_not_sent_unencrypted(memctl, store, monkeypatch):
    monkeypatch.setenv("MEMCTL_EMBEDDER_KEY", CANARY)
    named = ("--embedder", "openai:x", "--embedder-url", "http://embedder.example/v1")
    ran = memctl("search", "x", "--at", f"chroma:{store}", *named, "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "invalid_setting")
    assert "unencrypted" in error_of(ran)["message"]


def test_a_url_goes_with_an_embedder_that_has_one(memctl, store):
    named = ("--embedder", "onnx:all-MiniLM-L6-v2", "--embedder-url", "https://h/v1")
    ran = memctl("search", "x", "--at", f"chroma:{store}", *named)

    assert ran.exit_code == 2
    assert "`--embedder-url` exclude each other" in ran.stderr


def test_a_server_that_hangs_is_given_up_after_the_time_limit(search, server):
    server.fault = hang(2)
    ran = search("refunds", "--timeout", "0.3")

    assert (ran.exit_code, error_of(ran)["code"]) == (6, "timed_out")


def test_a_server_that_fails_is_an_error_that_may_pass(search, server):
    server.fault = lambda _: error(503)
    ran = search("refunds", "--timeout", "0.3")

    assert (ran.exit_code, error_of(ran)["code"]) == (6, "bad_answer")

from __future__ import annotations

import json
import logging

import numpy as np
import pytest
from pydantic import SecretStr

from memctl.embedding.errors import WrongVectors
from memctl.embedding.openai import OpenAICompatible
from memctl.model.backend.embedder import EmbedderName
from memctl.model.errors import (
    BadAnswer,
    CredentialMissing,
    CredentialRejected,
    InvalidSetting,
    NotPermitted,
    RequestRefused,
    Throttled,
    TimedOut,
    Unreachable,
)

from ..embedding_server import Reply, embedding_server, error, hang, vector_of, vectors_for

NAME = EmbedderName("openai", "tiny")
CANARY = "c4n4ry-k3y-77aa"


def embed(url, texts=("one", "two"), key=None, seconds=5.0):
    embedder = OpenAICompatible(NAME, url, SecretStr(key) if key else None)
    try:
        return embedder.embed(list(texts), seconds)
    finally:
        embedder.close()


def test_each_text_gets_its_vector_in_one_request(server):
    found = embed(server.url, ["one", "two", "one"])

    assert found.dtype == np.float32
    assert found == pytest.approx(np.array([vector_of(each) for each in ("one", "two", "one")]))
    (asked,) = server.asked
    assert (asked.path, asked.model) == ("/v1/embeddings", "tiny")
    assert "authorization" not in asked.headers


def test_vectors_are_put_in_the_order_of_their_index(server):
    data = [{"index": 1, "embedding": [2.0]}, {"index": 0, "embedding": [1.0]}]
    server.fault = lambda _: Reply(body={"data": data})

    assert embed(server.url).tolist() == [[1.0], [2.0]]


def test_the_key_is_sent_and_nowhere_shown(server, caplog):
    caplog.set_level(logging.DEBUG)
    server.wants_key(CANARY)

    embed(server.url, key=CANARY)
    with pytest.raises(CredentialRejected) as rejected:
        embed(server.url, key=f"{CANARY}x")

    assert server.asked[0].headers["authorization"] == f"Bearer {CANARY}"
    assert CANARY not in f"{rejected.value} {rejected.value.hint} {caplog.text}"


def test_a_server_that_repeats_the_key_is_not_repeated(server):
    server.fault = lambda asked: error(400, f"what is {asked.headers['authorization']}?")

    with pytest.raises(RequestRefused) as refused:
        embed(server.url, key=CANARY)

    assert "what is Bearer ***?" in refused.value.message


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(server, status):
    with embedding_server() as other:
        server.fault = lambda _: Reply(status, headers={"Location": f"{other.url}/embeddings"})

        with pytest.raises(InvalidSetting, match="redirect"):
            embed(server.url, key=CANARY)

        assert other.asked == []


@pytest.mark.parametrize("url", ["http://embedder.example/v1", "http://10.0.0.7:8000/v1"])
def test_a_key_never_travels_unencrypted(url):
    with pytest.raises(InvalidSetting, match="unencrypted"):
        OpenAICompatible(NAME, url, SecretStr(CANARY))


def test_a_key_that_fits_in_no_header_is_refused(server):
    with pytest.raises(InvalidSetting) as refused:
        embed(server.url, key=f"{CANARY}\n")

    assert CANARY not in str(refused.value)


@pytest.mark.parametrize(
    ("reply", "raised"),
    [
        (error(401), CredentialMissing),
        (error(403), NotPermitted),
        (error(429), Throttled),
        (error(429, code="insufficient_quota"), NotPermitted),
        (error(500), BadAnswer),
        (error(503), BadAnswer),
        (error(408), BadAnswer),
        (error(400, "too long"), RequestRefused),
        (error(404, "no such model"), RequestRefused),
        (Reply(404, b"<html>"), RequestRefused),
        (Reply(400, {"error": "text"}), RequestRefused),
        (Reply(400, []), RequestRefused),
    ],
    ids=lambda value: f"{value.status}" if isinstance(value, Reply) else value.__name__,
)
def test_each_status_is_an_error_of_its_own(server, reply, raised):
    server.fault = lambda _: reply

    with pytest.raises(raised) as found:
        embed(server.url)

    assert type(found.value) is raised
    assert server.origin in found.value.message
    assert found.value.hint or raised is NotPermitted


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("0.5", 0.5), ("soon", 1.0)])
def test_the_pause_that_the_server_asks_for_is_kept(server, header, seconds):
    server.fault = lambda _: error(429, retry_after=header)

    with pytest.raises(Throttled) as throttled:
        embed(server.url)

    assert throttled.value.retry_after == seconds


def answer_of(*embeddings, **more):
    return {"data": [{"embedding": each, **more} for each in embeddings]}


NO_VECTORS = {
    "no JSON": b"<html>",
    "another form": {"vectors": [[1.0], [2.0]]},
    "a list": [[1.0], [2.0]],
    "one too few": answer_of([1.0]),
    "one too many": answer_of([1.0], [2.0], [3.0]),
    "NaN": b'{"data": [{"embedding": [NaN]}, {"embedding": [1.0]}]}',
    "an infinity": b'{"data": [{"embedding": [1e39]}, {"embedding": [1.0]}]}',
    "zeros": answer_of([0.0, 0.0], [1.0, 0.0]),
    "several dimensions": answer_of([1.0], [1.0, 2.0]),
    "no dimension": answer_of([], []),
    "texts": answer_of(["1"], ["2"]),
    "booleans": answer_of([True], [False]),
    "null": answer_of(None, None),
    "base64": answer_of("AACAPw==", "AACAPw=="),
    "one index twice": answer_of([1.0], [2.0], index=0),
    "an index out of range": answer_of([1.0], [2.0], index=7),
}


@pytest.mark.parametrize("body", NO_VECTORS.values(), ids=NO_VECTORS)
def test_an_answer_that_is_no_vectors_is_an_error(server, body):
    server.fault = lambda _: Reply(body=body)

    with pytest.raises(WrongVectors) as wrong:
        embed(server.url)

    assert wrong.value.exit_code == 4
    assert server.origin in wrong.value.message


def test_a_server_that_hangs_is_waited_for_just_so_long(server):
    server.fault = hang(1.5)

    with pytest.raises(TimedOut, match=r"0\.2 seconds"):
        embed(server.url, seconds=0.2)


def test_a_server_that_is_not_there_is_unreachable():
    with embedding_server() as gone:
        url = gone.url

    with pytest.raises(Unreachable, match="can't be reached"):
        embed(url)


def test_no_proxy_of_the_environment_comes_before_a_server_of_this_machine(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    assert embed(server.url).shape == (2, 4)


def test_each_request_is_logged_without_its_body(server, caplog):
    caplog.set_level(logging.DEBUG, "memctl")
    server.fault = lambda asked: vectors_for(asked.texts)

    embed(server.url, ["a text that is nobody's business"], key=CANARY)

    (line,) = [each.getMessage() for each in caplog.records if each.name.startswith("memctl")]
    assert line.startswith("POST /v1/embeddings 200 ")
    assert "business" not in json.dumps(line)

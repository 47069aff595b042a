from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memctl.core.connect import connect
from memctl.core.embedding import open_embedding, split
from memctl.core.selection import Connecting, StoreRequest
from memctl.embedding.errors import TextRefused, WrongVectors
from memctl.model.backend.embedder import are_same_models
from memctl.model.errors import (
    BadAnswer,
    CredentialRejected,
    InvalidSetting,
    Throttled,
    UnsupportedOperation,
)
from memctl.model.setting import EMBEDDER_SETTINGS

from ..embedding_server import embedding_server, error, vector_of, vectors_for

EMBEDDER, URL, _ = EMBEDDER_SETTINGS


@pytest.fixture
def server():
    """A server of the test's own."""
    with embedding_server() as serving:
        yield serving


@contextmanager
def opened(store, url, embedder="openai:tiny", timeout=10.0):
    settings = {"embedder": embedder, "embedder_url": url}
    request = StoreRequest(
        at=f"archive:{store}", settings=settings, connecting=Connecting(timeout=timeout)
    )
    with connect(request) as connection, open_embedding(connection) as embedding:
        yield embedding


@given(
    st.lists(st.text(max_size=30), max_size=30),
    st.integers(1, 5),
    st.integers(1, 60),
)
def test_parts_hold_every_text_in_order_and_are_no_larger_than_they_may(texts, most, characters):
    parts = list(split(texts, most, characters))

    assert [text for part in parts for text in part] == texts
    for part in parts:
        assert 1 <= len(part) <= most
        assert len(part) == 1 or sum(map(len, part)) <= characters


def test_many_texts_are_sent_in_parts_and_come_back_in_order(server, archive_directory):
    texts = [f"text {number}" for number in range(250)]
    with opened(archive_directory, server.url) as embedding:
        found = np.concatenate(list(embedding.embed(texts)))

    assert found == pytest.approx(np.array([vector_of(each) for each in texts]))
    assert sorted(len(each.texts) for each in server.asked) == [1, 50, 100, 100]


def test_long_texts_are_sent_in_parts_by_their_length(server, archive_directory):
    texts = ["x" * 60_000, "y" * 60_000, "z" * 200_000, "w"]
    with opened(archive_directory, server.url) as embedding:
        list(embedding.embed(texts))

    sent = sorted("".join(text[0] for text in each.texts) for each in server.asked)
    assert sent == ["m", "w", "x", "y", "z"]


@pytest.mark.parametrize("reply", [error(429, retry_after="0"), error(500), error(503)])
def test_what_may_pass_is_tried_again(server, archive_directory, reply):
    server.fail_once(reply)
    with opened(archive_directory, server.url) as embedding:
        assert embedding.embed_one("a").shape == (4,)

    assert len(server.asked) == 2


def test_a_longer_pause_than_there_is_time_for_is_not_waited(server, archive_directory):
    server.fault = lambda _: error(429, retry_after="3600")
    with (
        opened(archive_directory, server.url) as embedding,
        pytest.raises(Throttled) as throttled,
    ):
        embedding.embed_one("a")

    assert throttled.value.exit_code == 6
    assert len(server.asked) == 1


def test_a_server_that_goes_on_failing_is_given_up(server, archive_directory):
    server.fault = lambda _: error(500)
    with (
        opened(archive_directory, server.url, timeout=0.6) as embedding,
        pytest.raises(BadAnswer),
    ):
        embedding.embed_one("a")


def test_a_rejected_key_is_not_tried_again(server, archive_directory, monkeypatch):
    monkeypatch.setenv("MEMCTL_EMBEDDER_KEY", "wrong")
    server.wants_key("right")
    with opened(archive_directory, server.url) as embedding, pytest.raises(CredentialRejected):
        embedding.embed_one("a")

    assert len(server.asked) == 1


def test_what_is_too_much_at_once_is_sent_in_halves(server, archive_directory):
    server.fault = lambda asked: error(413) if len(asked.texts) > 30 else None
    texts = [f"text {number}" for number in range(100)]
    with opened(archive_directory, server.url) as embedding:
        found = np.concatenate(list(embedding.embed(texts)))

    assert found == pytest.approx(np.array([vector_of(each) for each in texts]))


def test_one_text_that_is_refused_alone_is_named(server, archive_directory):
    server.fault = lambda asked: error(400, "too long") if "xxx" in "".join(asked.texts) else None
    with (
        opened(archive_directory, server.url) as embedding,
        pytest.raises(TextRefused) as refused,
    ):
        list(embedding.embed(["a", "b", "x" * 5000, "c"]))

    assert refused.value.text == "x" * 5000
    assert "5,000 characters" in refused.value.message
    assert "too long" in refused.value.message


def test_a_model_that_changes_its_dimension_is_an_error(server, archive_directory):
    server.fault = lambda asked: vectors_for(asked.texts, 4 if asked.texts == ["memory"] else 5)
    with (
        opened(archive_directory, server.url) as embedding,
        pytest.raises(WrongVectors, match="5 dimensions after one of 4"),
    ):
        list(embedding.embed(["a"]))


def test_a_served_model_needs_a_store_that_serves_it(archive_directory):
    with (
        opened(archive_directory, None, "databricks:gte") as embedding,
        pytest.raises(UnsupportedOperation) as error,
    ):
        embedding.embed_one("a")

    assert "openai:gte" in error.value.hint


@pytest.mark.parametrize(
    "text", ["", "openai", "openai:", ":x", "other:x", "openai:a b", "openai:a\n", "OpenAI:x"]
)
def test_what_is_no_embedder_is_refused(text):
    with pytest.raises(InvalidSetting):
        EMBEDDER.parse(text)


@pytest.mark.parametrize("text", ["openai:a/b:latest", "sentence-transformers:BAAI/bge-small-en"])
def test_a_models_name_may_hold_colons_and_slashes(text):
    assert EMBEDDER.parse(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "host", "host:80", "ftp://h/v1", "https://", "https://u:p4ss@h/v1", "https://h/?key=p4ss",
     "https://h/#x", "https://h:x/v1", "https://[::1/v1", "https://h/\n"],
)  # fmt: skip
def test_what_is_no_servers_url_is_refused(text):
    with pytest.raises(InvalidSetting) as error:
        URL.parse(text)

    assert "p4ss" not in error.value.message or "@" not in text


def test_a_slash_at_the_end_of_a_url_makes_no_difference():
    assert URL.parse("https://host/v1/") == "https://host/v1"


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("openai:x", "openai:x", True),
        ("onnx:all-MiniLM-L6-v2", "openai:sentence-transformers/all-minilm-l6-v2", True),
        ("databricks:gte", "openai:gte", True),
        ("openai:x", "openai:y", False),
        ("words of eight topics", "openai:x", False),
        ("words of eight topics", "words of eight topics", True),
    ],
)
def test_a_model_is_the_same_however_it_is_reached(one, other, are_same):
    assert are_same_models(one, other) is are_same

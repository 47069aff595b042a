from __future__ import annotations

import json

import pytest

from memctl.cli.documents import read_document
from memctl.core.backup.listing import LISTING, read_listing
from memctl.core.query.search import read_vector
from memctl.embedding.errors import WrongVectors
from memctl.embedding.openai import OpenAICompatible
from memctl.model import bounded
from memctl.model.backend.embedder import EmbedderName
from memctl.model.errors import BadAnswer, InvalidSetting, LocalStateUnusable, RequestRefused
from memctl.secrets.index import SecretIndex
from memctl.workspace.transport import Transport

from .embedding_server import Reply, embedding_server

DEEP = b"[" * 100_000 + b"]" * 100_000
TEXT = {"model": "m", "input": ["text"]}


@pytest.fixture
def server():
    with embedding_server() as serving:
        yield serving


@pytest.fixture(params=["embedder", "workspace"])
def ask(request, server):
    """Ask a server by one of the ways that memctl does."""
    if request.param == "embedder":
        embedder = OpenAICompatible(EmbedderName("openai", "m"), server.url, None)
        yield lambda: embedder.embed(["text"], 10)
        embedder.close()
    else:
        transport = Transport()
        yield lambda: transport.send(
            "POST", f"{server.url}/x", seconds=10, host=server.origin, what="it", json=TEXT
        )
        transport.close()


def test_an_answer_that_is_nested_too_deep_is_a_bad_one(server, ask):
    server.fault = lambda _: Reply(body=DEEP)

    with pytest.raises((BadAnswer, WrongVectors)) as raised:
        ask()

    assert server.origin in raised.value.message


def test_a_refusal_that_is_nested_too_deep_is_a_refusal(server, ask):
    server.fault = lambda _: Reply(400, DEEP)

    with pytest.raises(RequestRefused):
        ask()


def test_an_answer_that_is_too_large_is_a_bad_one_and_the_next_is_read(server, ask, monkeypatch):
    monkeypatch.setattr(bounded, "LARGEST", 10_000)
    server.fail_once(Reply(body=json.dumps("x" * 1_000_000).encode()))

    with pytest.raises(BadAnswer) as raised:
        ask()

    assert server.origin in raised.value.message
    assert ask() is not None


def test_a_document_that_is_nested_too_deep_is_an_invalid_setting(tmp_path):
    (tmp_path / "profile.json").write_bytes(DEEP)

    with pytest.raises(InvalidSetting, match="nested too deep"):
        read_document(str(tmp_path / "profile.json"))


def test_a_vector_that_is_nested_too_deep_is_an_invalid_setting():
    with pytest.raises(InvalidSetting, match="nested too deep"):
        read_vector(DEEP, "-")


def test_a_list_of_secrets_that_is_nested_too_deep_is_damaged(tmp_path):
    (tmp_path / "secrets.json").write_bytes(DEEP)

    with pytest.raises(LocalStateUnusable):
        SecretIndex(tmp_path).entries()


def test_a_listing_of_files_that_is_nested_too_deep_is_none(tmp_path):
    (tmp_path / LISTING).write_bytes(DEEP)

    assert read_listing(tmp_path) is None

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_record, make_records

from ..conftest import fingerprint, make_store
from .stores import error_of

ENTITY = MemoryType.ENTITY
QUESTION = [0.5, -1.0, 2.0, 0.25]
SCORES = {
    "cosine": lambda a, b: a @ b / np.linalg.norm(a) / np.linalg.norm(b),
    "ip": lambda a, b: a @ b,
    "l2": lambda a, b: np.linalg.norm(a - b),
}
USUAL_METRIC = {"archive": "l2", "chroma": "cosine"}
"""Of a store that nobody gave one to."""

WRITTEN = [
    *make_records(20),
    *(make_record(n, type=ENTITY) for n in range(20, 30)),
    make_record(30, crew_id="sales", embedding=np.array(QUESTION, np.float32)),
    make_record(31, group_id="globex"),
    make_record(32, group_id=None),
]


@pytest.fixture(scope="module", params=["archive", "chroma"])
def store(request, tmp_path_factory):
    """A store of several crews and types; not to be written."""
    path = tmp_path_factory.mktemp("searched") / "store"
    return f"{request.param}:{make_store(request.param, path, WRITTEN)}"


@pytest.fixture
def question(tmp_path):
    """A vector in a file."""
    file = tmp_path / "question.json"
    file.write_text(json.dumps(QUESTION))
    return file


def expected(records, vector, metric="cosine", limit=10):
    """Rank by the definition of a metric: id and score of the nearest."""
    target = np.array(vector, np.float64)
    scored = [
        (SCORES[metric](each.embedding.astype(np.float64), target), each.id) for each in records
    ]
    ranked = sorted(scored, key=lambda pair: pair[0] if metric == "l2" else -pair[0])
    return [each for _, each in ranked[:limit]], [score for score, _ in ranked[:limit]]


def assert_ranked(ran, records, vector, metric=None, limit=10) -> None:
    assert ran.exit_code == 0, ran.stdout
    metric = metric or USUAL_METRIC[ran.data["backend"]]
    ids, scores = expected(records, vector, metric, limit)
    assert [each["record"]["id"] for each in ran.data["hits"]] == ids
    assert [each["score"] for each in ran.data["hits"]] == pytest.approx(scores, abs=1e-6)
    assert {each["metric"] for each in ran.data["hits"]} <= {metric}


def test_the_nearest_of_every_type_are_ranked_exactly(memctl, store, question):
    ran = memctl("search", "--vector", question, "--at", store, "--json")

    assert_ranked(ran, WRITTEN, QUESTION)
    assert ran.data["types"] == ["short_term", "entity"]
    assert "embedding" not in ran.data["hits"][0]["record"]


def test_a_record_is_not_among_the_hits_of_its_own_vector(memctl, store):
    ran = memctl("search", "--like", "record-00007", "--at", store, "--limit", "50", "--json")

    others = [each for each in WRITTEN if each.id != "record-00007"]
    assert_ranked(ran, others, WRITTEN[7].embedding, limit=50)


def test_only_records_that_the_selector_means_are_found(memctl, store, question):
    arguments = ("search", "--vector", question, "--at", store, "--json", "--limit", "3")

    crew = memctl(*arguments, "--crew", "research", "-g", "acme", "-t", "entity")
    sales = memctl(*arguments, "--crew", "sales")
    unscoped = memctl(*arguments, "-g", "globex", "--include-unscoped")
    nobody = memctl(*arguments, "--crew", "nobody")

    assert_ranked(crew, WRITTEN[20:30], QUESTION, limit=3)
    assert_ranked(sales, [WRITTEN[30]], QUESTION)
    assert_ranked(unscoped, WRITTEN[31:], QUESTION)
    assert (nobody.exit_code, nobody.data["hits"]) == (0, [])


@pytest.mark.parametrize("metric", ["cosine", "l2", "ip"])
def test_scores_are_those_of_the_stores_metric(memctl, tmp_path, question, metric):
    store = make_store("chroma", tmp_path / "store", WRITTEN[:20], metric=metric)

    ran = memctl("search", "--vector", question, "--at", f"chroma:{store}", "--json")

    assert_ranked(ran, WRITTEN[:20], QUESTION, metric)


@pytest.mark.parametrize(
    ("metric", "name"),
    [("cosine", "cosine similarity"), ("l2", "l2 distance"), ("ip", "inner product")],
)
def test_scores_are_named_to_people(memctl, tmp_path, question, metric, name):
    store = make_store("chroma", tmp_path / "store", WRITTEN[:2], metric=metric)

    assert name in memctl("search", "--vector", question, "--at", f"chroma:{store}").stdout


def test_a_vector_is_read_from_json_from_npy_and_from_standard_input(
    memctl, store, tmp_path, question
):
    file = tmp_path / "question.npy"
    np.save(file, np.array(QUESTION, np.float64))
    arguments = ("search", "--at", store, "--json", "--vector")

    runs = [
        memctl(*arguments, question),
        memctl(*arguments, file),
        memctl(*arguments, "-", stdin=json.dumps(QUESTION)),
    ]

    for ran in runs:
        assert_ranked(ran, WRITTEN, QUESTION)


def npy(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


NO_VECTORS = {
    "nothing": b"",
    "text": b"hello",
    "an object": b'{"a": 1}',
    "a number": b"1",
    "an empty list": b"[]",
    "texts": b'["1", "2"]',
    "booleans": b"[true, false]",
    "null": b"[1, null]",
    "two dimensions": b"[[1, 2], [3, 4]]",
    "ragged": b"[[1], [2, 3]]",
    "not a number": b"[NaN, 1]",
    "infinity": b"[1e999, 1]",
    "too large": b"[1e300, 1]",
    "huge integers": b"[" + b"9" * 400 + b", 1]",
    "no UTF-8": b"\xff\xfe[",
    "deep": b"[" * 100_000,
    "cut npy": npy(np.ones(4))[:40],
    "pickled npy": npy(np.array([{}, None], object)),
    "complex npy": npy(np.ones(4, np.complex64)),
    "matrix npy": npy(np.ones((2, 2))),
}


@pytest.mark.parametrize("data", NO_VECTORS.values(), ids=NO_VECTORS)
def test_what_is_no_vector_is_refused(memctl, tmp_path, data):
    (tmp_path / "file").write_bytes(data)

    ran = memctl("search", "--vector", tmp_path / "file", "--at", f"chroma:{tmp_path}", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "invalid_setting")
    assert "JSON list" in error_of(ran)["hint"]


def test_a_file_that_is_not_there_is_an_error(memctl, store, tmp_path):
    assert memctl("search", "--vector", tmp_path / "none", "--at", store).exit_code == 4


@pytest.mark.parametrize(
    "arguments", [[], ["--vector", "x", "--like", "y"], ["--like", "x", "--limit", "0"]]
)
def test_one_of_vector_and_like_is_needed(memctl, store, arguments):
    assert memctl("search", *arguments, "--at", store).exit_code == 2


@pytest.mark.parametrize("extra", [[], ["-t", "entity"]])
def test_a_vector_of_another_dimension_is_refused(memctl, store, extra):
    ran = memctl("search", "--vector", "-", "--at", store, "--json", *extra, stdin="[1, 2, 3]")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "wrong_dimension")
    assert "3 dimensions" in error_of(ran)["message"]


def test_only_types_of_that_dimension_are_searched(memctl, tmp_path):
    wide = make_record(9, type=ENTITY, embedding=np.ones(7, np.float32))
    store = make_store("chroma", tmp_path / "store", [*make_records(3), wide])
    arguments = ("search", "--vector", "-", "--at", f"chroma:{store}", "--json")

    ran = memctl(*arguments, stdin=json.dumps(QUESTION))

    assert ran.data["types"] == ["short_term"]
    assert_ranked(ran, make_records(3), QUESTION)
    assert memctl(*arguments, "-t", "entity", stdin=json.dumps(QUESTION)).exit_code == 4


def test_a_record_that_is_not_there_or_has_no_vector_is_an_error(memctl, tmp_path):
    without = make_record(1, embedding=None)
    store = make_store("archive", tmp_path / "store", [without, make_record(2, group_id="globex")])
    arguments = ("search", "--at", f"archive:{store}", "--json", "--like")

    missing = memctl(*arguments, "nothing")
    foreign = memctl(*arguments, "record-00002", "-g", "acme")
    empty = memctl(*arguments, "record-00001")

    assert [each.exit_code for each in (missing, foreign, empty)] == [3, 3, 4]
    assert error_of(missing)["code"] == error_of(foreign)["code"] == "record_not_found"
    assert error_of(empty)["code"] == "record_without_vector"


def test_a_search_changes_nothing(memctl, tmp_path, chroma_directory, home):
    before = fingerprint(chroma_directory)

    ran = memctl("search", "--like", "record-00001", "--at", f"chroma:{chroma_directory}")

    assert ran.exit_code == 0
    assert fingerprint(Path(chroma_directory)) == before
    assert list(home.iterdir()) == []


def test_vectors_come_along_where_they_are_asked_for(memctl, store, question):
    ran = memctl("search", "--vector", question, "--at", store, "--with-embeddings", "--json")

    assert ran.data["hits"][0]["record"]["embedding"]


def test_an_empty_store_has_no_hits(memctl, tmp_path, question):
    store = make_store("chroma", tmp_path / "store", [])

    ran = memctl("search", "--vector", question, "--at", f"chroma:{store}", "--json")

    assert (ran.exit_code, ran.data["hits"]) == (0, [])

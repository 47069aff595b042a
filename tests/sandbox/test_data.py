from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memctl.sandbox.service.embedding import embed

from .conftest import INDEX, SCHEMA, row


def scan(rest, **body):
    return rest("POST", f"indexes/{INDEX}/scan", body).json


def keys(scanned):
    return [
        each["value"]["string_value"]
        for one in scanned["data"]
        for each in one["fields"]
        if each["key"] == "id"
    ]


def fields(scanned):
    return [{each["key"]: each["value"] for each in one["fields"]} for one in scanned["data"]]


# Writing


def test_a_row_is_kept_and_replaced_as_a_whole(rest, index):
    rest.upsert([row(1, content="first", score=0.5)])
    written = rest.upsert([row(1, content="second")])

    kept = fields(scan(rest))
    assert written.json == {
        "status": "SUCCESS",
        "result": {"success_row_count": "1", "failed_primary_keys": []},
    }
    assert len(kept) == 1
    assert kept[0]["content"] == {"string_value": "second"}
    assert kept[0]["score"] == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"embedding": [1, 2, 3]},
        {"embedding": [1, 2, 3, "4"]},
        {"embedding": None},
        {"embedding": "vector"},
        {"n": "3"},
        {"n": 2**63},
        {"n": True},
        {"score": "0.5"},
        {"is_new": 1},
        {"content": 3},
        {"at": "yesterday"},
        {"tags": ["a", 1]},
    ],
)
def test_a_row_that_does_not_fit_is_named_with_status_200(rest, index, wrong):
    bad = row(2) | wrong

    partial = rest.upsert([row(1), bad])
    failure = rest.upsert([bad])

    assert (partial.status, partial.json["status"]) == (200, "PARTIAL_SUCCESS")
    assert partial.json["result"]["failed_primary_keys"] == ["row-00002"]
    assert (failure.status, failure.json["status"]) == (200, "FAILURE")
    assert rest.ids() == {"row-00001"}


def test_values_of_every_type_are_kept(rest, index):
    given = row(
        1, content="ü\n\0", n=-3, score=1e-6, is_new=False, at="2026-01-02T03:04:05Z", tags=["a"]
    )
    assert rest.upsert([given]).json["status"] == "SUCCESS"

    assert fields(scan(rest))[0] == {
        "id": {"string_value": "row-00001"},
        "content": {"string_value": "ü\n\0"},
        "n": {"number_value": -3.0},
        "score": {"number_value": 1e-06},
        "is_new": {"bool_value": False},
        "at": {"string_value": "2026-01-02T03:04:05Z"},
        "tags": {"list_value": {"values": [{"string_value": "a"}]}},
        "embedding": {
            "list_value": {"values": [{"number_value": each} for each in (1.0, 0.0, 0.0, 1.0)]}
        },
    }


def test_floats_are_kept_as_narrow_as_their_column_is(rest, index):
    rest.upsert([row(1, embedding=[0.1, 0, 0, 0], score=0.1)])

    kept = fields(scan(rest))[0]

    assert kept["embedding"]["list_value"]["values"][0]["number_value"] == float(np.float32(0.1))
    assert kept["score"]["number_value"] == 0.1


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "is empty"),
        ([row(1), row(2, unknown=1)], "Column unknown is not in the schema"),
        ([{"embedding": [0, 0, 0, 0]}], "Primary key id is missing"),
        ([row(1) | {"id": ""}], "Primary key id is missing"),
        ([row(1) | {"id": 7}], "wrong type"),
    ],
)
def test_a_batch_that_makes_no_sense_writes_nothing(rest, index, rows, says):
    answer = rest.upsert(rows)

    assert answer.error == (400, "INVALID_PARAMETER_VALUE")
    assert says in answer.json["message"]
    assert rest.ids() == set()


@pytest.mark.parametrize("text", ["{", "{}", "[1]"])
def test_inputs_json_is_a_list_of_objects(rest, index, breaks_rules, text):
    answer = rest("POST", f"indexes/{INDEX}/upsert-data", {"inputs_json": text})

    assert answer.error == (400, "MALFORMED_REQUEST")


# Deleting


@pytest.mark.parametrize("where", ["params", "body"])
def test_keys_to_delete_stand_in_the_query_or_in_the_body(rest, index, where):
    rest.upsert([row(number) for number in range(3)])
    named = {"primary_keys": ["row-00000", "row-00002", "none"]}

    answer = rest("DELETE", f"indexes/{INDEX}/delete-data", **{where: named})

    assert answer.json == {
        "status": "SUCCESS",
        "result": {"success_row_count": "3", "failed_primary_keys": []},
    }
    assert rest.ids() == {"row-00001"}


def test_deleting_needs_keys(rest, index):
    assert rest("DELETE", f"indexes/{INDEX}/delete-data").status == 400


def test_keys_are_texts(rest, index, breaks_rules):
    answer = rest("DELETE", f"indexes/{INDEX}/delete-data", {"primary_keys": [1]})

    assert answer.error == (400, "MALFORMED_REQUEST")


# Scanning


@pytest.mark.parametrize("size", [1, 2, 7, 100])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_scan_visits_every_row_once_in_the_order_of_keys(rest, index, size, method):
    rest.upsert([row(number) for number in (5, 3, 9, 1, 7, 8, 2)])
    rest("DELETE", f"indexes/{INDEX}/delete-data", {"primary_keys": ["row-00003"]})
    seen, last = [], None
    while True:
        page = rest(
            method,
            f"indexes/{INDEX}/scan",
            {"num_results": size, "last_primary_key": last, "endpoint_name": "ep"},
        ).json
        if not page["data"]:
            break
        seen += keys(page)
        last = page["last_primary_key"]

    assert seen == [f"row-{number:05}" for number in (1, 2, 5, 7, 8, 9)]


def test_a_scan_gives_ten_rows_where_no_number_is_asked_for(rest, index):
    rest.upsert([row(number) for number in range(12)])

    assert len(scan(rest)["data"]) == 10
    assert rest("POST", f"indexes/{INDEX}/scan", {"num_results": 0}).status == 400


def test_keys_can_be_numbers(rest):
    rest.make_endpoint()
    columns = json.dumps({**SCHEMA, "id": "long"})
    rest.make_index(
        spec={
            "embedding_vector_columns": [{"name": "embedding", "embedding_dimension": 4}],
            "schema_json": columns,
        }
    )
    rest.upsert([row(1) | {"id": number} for number in (10, 9, 100)])

    page = scan(rest, num_results=2)
    rest("DELETE", f"indexes/{INDEX}/delete-data", {"primary_keys": ["9"]})

    assert [each["id"]["number_value"] for each in fields(page)] == [9.0, 10.0]
    assert page["last_primary_key"] == "10"
    assert rest.ids() == {10.0, 100.0}


# Querying


def test_the_nearest_rows_are_exact(rest, index):
    generator = np.random.default_rng(7)
    vectors = generator.normal(size=(200, 4)).astype(np.float32)
    rest.upsert([row(n, embedding=each.tolist()) for n, each in enumerate(vectors)])
    asked = [0.1, -0.2, 0.3, 0.4]

    found = rest.query(query_vector=asked, num_results=20).json["result"]["data_array"]

    apart = ((vectors.astype(float) - asked) ** 2).sum(axis=1)
    best = np.argsort(apart)[:20]
    assert [each[0] for each in found] == [f"row-{n:05}" for n in best]
    assert [each[1] for each in found] == pytest.approx([1 / (1 + apart[n]) for n in best])


def test_a_query_gives_the_columns_asked_for_and_the_score(rest, index):
    rest.upsert([row(2, tags=["a"])])

    answer = rest.query(columns=["n", "tags", "embedding", "is_new"], query_vector=[2, 0, 0, 1])

    assert answer.json == {
        "manifest": {
            "column_count": 5,
            "columns": [{"name": each} for each in ("n", "tags", "embedding", "is_new", "score")],
        },
        "result": {"row_count": 1, "data_array": [[2.0, ["a"], [2.0, 0.0, 0.0, 1.0], None, 1.0]]},
        "next_page_token": "",
    }


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"columns": ["none"]}, "not present in index: none"),
        ({"query_vector": [1, 2]}, "has 2 dimensions; the index has 4"),
        ({"query_vector": None}, "query_vector is required"),
        ({"num_results": 10_001}, "between 1 and 10000"),
        ({"filter_string": "n = 1"}, "only supported on storage optimized"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(rest, index, body, says):
    answer = rest.query(**body)

    assert answer.error == (400, "INVALID_PARAMETER_VALUE")
    assert says in answer.json["message"]


@pytest.mark.parametrize("body", [{"query_type": "HYBRID"}, {"sort_columns": ["n DESC"]}])
def test_what_the_sandbox_lacks_it_says(rest, index, breaks_rules, body):
    assert rest.query(**body).error == (501, "NOT_IMPLEMENTED")


def test_a_threshold_leaves_out_what_is_far(rest, index):
    rest.upsert([row(number) for number in range(4)])

    assert rest.ids(query_vector=[0, 0, 0, 1], score_threshold=0.5) == {"row-00000", "row-00001"}


def test_a_query_has_pages_of_a_thousand_and_at_most_ten_thousand_results(rest, index):
    for start in range(0, 10_500, 3500):
        rest.upsert([row(start + number) for number in range(3500)])
    page = rest.query(num_results=10_000).json
    seen, sizes = [], []
    while True:
        seen += [each[0] for each in page["result"]["data_array"]]
        sizes.append(page["result"]["row_count"])
        if not (token := page["next_page_token"]):
            break
        named = {"page_token": token, "endpoint_name": "ep"}
        again, page = (
            rest("POST", f"indexes/{INDEX}/query-next-page", named).json for _ in range(2)
        )
        assert again["result"] == page["result"]

    assert sizes == [1000] * 10
    assert seen == [f"row-{number:05}" for number in range(10_000)]
    unknown = rest("GET", f"indexes/{INDEX}/query-next-page", {"page_token": "none"})
    assert unknown.status == 400


@pytest.mark.parametrize("sandbox", [{"stale_reads": True}], indirect=True)
def test_reads_can_lag_one_behind(rest):
    rest.make_endpoint()
    assert [rest("GET", "endpoints/ep").status for _ in range(2)] == [404, 200]
    rest.make_index()
    assert [rest("GET", f"indexes/{INDEX}").status for _ in range(2)] == [404, 200]

    rest.upsert([row(1)])
    assert [rest.ids() for _ in range(2)] == [set(), {"row-00001"}]
    rest("DELETE", f"indexes/{INDEX}/delete-data", {"primary_keys": ["row-00001"]})
    assert [len(scan(rest)["data"]) for _ in range(2)] == [1, 0]
    rest("DELETE", f"indexes/{INDEX}")
    assert [rest("GET", f"indexes/{INDEX}").status for _ in range(2)] == [200, 404]


# Text


def test_text_becomes_a_vector_that_is_always_the_same(rest):
    path = "/serving-endpoints/databricks-gte-large-en/invocations"

    found = rest("POST", path, {"input": ["one", "two", "one"]}).json["data"]

    vectors = [each["embedding"] for each in found]
    assert vectors[0] == vectors[2] != vectors[1]
    assert vectors[0] == embed("one", 1024)
    assert (
        rest("GET", "/api/2.0/serving-endpoints/databricks-gte-large-en").json["state"]["ready"]
        == "READY"
    )
    assert rest("POST", "/serving-endpoints/none/invocations", {"input": "x"}).status == 404
    assert rest("POST", path, {"input": []}).status == 400


@given(st.text(max_size=20), st.integers(1, 64))
def test_such_vectors_have_the_length_one(text, dimension):
    vector = embed(text, dimension)

    assert len(vector) == dimension
    assert sum(each * each for each in vector) == pytest.approx(1)


def test_an_index_with_a_text_column_can_be_asked_by_text(rest):
    rest.make_endpoint()
    rest.make_index(
        spec={
            "embedding_vector_columns": [{"name": "embedding", "embedding_dimension": 4}],
            "embedding_source_columns": [
                {"name": "content", "embedding_model_endpoint_name": "databricks-gte-large-en"}
            ],
            "schema_json": json.dumps(SCHEMA),
        }
    )
    rest.upsert([row(n, embedding=embed(text, 4)) for n, text in enumerate(["tea", "coffee"])])

    assert rest.ids(query_vector=None, query_text="tea", num_results=1) == {"row-00000"}

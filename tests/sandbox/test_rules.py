from __future__ import annotations

import json

import pytest

from .conftest import INDEX, SPEC, row


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/2.0/clusters/list"),
        ("POST", f"indexes/{INDEX}/delete-data"),
        ("POST", f"indexes/{INDEX}/sync"),
        ("PUT", "endpoints/ep"),
        ("GET", f"endpoints/ep/indexes/{INDEX}/scan"),
        ("GET", "/api/2.0/vector-search/indexes/"),
        ("GET", "indexes/a/b"),
    ],
)
def test_an_unknown_route_is_refused_and_noted(sandbox, rest, breaks_rules, method, path):
    assert rest(method, path).error == (501, "NOT_IMPLEMENTED")

    found = sandbox.violations()
    assert [(each["method"], each["reason"][:12]) for each in found] == [(method, "No API found")]


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("endpoints", {"name": "e", "endpoint_type": "STANDARD", "size": 3}, "Unknown field: size"),
        ("endpoints", {"endpoint_type": "STANDARD"}, "Missing required field: name"),
        ("endpoints", {"name": 3, "endpoint_type": "STANDARD"}, "Could not parse field name"),
        ("endpoints", ["name"], "Request body is not a JSON object"),
        ("indexes/a.b.c/query", {"columns": ["id"], "k": 3}, "Unknown field: k"),
        ("indexes/a.b.c/query", {"query_vector": [1]}, "Missing required field: columns"),
        ("indexes/a.b.c/scan", {"num_results": True}, "Could not parse field num_results"),
        ("indexes/a.b.c/scan?limit=3", {}, "Unknown query parameter: limit"),
        ("indexes/a.b.c/upsert-data", {"inputs": []}, "Unknown field: inputs"),
    ],
)
def test_an_unknown_or_mistyped_field_is_refused_and_noted(rest, breaks_rules, path, body, reason):
    answer = rest("POST", path, body)

    assert answer.error == (400, "MALFORMED_REQUEST")
    assert answer.json["message"].startswith(reason)


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ({"dimension": 4}, "Unknown field: dimension"),
        ({"embedding_vector_columns": [{"name": "embedding", "size": 4}]}, "Unknown field: size"),
        ({"embedding_vector_columns": ["embedding"]}, "Could not parse the index spec"),
        ({"schema_json": {"id": "string"}}, "Could not parse field schema_json"),
    ],
)
def test_fields_inside_the_spec_of_an_index_are_checked_too(rest, breaks_rules, where, reason):
    answer = rest.make_index(spec={**SPEC, **where})

    assert answer.error == (400, "MALFORMED_REQUEST")
    assert answer.json["message"].startswith(reason)


def test_a_null_is_as_good_as_no_field(rest, index):
    assert rest.query(filters_json=None, filter_string=None, debug_level=0).status == 200


def test_a_body_that_is_no_json_is_refused(rest, breaks_rules):
    answer = rest("POST", "endpoints", data="{name")

    assert answer.json["message"] == "Request body is not valid JSON."


def test_a_request_line_above_64_kilobytes_is_refused(rest, index, breaks_rules):
    keys = [f"key-{number:032}" for number in range(2000)]

    answer = rest("DELETE", f"indexes/{index}/delete-data", params={"primary_keys": keys})

    assert answer.error == (414, "URI_TOO_LONG")


@pytest.mark.parametrize(
    ("sandbox", "status"), [({}, 413), ({"oversize_status": 400}, 400)], indirect=["sandbox"]
)
def test_a_body_above_ten_megabytes_is_refused(rest, index, breaks_rules, status):
    text = "x" * 10_000_000

    assert rest.upsert([row(1, content=text)]).error == (status, "REQUEST_TOO_LARGE")
    assert rest.ids() == set()


def test_requests_are_noted_without_headers_and_bodies(sandbox, rest, index):
    rest.upsert([row(1, content="what was said")])

    text = json.dumps(sandbox.requests())
    assert sandbox.requests()[-1] == {
        "method": "POST",
        "path": f"/api/2.0/vector-search/indexes/{INDEX}/upsert-data",
        "status": 200,
    }
    assert sandbox.token not in text
    assert "what was said" not in text


def test_a_name_can_not_lead_out_of_its_path(rest, index, breaks_rules):
    assert rest("GET", f"indexes/{index}%3Fensure_reranker_compatible=true").status == 404
    assert rest("GET", "indexes/..%2Fendpoints").status == 501

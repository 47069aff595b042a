from __future__ import annotations

import json

import pytest

from .conftest import INDEX, SCHEMA, row


def spec(schema=None, **vector):
    column = {"name": "embedding", "embedding_dimension": 4, **vector}
    return {"embedding_vector_columns": [column], "schema_json": json.dumps(schema or SCHEMA)}


def found_state(rest):
    return rest("GET", f"indexes/{INDEX}").json["status"]["detailed_state"]


@pytest.mark.parametrize(
    "name",
    ["agents.short", "ml.agents.short-term", "ml.agents.", "ml.my schema.x", "a.b.c.d", "ä.b.c"],
)
def test_a_name_has_three_parts_of_letters_digits_and_underscores(rest, name):
    answer = rest.make_index(name)

    assert answer.error == (400, "INVALID_PARAMETER_VALUE")
    assert answer.json["message"] == (
        "Invalid index name. Must specify the full index name <catalog>.<schema>.<table>. "
        "Only alphanumerics and underscores are allowed."
    )


def test_a_name_has_at_most_128_characters(rest):
    rest.make_endpoint()

    assert rest.make_index("ml.agents." + "x" * 118).status == 200
    assert rest.make_index("ml.agents." + "x" * 119).status == 400


def test_names_are_taken_once_also_in_other_letters(rest, index):
    assert rest.make_index(INDEX.upper()).error == (409, "RESOURCE_ALREADY_EXISTS")


@pytest.mark.parametrize(
    ("name", "endpoint", "code"),
    [
        ("none.agents.x", "ep", "CATALOG_DOES_NOT_EXIST"),
        ("ml.none.x", "ep", "SCHEMA_DOES_NOT_EXIST"),
        ("ml.agents.x", "none", "RESOURCE_DOES_NOT_EXIST"),
    ],
)
def test_an_index_needs_catalog_schema_and_endpoint(rest, name, endpoint, code):
    rest.make_endpoint()

    assert rest.make_index(name, endpoint).error == (404, code)


def test_the_schema_is_rewritten_and_sorted(rest):
    rest.make_endpoint()
    given = {
        "id": "STRING",
        "embedding": "array<double>",
        "b": "integer",
        "a": "long",
        "s": "short",
        "y": "byte",
        "l": "array<long>",
    }

    kept = rest.make_index(spec=spec(given)).json["direct_access_index_spec"]["schema_json"]

    assert list(json.loads(kept).items()) == [
        ("a", "bigint"),
        ("b", "int"),
        ("embedding", "array<double>"),
        ("id", "string"),
        ("l", "array<bigint>"),
        ("s", "smallint"),
        ("y", "tinyint"),
    ]


MANY = {f"c{number}": "string" for number in range(49)}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (spec(schema={**SCHEMA, "x": "json"}), "Unsupported type"),
        (spec(schema={**SCHEMA, "x": 3}), "Unsupported type"),
        (spec(schema={**SCHEMA, "_id": "string"}), "reserved"),
        (spec(schema={"id": "string", "embedding": "array<float>", **MANY}), "at most 50"),
        (spec(schema={"id": "string"}), "must be an array<float>"),
        (spec(schema={**SCHEMA, "embedding": "array<string>"}), "must be an array<float>"),
        (spec(schema={**SCHEMA, "id": "double"}), "must be a string or integer"),
        (spec(embedding_dimension=0), "between 1 and 4096"),
        (spec(embedding_dimension=4097), "between 1 and 4096"),
        ({"schema_json": "[]", "embedding_vector_columns": []}, "not a valid JSON object"),
        ({"schema_json": json.dumps(SCHEMA)}, "Exactly one"),
        ({"embedding_vector_columns": [{"name": "embedding"}]}, "schema_json is required"),
    ],
)
def test_what_fits_no_index_is_refused(rest, change, says):
    rest.make_endpoint()

    answer = rest.make_index(spec=change)

    assert answer.error == (400, "INVALID_PARAMETER_VALUE")
    assert says in answer.json["message"]
    assert rest("GET", f"indexes/{INDEX}").status == 404


def test_storage_optimized_endpoints_take_dimensions_that_16_divides(rest):
    rest.make_endpoint(endpoint_type="STORAGE_OPTIMIZED")

    assert rest.make_index(spec=spec(embedding_dimension=24)).status == 400
    assert rest.make_index(spec=spec(embedding_dimension=32)).status == 200


@pytest.mark.parametrize("sandbox", [{"storage_optimized_direct_access": False}], indirect=True)
def test_storage_optimized_endpoints_can_be_made_to_take_no_direct_access_index(rest):
    rest.make_endpoint(endpoint_type="STORAGE_OPTIMIZED")

    assert rest.make_index(spec=spec(embedding_dimension=32)).status == 400


def test_other_kinds_of_index_are_refused(rest):
    rest.make_endpoint()

    assert rest.make_index(index_type="DELTA_SYNC").status == 400
    assert rest.make_index(index_subtype="VECTOR").status == 400
    assert rest.make_index().json["index_subtype"] == "HYBRID"


def test_an_endpoint_has_room_for_fifty(rest):
    rest.make_endpoint()
    for number in range(50):
        assert rest.make_index(f"ml.agents.i{number:02}").status == 200

    full = rest.make_index("ml.agents.one_more")
    first = rest("GET", "indexes", params={"endpoint_name": "ep"}).json
    all_of_them = rest("GET", "endpoints/ep/indexes").json

    assert full.error == (400, "QUOTA_EXCEEDED")
    assert "Maximum number of indexes per endpoint exceeded" in full.json["message"]
    assert len(first["vector_indexes"]) == 25
    assert int(first["next_page_token"]) == 25
    assert len(all_of_them["vector_indexes"]) == 50
    assert "status" not in first["vector_indexes"][0]


@pytest.mark.parametrize("sandbox", [{"provision_seconds": 60}], indirect=True)
def test_an_index_comes_up_after_its_endpoint(sandbox, rest):
    rest.make_endpoint()
    made = rest.make_index()
    assert not made.json["status"]["ready"]
    seen = []
    for _ in range(3):
        seen.append((found_state(rest), rest.upsert([row(1)]).status))
        sandbox.advance(60)

    assert seen == [
        ("PROVISIONING_ENDPOINT", 400),
        ("PROVISIONING", 400),
        ("ONLINE_DIRECT_ACCESS", 200),
    ]


@pytest.mark.parametrize(
    "sandbox", [{"provision_seconds": 60, "indexes_while_provisioning": False}], indirect=True
)
def test_an_endpoint_can_be_made_to_take_no_index_before_it_is_online(sandbox, rest):
    rest.make_endpoint()
    assert rest.make_index().error == (400, "INVALID_STATE")

    sandbox.advance(60)

    assert rest.make_index().status == 200


@pytest.mark.parametrize("sandbox", [{"deletion_seconds": 60}], indirect=True)
def test_a_deleted_index_keeps_its_name_for_a_while(sandbox, rest, index):
    rest("DELETE", f"indexes/{INDEX}")
    assert rest("GET", f"indexes/{INDEX}").status == 404
    assert rest.uc("GET", f"tables/{INDEX}").status == 404

    refused = rest.make_index()
    assert refused.error == (400, "INVALID_PARAMETER_VALUE")
    assert refused.json["message"] == (
        f"Index {INDEX} is currently pending deletion. Operations on the index are not "
        "permitted while the index is being deleted."
    )

    sandbox.advance(60)
    assert rest.make_index().status == 200


def test_an_index_is_described_as_the_service_does(rest, index):
    rest.upsert([row(1), row(2)])

    found = rest("GET", f"endpoints/ep/indexes/{INDEX}").json

    assert found == rest("GET", f"indexes/{INDEX}?ensure_reranker_compatible=true").json
    assert found["status"]["indexed_row_count"] == "2"
    assert found["status"]["index_url"].startswith("http://127.0.0.1:")
    assert found["direct_access_index_spec"]["embedding_vector_columns"] == [
        {"name": "embedding", "embedding_dimension": 4}
    ]
    assert (found["primary_key"], found["index_type"]) == ("id", "DIRECT_ACCESS")


def test_an_index_on_another_endpoint_is_not_found_below_it(rest, index):
    rest.make_endpoint("other")

    assert rest("GET", f"endpoints/other/indexes/{INDEX}").status == 404
    assert rest("GET", "endpoints/other/indexes").json == {"vector_indexes": []}


def test_an_index_of_a_stopped_endpoint_is_offline(sandbox, rest, index):
    sandbox.put(endpoint="ep", state="STOPPED")
    assert found_state(rest) == "OFFLINE"
    assert rest.upsert([row(1)]).error == (400, "INVALID_STATE")

    sandbox.put(endpoint="ep", state="YELLOW_STATE")
    assert rest.upsert([row(1)]).status == 200


def test_an_index_can_be_put_into_any_state(sandbox, rest, index):
    sandbox.put(index=INDEX, state="OFFLINE_FAILED", message="it broke")

    status = rest("GET", f"indexes/{INDEX}").json["status"]

    assert (status["detailed_state"], status["message"]) == ("OFFLINE_FAILED", "it broke")
    assert not status["ready"]

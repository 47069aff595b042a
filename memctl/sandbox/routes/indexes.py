"""Routes that make, show and delete indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..refusal import denied, invalid, malformed, not_found
from ..requests.operation import (
    FLAG,
    LIST,
    OBJECT,
    TEXT,
    WHOLE,
    Operation,
    check_fields,
    check_form,
)
from ..service.endpoints import require
from ..service.indexes import check_name
from .paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..requests.operation import Call, Form
    from ..service.index import Index

BASE = "/api/2.0/vector-search"
NEEDED = {"name": TEXT, "primary_key": TEXT, "index_type": TEXT}
BODY = {
    "index_subtype": TEXT,
    "direct_access_index_spec": OBJECT,
    "payload_logging_enabled": FLAG,
}
SPEC: Mapping[str, Form] = {
    "embedding_vector_columns": LIST,
    "embedding_source_columns": LIST,
    "schema_json": TEXT,
}
VECTOR: Mapping[str, Form] = {"name": TEXT, "embedding_dimension": WHOLE}
SOURCE: Mapping[str, Form] = {
    "name": TEXT,
    "embedding_model_endpoint_name": TEXT,
    "model_endpoint_name_for_query": TEXT,
}


def create(call: Call) -> dict[str, Any]:
    """Start making an index, in the order of checks that the service has."""
    spec = call.body.get("direct_access_index_spec", {})
    _check(spec, SPEC)
    for each in spec.get("embedding_vector_columns", []):
        _check(each, VECTOR)
    for each in spec.get("embedding_source_columns", []):
        _check(each, SOURCE)
    workspace = call.workspace
    name = check_name(call.body["name"])
    workspace.indexes.check_free(name)
    schema = workspace.unity.require_use(call.principal, name.rpartition(".")[0])
    workspace.unity.require(call.principal, "CREATE_TABLE", schema)
    endpoint = workspace.endpoints.find(call.path.get("endpoint") or call.body["endpoint_name"])
    require(call.principal, "CAN_USE", endpoint)
    workspace.indexes.check_room(endpoint)
    made = workspace.indexes.create(
        name, endpoint, call.principal, call.body, is_stale=call.is_stale
    )
    info = {"table_type": "MANAGED", "securable_kind": "TABLE_ONLINE_VECTOR_INDEX_REPLICA"}
    workspace.unity.create("table", name, call.principal.name, info)
    return workspace.indexes.as_json(made, state="PROVISIONING")


def _check(given: object, known: Mapping[str, Form]) -> None:
    if not isinstance(given, dict):
        raise malformed("Could not parse the index spec.")
    check_fields(given, known, "field")
    for name, value in given.items():
        check_form(name, value, known[name])


def _found(call: Call, index: Index) -> Index:
    """Refuse an index that is not on the endpoint that the path names."""
    endpoint = call.path.get("endpoint")
    if endpoint is not None:
        if call.access.is_on_behalf:
            raise denied("Invalid scope")
        if endpoint != index.endpoint_name:
            raise not_found(f"Vector index {index.name} not found on endpoint {endpoint}")
    return index


def read(call: Call) -> dict[str, Any]:
    """Return an index to whoever may read it."""
    index = _found(call, call.workspace.indexes.read(call.path["index"]))
    if call.workspace.unity.holds("table", index.name):
        call.workspace.unity.require_table(call.principal, index.name, "SELECT")
    return call.workspace.indexes.as_json(index)


def delete(call: Call) -> dict[str, Any]:
    """Delete an index with its rows and grants."""
    index = _found(call, call.workspace.indexes.find(call.path["index"]))
    table = call.workspace.unity.find("table", index.name)
    call.workspace.unity.require(call.principal, "MANAGE", table)
    call.workspace.unity.remove(table)
    call.workspace.indexes.remove(index.name, is_stale=call.is_stale)
    return {}


def list_all(call: Call) -> dict[str, Any]:
    """List the indexes of an endpoint, page by page."""
    endpoint = call.first("endpoint_name")
    if not endpoint:
        raise invalid("endpoint_name is required.")
    call.workspace.endpoints.find(endpoint)
    found = [each.listed() for each in call.workspace.indexes.on(endpoint)]
    return page(call, "vector_indexes", found)


def list_on_endpoint(call: Call) -> dict[str, Any]:
    """List the indexes of an endpoint, all at once."""
    endpoint = call.workspace.endpoints.find(call.path["endpoint"])
    return {"vector_indexes": [each.listed() for each in call.workspace.indexes.on(endpoint.name)]}


RERANKER = frozenset({"ensure_reranker_compatible"})
INDEXES = (
    Operation(
        "POST",
        f"{BASE}/indexes",
        create,
        needs={**NEEDED, "endpoint_name": TEXT},
        body=BODY,
    ),
    Operation("POST", f"{BASE}/endpoints/{{endpoint}}/indexes", create, NEEDED, BODY),
    Operation("GET", f"{BASE}/indexes", list_all, query=frozenset({"endpoint_name", "page_token"})),
    Operation("GET", f"{BASE}/endpoints/{{endpoint}}/indexes", list_on_endpoint),
    Operation("GET", f"{BASE}/indexes/{{index}}", read, query=RERANKER),
    Operation("GET", f"{BASE}/endpoints/{{endpoint}}/indexes/{{index}}", read, query=RERANKER),
    Operation("DELETE", f"{BASE}/indexes/{{index}}", delete),
    Operation("DELETE", f"{BASE}/endpoints/{{endpoint}}/indexes/{{index}}", delete),
)

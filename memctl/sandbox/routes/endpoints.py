"""Routes of vector search endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..refusal import Refusal, not_imitated
from ..requests.operation import TEXT, WHOLE, Operation
from ..service.endpoints import require
from .paging import page

if TYPE_CHECKING:
    from ..requests.operation import Call
    from ..service.endpoints import Endpoint

BASE = "/api/2.0/vector-search/endpoints"


def _json(call: Call, endpoint: Endpoint, state: str | None = None) -> dict[str, Any]:
    shown = state or endpoint.state_at(call.workspace.clock.now())
    return endpoint.as_json(shown, call.workspace.indexes.count(endpoint))


def create(call: Call) -> dict[str, Any]:
    """Start making an endpoint; it is never online at once."""
    for each in ("budget_policy_id", "usage_policy_id", "target_qps"):
        if each in call.body:
            raise not_imitated(each)
    made = call.workspace.endpoints.create(
        call.body["name"], call.body["endpoint_type"], call.principal, is_stale=call.is_stale
    )
    return _json(call, made, "PROVISIONING")


def read(call: Call) -> dict[str, Any]:
    """Return an endpoint; anybody may see it."""
    return _json(call, call.workspace.endpoints.read(call.path["endpoint"]))


def list_all(call: Call) -> dict[str, Any]:
    """List the endpoints, page by page."""
    found = [_json(call, each) for each in call.workspace.endpoints]
    return page(call, "endpoints", found)


def delete(call: Call) -> dict[str, Any]:
    """Delete an endpoint; its indexes become orphans, or keep it from being deleted."""
    endpoint = call.workspace.endpoints.find(call.path["endpoint"])
    require(call.principal, "CAN_MANAGE", endpoint)
    if call.workspace.indexes.count(endpoint) and not call.workspace.options.orphans_indexes:
        raise Refusal(400, "INVALID_STATE", f"Endpoint {endpoint.name} still has indexes.")
    call.workspace.endpoints.remove(endpoint.name, is_stale=call.is_stale)
    return {}


ENDPOINTS = (
    Operation(
        "POST",
        BASE,
        create,
        needs={"name": TEXT, "endpoint_type": TEXT},
        body={"budget_policy_id": TEXT, "usage_policy_id": TEXT, "target_qps": WHOLE},
    ),
    Operation("GET", BASE, list_all, query=frozenset({"page_token"})),
    Operation("GET", f"{BASE}/{{endpoint}}", read),
    Operation("DELETE", f"{BASE}/{{endpoint}}", delete),
)

"""Routes of who may use an endpoint, which they name by its UUID."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..refusal import invalid, malformed, not_found
from ..requests.operation import LIST, Operation, check_fields
from ..service.endpoints import LEVELS, require

if TYPE_CHECKING:
    from ..requests.operation import Call
    from ..service.endpoints import Endpoint

BASE = "/api/2.0/permissions/vector-search-endpoints/{id}"
NAMES = ("user_name", "group_name", "service_principal_name")


def _endpoint(call: Call) -> Endpoint:
    endpoint = call.workspace.endpoints.by_id(call.path["id"])
    require(call.principal, "CAN_MANAGE", endpoint)
    return endpoint


def read(call: Call) -> dict[str, Any]:
    """Return who may do what."""
    return _endpoint(call).levels_json()


def replace(call: Call) -> dict[str, Any]:
    """Let only these do something, beside whoever inherits it."""
    endpoint = _endpoint(call)
    endpoint.levels = _levels(call)
    return endpoint.levels_json()


def merge(call: Call) -> dict[str, Any]:
    """Let these do something too."""
    endpoint = _endpoint(call)
    endpoint.levels |= _levels(call)
    return endpoint.levels_json()


def levels(call: Call) -> dict[str, Any]:
    """Return the levels that there are."""
    _endpoint(call)
    known = [
        {"permission_level": "CAN_USE", "description": "Can use the endpoint"},
        {"permission_level": "CAN_MANAGE", "description": "Can manage the endpoint"},
    ]
    return {"permission_levels": known}


def _levels(call: Call) -> dict[str, str]:
    found = {}
    for each in call.body["access_control_list"]:
        if not isinstance(each, dict):
            raise malformed("Could not parse field access_control_list: it has the wrong type.")
        check_fields(each, {*NAMES, "permission_level"}, "field")
        names = [each[key] for key in NAMES if each.get(key)]
        if len(names) != 1:
            raise invalid("Exactly one principal must be named in an access control entry.")
        if names[0] not in call.workspace.credentials.principals:
            raise not_found(f"Principal {names[0]} does not exist")
        if each.get("permission_level") not in LEVELS:
            raise invalid(f"Permission level {each.get('permission_level')} is not supported.")
        found[names[0]] = each["permission_level"]
    return found


NEEDED = {"access_control_list": LIST}
PERMISSIONS = (
    Operation("GET", BASE, read),
    Operation("PUT", BASE, replace, needs=NEEDED),
    Operation("PATCH", BASE, merge, needs=NEEDED),
    Operation("GET", f"{BASE}/permissionLevels", levels),
)

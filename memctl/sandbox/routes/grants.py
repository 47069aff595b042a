"""Routes of Unity Catalog's privileges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..refusal import malformed
from ..requests.operation import FLAG, LIST, Operation, check_fields

if TYPE_CHECKING:
    from ..requests.operation import Call
    from ..service.unity import Securable

BASE = "/api/2.1/unity-catalog"
KINDS = frozenset({"catalog", "schema", "table"})
LISTED = frozenset({"principal", "max_results", "page_token"})


def _securable(call: Call) -> Securable:
    kind = call.path["kind"].lower()
    if kind not in KINDS:
        raise malformed(f"{kind} is not a valid securable type.")
    return call.workspace.unity.find(kind, call.path["name"])


def read(call: Call) -> dict[str, Any]:
    """Return what is granted on a securable itself, to its owner."""
    found = _securable(call)
    call.workspace.unity.require(call.principal, "MANAGE", found)
    return found.grants_json(call.first("principal"))


def update(call: Call) -> dict[str, Any]:
    """Grant and revoke."""
    found = _securable(call)
    for each in call.body["changes"]:
        if not isinstance(each, dict):
            raise malformed("Could not parse field changes: it has the wrong type.")
        check_fields(each, {"principal", "add", "remove"}, "field")
    call.workspace.unity.require(call.principal, "MANAGE", found)
    call.workspace.unity.change(found, call.body["changes"])
    return {} if call.body.get("omit_permissions_in_response") else found.grants_json(None)


def effective(call: Call) -> dict[str, Any]:
    """Return what is granted on a securable and on what it lies in.

    Anybody may ask for oneself, and gets what is granted to one's groups too.
    """
    found = _securable(call)
    wanted = call.first("principal")
    if wanted == call.principal.name:
        meant = call.principal.names
    else:
        call.workspace.unity.require(call.principal, "MANAGE", found)
        meant = call.workspace.credentials.principals if wanted is None else frozenset({wanted})
    privileges: dict[str, list[dict[str, str]]] = {}
    for each in call.workspace.unity.lineage(found):
        for principal, held in each.grants.items():
            if principal in meant:
                entries = privileges.setdefault(principal, [])
                entries += [_entry(one, each, found) for one in sorted(held)]
    return {
        "privilege_assignments": [
            {"principal": principal, "privileges": entries}
            for principal, entries in privileges.items()
            if entries
        ]
    }


def _entry(privilege: str, on: Securable, asked: Securable) -> dict[str, str]:
    entry = {"privilege": privilege}
    if on is not asked:
        entry |= {"inherited_from_type": on.kind.upper(), "inherited_from_name": on.name}
    return entry


GRANTS = (
    Operation("GET", f"{BASE}/permissions/{{kind}}/{{name}}", read, query=LISTED),
    Operation(
        "PATCH",
        f"{BASE}/permissions/{{kind}}/{{name}}",
        update,
        needs={"changes": LIST},
        body={"omit_permissions_in_response": FLAG},
    ),
    Operation("GET", f"{BASE}/effective-permissions/{{kind}}/{{name}}", effective, query=LISTED),
)

"""The sandbox's own routes, by which a test controls it; the service has none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..refusal import malformed
from ..requests.operation import FLAG, NUMBER, TEXT, WHOLE, Operation

if TYPE_CHECKING:
    from ..requests.operation import Call

BASE = "/__sandbox"


def status(call: Call) -> dict[str, Any]:
    """Return the address, which tells that it serves."""
    return {"url": call.workspace.url}


def fault(call: Call) -> dict[str, Any]:
    """Switch a fault on."""
    call.workspace.faults.add(call.body)
    return {}


def clear(call: Call) -> dict[str, Any]:
    """Switch all faults off, and forget requests and violations."""
    call.workspace.faults.clear()
    call.workspace.visits.clear()
    return {}


def requests(call: Call) -> dict[str, Any]:
    """List the requests."""
    return {"requests": call.workspace.visits.requests}


def callers(call: Call) -> dict[str, Any]:
    """List whose credentials came with each request."""
    return {"callers": call.workspace.visits.callers}


def violations(call: Call) -> dict[str, Any]:
    """List the requests that broke the rules."""
    return {"violations": call.workspace.visits.violations}


def latency(call: Call) -> dict[str, Any]:
    """Set how long each answer takes at least."""
    call.workspace.latency = call.body["milliseconds"] / 1000
    return {}


def clock(call: Call) -> dict[str, Any]:
    """Put the clock forward."""
    call.workspace.clock.advance(call.body["advance"])
    return {}


def state(call: Call) -> dict[str, Any]:
    """Put an endpoint or an index into a state; an empty one gives it back to the clock."""
    thing: Any
    if name := call.body.get("endpoint"):
        thing = call.workspace.endpoints.find(name)
    elif name := call.body.get("index"):
        thing = call.workspace.indexes.find(name)
    else:
        raise malformed("name an endpoint or an index")
    thing.state = call.body["state"] or None
    thing.message = call.body.get("message", "")
    return {}


def token(call: Call) -> dict[str, Any]:
    """Make a token for the administrator or for the user."""
    credentials = call.workspace.credentials
    users = {"admin": credentials.admin.name, "user": credentials.user.name}
    made = credentials.issue(
        users.get(call.body["user"], call.body["user"]),
        lifetime=call.body.get("lifetime"),
        is_on_behalf=call.body.get("is_on_behalf", False),
    )
    return {"token": made}


def revoke(call: Call) -> dict[str, Any]:
    """Make a token worthless."""
    call.workspace.credentials.revoke(call.body["token"])
    return {}


FAULT = {
    "kind": TEXT,
    "skip": WHOLE,
    "times": WHOLE,
    "after": FLAG,
    "status": WHOLE,
    "error_code": TEXT,
    "message": TEXT,
    "retry_after": WHOLE,
    "seconds": NUMBER,
    "rows": WHOLE,
    "body": TEXT,
}
STATE = {"endpoint": TEXT, "index": TEXT, "message": TEXT}
TOKEN = {"lifetime": NUMBER, "is_on_behalf": FLAG}
CONTROL = tuple(
    Operation(method, f"{BASE}/{path}", run, needs, body, is_open=True)
    for method, path, run, needs, body in (
        ("GET", "status", status, {}, {}),
        ("POST", "fault", fault, {"pattern": TEXT}, FAULT),
        ("POST", "clear", clear, {}, {}),
        ("GET", "requests", requests, {}, {}),
        ("GET", "callers", callers, {}, {}),
        ("GET", "violations", violations, {}, {}),
        ("POST", "latency", latency, {"milliseconds": NUMBER}, {}),
        ("POST", "clock", clock, {"advance": NUMBER}, {}),
        ("POST", "state", state, {"state": TEXT}, STATE),
        ("POST", "token", token, {"user": TEXT}, TOKEN),
        ("POST", "revoke", revoke, {"token": TEXT}, {}),
    )
)

"""Checks of the login, endpoints and indexes of a profile, by one request for each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ....model.backend.check import Check, CheckStatus
from ....model.errors import MemctlError
from ....workspace.login import Outcome
from ..indexes.schema import read_vector
from ..indexes.spec import differences, wanted_index
from ..indexes.states import (
    DEGRADED,
    FAILED,
    FORBIDDEN,
    NOT_FOUND,
    ORPHANED,
    PROVISIONING,
    READY,
    STOPPED,
    UNAUTHENTICATED,
    UNREACHABLE,
    endpoint_state,
    index_state_of,
    state_of_error,
)
from ..naming import endpoint_for, own_indexes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ....model.memory_type import MemoryType
    from ....workspace.login import Attempt
    from ..indexes.service import VectorSearch

OK, WARNING, PROBLEM = CheckStatus.OK, CheckStatus.WARNING, CheckStatus.PROBLEM

_ADVICE: Final = {
    PROVISIONING: "wait some minutes, then run `memctl verify` again",
    DEGRADED: "it still answers; look at it in the workspace",
    STOPPED: "start its endpoint in the workspace",
    FAILED: "look at it in the workspace, or ask its administrator",
    ORPHANED: "its endpoint was deleted: make it again with `memctl index empty --recreate`",
    NOT_FOUND: "run `memctl setup databricks` to make it again",
    FORBIDDEN: "ask its owner for USE CATALOG, USE SCHEMA and SELECT, or log in as somebody else",
    UNAUTHENTICATED: "keep a new token with `memctl config secret set`",
    UNREACHABLE: "try again later",
}
_ANOTHER: Final = "an index never changes: make another one with `memctl setup databricks --suffix`"


def check_workspace(service: VectorSearch, settings: Mapping[str, Any]) -> list[Check]:
    """Check the login, then each endpoint and each index.

    Raises:
        MemctlError: when nobody can log in.
    """
    workspace = service.workspace
    checks = [
        Check("reachable", OK, workspace.host, "a workspace"),
        Check("login", OK, f"{workspace.user}, by {workspace.method}", "a method that works"),
        *(_check_attempt(each) for each in workspace.attempts),
    ]
    own = own_indexes(settings)
    named = dict.fromkeys(filter(None, (endpoint_for(settings, each) for each in own)))
    checks += [_check_endpoint(service, each) for each in named]
    for each in own:
        checks += _check_index(service, settings, each)
    return checks


def _check_attempt(attempt: Attempt) -> Check:
    """Return the check of a login method; one that was given but rejected is a warning."""
    is_odd = attempt.outcome is Outcome.REJECTED
    return Check(
        f"login by {attempt.method}",
        WARNING if is_odd else OK,
        attempt.told,
        "used, or not needed",
        "give a new secret, or delete it with `memctl config secret delete`" if is_odd else None,
    )


def _check_endpoint(service: VectorSearch, name: str) -> Check:
    try:
        state = endpoint_state(service.endpoint(name))
    except MemctlError as exc:
        return _check_failure("endpoint", exc, name)
    return _check_state("endpoint", state, name)


def _check_index(
    service: VectorSearch, settings: Mapping[str, Any], memory_type: MemoryType
) -> Iterator[Check]:
    name, what = own_indexes(settings)[memory_type], f"index {memory_type}"
    try:
        described = service.describe(name)
    except MemctlError as exc:
        yield _check_failure(what, exc, name)
        return
    yield _check_state(what, index_state_of(service, described), name)
    try:
        wrong = {
            each.name: each for each in differences(wanted_index(settings, memory_type), described)
        }
    except MemctlError as exc:
        yield Check("columns", PROBLEM, exc.message, "a schema", exc.hint, name)
        return
    found = {
        "endpoint": described.get("endpoint_name"),
        "primary key": described.get("primary_key"),
        "dimension": read_vector(described)[1],
    }
    for part, value in found.items():
        differs = wrong.pop(part, None)
        if differs:
            yield Check(part, PROBLEM, str(value), differs.expected, _ANOTHER, name)
        else:
            yield Check(part, OK, str(value), str(value), None, name)
    for each in wrong.values():
        status = WARNING if each.found == "missing" else PROBLEM
        yield Check(each.name, status, each.found, each.expected, _ANOTHER, name)
    if not wrong:
        yield Check("columns", OK, "as memctl makes them", "as memctl makes them", None, name)
    counted = (described.get("status") or {}).get("indexed_row_count")
    yield Check("rows", OK, f"{counted or 0}, by the index's own count", "any", None, name)
    yield Check(
        "metric", OK, "l2, which ranks like cosine for vectors of length 1 only", "l2", None, name
    )


def _check_state(what: str, state: str, name: str) -> Check:
    """Return the check of a state; an unknown one is a warning, as the service spells it."""
    status = PROBLEM
    if state == READY:
        status = OK
    elif state == DEGRADED or state not in _ADVICE:
        status = WARNING
    advice = _ADVICE.get(state, "look at it in the workspace") if status is not OK else None
    return Check(what, status, state, READY, advice, name)


def _check_failure(what: str, error: MemctlError, name: str) -> Check:
    state = state_of_error(error)
    check = _check_state(what, state or "unreadable", name)
    return replace(check, status=PROBLEM, hint=f"{error.message}; {_ADVICE.get(state or '', '')}")

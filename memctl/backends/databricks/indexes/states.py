"""The states of endpoints and indexes, read from the service's own words and from errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ....model.errors import (
    CredentialError,
    CredentialRejected,
    MemctlError,
    NotPermitted,
    StoreNotFound,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .service import VectorSearch

READY: Final = "ready"
PROVISIONING: Final = "provisioning"
DEGRADED: Final = "degraded"
STOPPED: Final = "stopped"
FAILED: Final = "failed"
DELETED: Final = "deleted"
ORPHANED: Final = "orphaned"
NOT_FOUND: Final = "not found"
FORBIDDEN: Final = "forbidden"
UNAUTHENTICATED: Final = "unauthenticated"
UNREACHABLE: Final = "unreachable"

SERVING: Final = frozenset({READY, DEGRADED})
"""Rows can be read and written."""
HOPELESS: Final = frozenset({FAILED, DELETED, ORPHANED})
"""Waiting does not help."""

_ENDPOINT_STATES: Final = {
    "ONLINE": READY,
    "PROVISIONING": PROVISIONING,
    "STARTING": PROVISIONING,
    "YELLOW_STATE": DEGRADED,
    "RED_STATE": FAILED,
    "OFFLINE": STOPPED,
    "STOPPING": STOPPED,
    "STOPPED": STOPPED,
    "DELETED": DELETED,
}


def endpoint_state(described: Mapping[str, Any]) -> str:
    """Name the state of an endpoint; one that nobody has heard of as the service spells it."""
    said = str((described.get("endpoint_status") or {}).get("state") or "")
    return _ENDPOINT_STATES.get(said, said or "unknown")


def index_state(described: Mapping[str, Any]) -> str:
    """Name the state of an index by the official client's rule: what contains ONLINE is ready."""
    status = described.get("status") or {}
    said = str(status.get("detailed_state") or "")
    if "ONLINE" in said or (not said and status.get("ready")):
        return READY
    if "PROVISIONING" in said or (not said and status.get("ready") is False):
        return PROVISIONING
    if "FAILED" in said:
        return FAILED
    return STOPPED if "OFFLINE" in said else said or "unknown"


def index_state_of(service: VectorSearch, described: Mapping[str, Any]) -> str:
    """Name the state of an index; one whose endpoint is gone, or is another one now, is orphaned.

    The endpoint was asked for already.
    """
    try:
        endpoint = service.endpoint(str(described.get("endpoint_name")))
    except StoreNotFound:
        return ORPHANED
    except MemctlError:
        return index_state(described)
    bound, there = described.get("endpoint_id"), endpoint.get("id")
    return ORPHANED if bound and there and bound != there else index_state(described)


def state_of_error(error: MemctlError) -> str | None:
    """Name the state that an error stands for; `None` for one that stands for no state."""
    kinds = (
        (StoreNotFound, NOT_FOUND),
        (CredentialRejected, UNAUTHENTICATED),
        (NotPermitted, FORBIDDEN),
        (CredentialError, UNAUTHENTICATED),
        (Unreachable, UNREACHABLE),
    )
    return next((state for kind, state in kinds if isinstance(error, kind)), None)

"""Requests that make, read and delete single endpoints and indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ....model.errors import RequestRefused, StoreNotFound
from ..indexes.service import endpoint_path, index_path
from ..indexes.states import NOT_FOUND
from ..resource_errors import QuotaExceeded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ....model.errors import MemctlError
    from ..indexes.service import VectorSearch
    from .waiter import Waiter

CONFLICT: Final = 409
TAKEN: Final = frozenset({"RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS", "RESOURCE_CONFLICT"})
PENDING: Final = "pending deletion"
"""The service has no code for it: the name of a deleted index is free again after minutes."""


def find_endpoint(service: VectorSearch, name: str) -> dict[str, Any] | None:
    """Return what the service says of an endpoint now, or `None` where there is none."""
    try:
        return service.endpoint(name, fresh=True)
    except StoreNotFound:
        return None


def find_index(service: VectorSearch, name: str) -> dict[str, Any] | None:
    """Return what the service says of an index now, or `None` where there is none."""
    try:
        return service.describe(name, fresh=True)
    except StoreNotFound:
        return None


def create_endpoint(service: VectorSearch, name: str, endpoint_type: str, waiter: Waiter) -> None:
    """Make an endpoint; one that is there is as good. It may take a while until it is seen."""
    body = {"name": name, "endpoint_type": endpoint_type}
    try:
        service.request("POST", "/endpoints", body, what=f"endpoint `{name}`", is_safe=True)
    except RequestRefused as exc:
        if not is_taken(exc):
            raise _quota(exc) from exc
    waiter.until_none_is_left(lambda: {} if find_endpoint(service, name) else {name: NOT_FOUND})


def create_index(service: VectorSearch, name: str, spec: Mapping[str, Any], waiter: Waiter) -> None:
    """Make an index; one that is there is as good. Its name may have to become free first.

    Args:
        service: that makes it.
        name: its full name.
        spec: the rest of the request.
        waiter: bounds the wait for the name.
    """

    def blocked() -> dict[str, str]:
        try:
            service.request(
                "POST",
                "/indexes",
                {"name": name, **spec},
                what=f"index `{name}`",
                is_safe=True,
            )
        except RequestRefused as exc:
            if PENDING in exc.detail.lower():
                return {name: PENDING}
            if not is_taken(exc):
                raise _quota(exc) from exc
        except StoreNotFound:
            # Right after an endpoint was made, not every server of the service knows it.
            if find_endpoint(service, str(spec["endpoint_name"])) is None:
                raise
            return {name: "waiting for its endpoint"}
        return {}

    waiter.until_none_is_left(blocked)
    waiter.until_none_is_left(lambda: {} if find_index(service, name) else {name: NOT_FOUND})
    service.forget(name)


def delete_endpoint(service: VectorSearch, name: str, waiter: Waiter) -> None:
    """Delete an endpoint and wait until it is gone; one that is gone is fine."""
    _delete(service, endpoint_path(name), f"endpoint `{name}`")
    waiter.until_none_is_left(
        lambda: {name: "being deleted"} if find_endpoint(service, name) else {}
    )


def delete_index(service: VectorSearch, name: str, waiter: Waiter) -> None:
    """Delete an index and wait until it is gone; one that is gone is fine."""
    _delete(service, index_path(name), f"index `{name}`")
    service.forget(name)
    waiter.until_none_is_left(lambda: {name: "being deleted"} if find_index(service, name) else {})


def _delete(service: VectorSearch, path: str, what: str) -> None:
    try:
        service.request("DELETE", path, what=what)
    except StoreNotFound:
        return
    except RequestRefused as exc:
        if PENDING not in exc.detail.lower():
            raise


def count_rows(service: VectorSearch, name: str) -> int:
    """Count the rows of an index as the service does, and look whether there is one at all.

    The service's own count may lag behind.
    """
    described = find_index(service, name)
    if described is None:
        return 0
    status = described.get("status") or {}
    counted = int(status.get("indexed_row_count") or 0)
    if counted or not (status.get("ready") or "ONLINE" in str(status.get("detailed_state"))):
        return counted
    scanned = service.request(
        "POST", f"{index_path(name)}/scan", {"num_results": 1}, what=f"index `{name}`", is_safe=True
    )
    return len(scanned.get("data") or [])


def spec_of(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of the request that would make an index as it is described."""
    kept = ("endpoint_name", "primary_key", "index_type", "index_subtype")
    spec = {key: described[key] for key in kept if described.get(key)}
    for key in ("direct_access_index_spec", "delta_sync_index_spec"):
        if described.get(key):
            spec[key] = described[key]
    return spec


def is_taken(error: RequestRefused) -> bool:
    """Return whether a request was refused because its name is taken."""
    if PENDING in error.detail.lower():
        return False
    is_said = "already exists" in error.detail.lower()
    return error.status == CONFLICT or error.reason in TAKEN or is_said


def _quota(error: RequestRefused) -> MemctlError:
    if "QUOTA" not in error.reason and "maximum number" not in error.detail.lower():
        return error
    return QuotaExceeded(
        error.message,
        hint="name another endpoint, or delete what nobody needs: `memctl index list` shows it",
    )

"""Endpoints and indexes of a workspace, made, read and deleted one by one; plans nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ...model.errors import ConfigurationError, RequestRefused, StoreNotFound
from .states import NOT_FOUND
from .workspace import API

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...model.errors import MemctlError
    from .wait import Waiter
    from .workspace import Workspace

CONFLICT: Final = 409
TAKEN: Final = frozenset({"RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS", "RESOURCE_CONFLICT"})
PENDING: Final = "pending deletion"
"""The service has no code for it: the name of a deleted index is free again after minutes."""


class QuotaExceeded(ConfigurationError):
    """The workspace or an endpoint holds as many as it may."""

    code = "quota_exceeded"


def endpoint_path(name: str) -> str:
    """Give the path of an endpoint."""
    return f"{API}/endpoints/{quote(name, safe='')}"


def index_path(name: str) -> str:
    """Give the path of an index; the one through its endpoint refuses tokens of other users."""
    return f"{API}/indexes/{quote(name, safe='')}"


def find_endpoint(workspace: Workspace, name: str) -> dict[str, Any] | None:
    """Describe an endpoint as it is now, or give `None`."""
    try:
        return workspace.endpoint(name, fresh=True)
    except StoreNotFound:
        return None


def find_index(workspace: Workspace, name: str) -> dict[str, Any] | None:
    """Describe an index as it is now, or give `None`."""
    try:
        return workspace.describe(name, fresh=True)
    except StoreNotFound:
        return None


def create_endpoint(workspace: Workspace, name: str, endpoint_type: str, waiter: Waiter) -> None:
    """Make an endpoint; one that is there is as good. It may take a while until it is seen."""
    body = {"name": name, "endpoint_type": endpoint_type}
    try:
        workspace.request("POST", f"{API}/endpoints", body, what=f"endpoint `{name}`", is_safe=True)
    except RequestRefused as exc:
        if not is_taken(exc):
            raise _quota(exc) from exc
    waiter.until_none_is_left(lambda: {} if find_endpoint(workspace, name) else {name: NOT_FOUND})


def create_index(workspace: Workspace, name: str, spec: Mapping[str, Any], waiter: Waiter) -> None:
    """Make an index; one that is there is as good. Its name may have to become free first.

    Args:
        workspace: where.
        name: its full name.
        spec: the rest of the request.
        waiter: bounds the wait for the name.
    """

    def blocked() -> dict[str, str]:
        try:
            workspace.request(
                "POST",
                f"{API}/indexes",
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
            if find_endpoint(workspace, str(spec["endpoint_name"])) is None:
                raise
            return {name: "waiting for its endpoint"}
        return {}

    waiter.until_none_is_left(blocked)
    waiter.until_none_is_left(lambda: {} if find_index(workspace, name) else {name: NOT_FOUND})
    workspace.forget(name)


def delete_endpoint(workspace: Workspace, name: str, waiter: Waiter) -> None:
    """Delete an endpoint and wait until it is gone; one that is gone is fine."""
    _delete(workspace, endpoint_path(name), f"endpoint `{name}`")
    waiter.until_none_is_left(
        lambda: {name: "being deleted"} if find_endpoint(workspace, name) else {}
    )


def delete_index(workspace: Workspace, name: str, waiter: Waiter) -> None:
    """Delete an index and wait until it is gone; one that is gone is fine."""
    _delete(workspace, index_path(name), f"index `{name}`")
    workspace.forget(name)
    waiter.until_none_is_left(
        lambda: {name: "being deleted"} if find_index(workspace, name) else {}
    )


def _delete(workspace: Workspace, path: str, what: str) -> None:
    try:
        workspace.request("DELETE", path, what=what)
    except StoreNotFound:
        return
    except RequestRefused as exc:
        if PENDING not in exc.detail.lower():
            raise


def indexes_on(workspace: Workspace, endpoint: str) -> list[dict[str, Any]]:
    """List the indexes of an endpoint, page by page; a list says neither state nor rows."""
    return list(_pages(workspace, endpoint))


def _pages(workspace: Workspace, endpoint: str) -> Iterator[dict[str, Any]]:
    query = {"endpoint_name": endpoint}
    while True:
        page = workspace.request(
            "GET", f"{API}/indexes", query=query, what=f"the indexes of endpoint `{endpoint}`"
        )
        yield from page.get("vector_indexes") or []
        token = page.get("next_page_token")
        if not token:
            return
        query = {"endpoint_name": endpoint, "page_token": token}


def count_rows(workspace: Workspace, name: str) -> int:
    """Count the rows of an index as the service does, and look whether there is one at all.

    The service's own count may lag behind.
    """
    described = find_index(workspace, name)
    if described is None:
        return 0
    status = described.get("status") or {}
    counted = int(status.get("indexed_row_count") or 0)
    if counted or not (status.get("ready") or "ONLINE" in str(status.get("detailed_state"))):
        return counted
    scanned = workspace.request(
        "POST", f"{index_path(name)}/scan", {"num_results": 1}, what=f"index `{name}`", is_safe=True
    )
    return len(scanned.get("data") or [])


def spec_of(described: Mapping[str, Any]) -> dict[str, Any]:
    """Give the request that would make an index as it is described: all of it is immutable."""
    kept = ("endpoint_name", "primary_key", "index_type", "index_subtype")
    spec = {key: described[key] for key in kept if described.get(key)}
    for key in ("direct_access_index_spec", "delta_sync_index_spec"):
        if described.get(key):
            spec[key] = described[key]
    return spec


def is_taken(error: RequestRefused) -> bool:
    """Say whether a request was refused because its name is taken."""
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

"""The Vector Search service of one workspace: its endpoints and indexes, as it describes them."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ....workspace.connection import Workspace

_API: Final = "/api/2.0/vector-search"


class VectorSearch:
    """The endpoints and indexes of a workspace; each is asked about once, unless asked anew.

    Args:
        workspace: that they are in.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._looking = Lock()
        self._described: dict[str, dict[str, Any]] = {}

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        *,
        what: str,
        is_safe: bool | None = None,
    ) -> dict[str, Any]:
        """Send a request to a path of the service, such as ``/indexes``, as `Workspace` does.

        Raises:
            MemctlError: as `Workspace.request` does.
        """
        return self.workspace.request(
            method, f"{_API}{path}", body, query, what=what, is_safe=is_safe
        )

    def describe(self, index_name: str, *, fresh: bool = False) -> dict[str, Any]:
        """Return what the service says of an index; asked once per connection unless ``fresh``.

        Raises:
            StoreNotFound: when there is no such index.
            MemctlError: as `request` does.
        """
        return self._look(index_path(index_name), f"index `{index_name}`", fresh=fresh)

    def endpoint(self, name: str, *, fresh: bool = False) -> dict[str, Any]:
        """Return what the service says of an endpoint; asked once per connection unless ``fresh``.

        Raises:
            StoreNotFound: when there is no such endpoint.
            MemctlError: as `request` does.
        """
        return self._look(endpoint_path(name), f"endpoint `{name}`", fresh=fresh)

    def _look(self, path: str, what: str, *, fresh: bool) -> dict[str, Any]:
        with self._looking:
            if fresh:
                self._described.pop(path, None)  # gone, too, if the service no longer has it
            if path not in self._described:
                self._described[path] = self.request("GET", path, what=what)
            return self._described[path]

    def forget(self, index_name: str) -> None:
        """Describe an index anew next time: it was made, changed or deleted."""
        self._described.pop(index_path(index_name), None)

    def indexes_on(self, endpoint: str) -> list[dict[str, Any]]:
        """List the indexes of an endpoint, page by page; a list says neither state nor rows."""
        query: dict[str, str] | None = {"endpoint_name": endpoint}
        found: list[dict[str, Any]] = []
        while query is not None:
            page = self.request(
                "GET", "/indexes", query=query, what=f"the indexes of endpoint `{endpoint}`"
            )
            found += page.get("vector_indexes") or []
            token = page.get("next_page_token")
            query = {"endpoint_name": endpoint, "page_token": token} if token else None
        return found

    def rows_url(self, index_name: str) -> str:
        """Return the address of an index's rows in the workspace itself."""
        return f"{self.workspace.host}{_API}{index_path(index_name)}"


def endpoint_path(name: str) -> str:
    """Return the path of an endpoint."""
    return f"/endpoints/{quote(name, safe='')}"


def index_path(name: str) -> str:
    """Return the path of an index; the one through its endpoint refuses tokens of other users."""
    return f"/indexes/{quote(name, safe='')}"

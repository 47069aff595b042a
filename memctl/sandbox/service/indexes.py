"""The indexes of the workspace: how they are made and deleted, and their state."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..refusal import Refusal, exists, invalid
from .eventual import EventualStore
from .index import Index, parse_spec

if TYPE_CHECKING:
    from ..options import Options
    from .clock import Clock
    from .credentials import Principal
    from .endpoints import Endpoint, Endpoints

PART = re.compile(r"[A-Za-z0-9_]+")
LONGEST_NAME = 128
MOST_PER_ENDPOINT = 50
INVALID_NAME = (
    "Invalid index name. Must specify the full index name <catalog>.<schema>.<table>. "
    "Only alphanumerics and underscores are allowed."
)


def check_name(name: str) -> str:
    """Return a full index name in lower case.

    Raises:
        Refusal: when it is none.
    """
    parts = name.split(".")
    if len(parts) != 3 or not all(PART.fullmatch(each) for each in parts):  # noqa: PLR2004 - catalog, schema, table
        raise invalid(INVALID_NAME)
    if len(name) > LONGEST_NAME:
        raise invalid(f"Index name is longer than {LONGEST_NAME} characters.")
    return name.lower()


class Indexes(EventualStore[Index]):
    """The indexes, by full name.

    Args:
        url: where requests that go to an index's own host are answered, without a slash.
    """

    def __init__(self, options: Options, clock: Clock, endpoints: Endpoints, url: str) -> None:
        super().__init__("Vector index", str.lower)
        self._options = options
        self._clock = clock
        self._endpoints = endpoints
        self._url = url
        self._pending: dict[str, float] = {}

    def check_free(self, name: str) -> None:
        """Refuse a name that is taken, or not yet given back.

        Raises:
            Refusal: with status 409, or 400 while it is being deleted.
        """
        if name in self:
            raise exists(f"Vector index {name} already exists")
        if self._clock.now() < self._pending.get(name, 0):
            message = (
                f"Index {name} is currently pending deletion. Operations on the index are not "
                "permitted while the index is being deleted."
            )
            raise invalid(message)

    def check_room(self, endpoint: Endpoint) -> None:
        """Refuse one index too many on an endpoint.

        Raises:
            Refusal: with the code ``QUOTA_EXCEEDED``.
        """
        if self.count(endpoint) >= MOST_PER_ENDPOINT:
            message = (
                f"Maximum number of indexes per endpoint exceeded for endpoint {endpoint.name}. "
                f"The limit is {MOST_PER_ENDPOINT}."
            )
            raise Refusal(400, "QUOTA_EXCEEDED", message)
        state = endpoint.state_at(self._clock.now())
        if state == "PROVISIONING" and not self._options.indexes_while_provisioning:
            raise Refusal(400, "INVALID_STATE", f"Endpoint {endpoint.name} is not ready.")

    def create(
        self, name: str, endpoint: Endpoint, by: Principal, body: dict[str, Any], *, is_stale: bool
    ) -> Index:
        """Start making an index.

        Raises:
            Refusal: when its spec fits no index on that endpoint.
        """
        if body["index_type"] != "DIRECT_ACCESS":
            raise invalid("The sandbox has direct access indexes only.")
        is_optimized = endpoint.type == "STORAGE_OPTIMIZED"
        if is_optimized and not self._options.storage_optimized_direct_access:
            raise invalid("Direct access indexes are not supported on this endpoint type.")
        subtype = body.get("index_subtype") or "HYBRID"
        if subtype not in {"HYBRID", "FULL_TEXT"}:
            raise invalid(f"Index subtype {subtype} is not supported.")
        given = body.get("direct_access_index_spec") or {}
        spec = parse_spec(body["primary_key"], subtype, given, by_16=is_optimized)
        ready_at = max(self._clock.now(), endpoint.ready_at) + self._options.provision_seconds
        made = Index(name, endpoint.name, endpoint.id, by.name, ready_at, spec)
        self.put(name, made, is_stale=is_stale)
        return made

    def remove(self, name: str, *, is_stale: bool = False) -> None:
        """Delete an index; its name stays taken for a while."""
        super().remove(name, is_stale=is_stale)
        self._pending[name] = self._clock.now() + self._options.deletion_seconds

    def on(self, endpoint_name: str) -> list[Index]:
        """List the indexes of an endpoint, orphans of one of that name too, by name."""
        found = [each for each in self if each.endpoint_name == endpoint_name]
        return sorted(found, key=lambda each: each.name)

    def count(self, endpoint: Endpoint) -> int:
        """Count the indexes that are bound to an endpoint."""
        return sum(each.endpoint_id == endpoint.id for each in self)

    def endpoint_of(self, index: Index) -> Endpoint | None:
        """Return the endpoint that an index is bound to; `None` if it is gone."""
        found = self._endpoints.get(index.endpoint_name)
        return found if found is not None and found.id == index.endpoint_id else None

    def state(self, index: Index) -> str:
        """Return an index's ``detailed_state``."""
        if index.state is not None:
            return index.state
        endpoint, now = self.endpoint_of(index), self._clock.now()
        if endpoint is None:
            return "OFFLINE"
        if not endpoint.serves(now):
            is_coming = endpoint.state_at(now) == "PROVISIONING"
            return "PROVISIONING_ENDPOINT" if is_coming else "OFFLINE"
        return "ONLINE_DIRECT_ACCESS" if now >= index.ready_at else "PROVISIONING"

    def is_ready(self, index: Index) -> bool:
        """Return whether its rows can be read and written."""
        return "ONLINE" in self.state(index)

    def as_json(self, index: Index, *, state: str | None = None) -> dict[str, Any]:
        """Write an index as the service does; ``state`` is shown instead of its own."""
        state = state or self.state(index)
        path = f"/api/2.0/vector-search/endpoints/{index.endpoint_name}/indexes/{index.name}"
        status = {
            "ready": "ONLINE" in state,
            "detailed_state": state,
            "message": index.message or _message(index, state),
            "indexed_row_count": str(len(index.rows)),
            "index_url": self._url + path,
        }
        return index.as_json(status)


def _message(index: Index, state: str) -> str:
    if "ONLINE" in state:
        return f"Index creation succeeded. Index {index.name} is ready."
    if "PROVISIONING" in state:
        return f"Index {index.name} is being provisioned."
    return f"Index {index.name} is offline: its endpoint {index.endpoint_name} does not serve it."

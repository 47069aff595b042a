"""Vector search endpoints: how they come up, and who may use them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..refusal import Refusal, denied, exists, invalid, not_found
from .eventual import EventualStore

if TYPE_CHECKING:
    from ..options import Options
    from .clock import Clock
    from .credentials import Principal

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,47}[A-Za-z0-9])?")
LEVELS = ("CAN_USE", "CAN_MANAGE")
"""Each holds those before it."""
MOST_ENDPOINTS = 100


@dataclass(slots=True)
class Endpoint:
    """One endpoint.

    Attributes:
        ready_at: the clock's second from which on it is online.
        state: a state that it was put into; `None`: what the time gives.
        levels: principal -> the level that was given to it.
    """

    name: str
    type: str
    creator: str
    created_ms: int
    ready_at: float
    id: str = field(default_factory=lambda: str(uuid4()))
    state: str | None = None
    message: str = ""
    levels: dict[str, str] = field(default_factory=dict)

    def state_at(self, now: float) -> str:
        """Return the state at a time."""
        if self.state is not None:
            return self.state
        return "ONLINE" if now >= self.ready_at else "PROVISIONING"

    def serves(self, now: float) -> bool:
        """Return whether indexes on it can be read and written."""
        return self.state_at(now) in {"ONLINE", "YELLOW_STATE"}

    def as_json(self, state: str, num_indexes: int) -> dict[str, Any]:
        """Write it as the service does."""
        return {
            "name": self.name,
            "id": self.id,
            "creator": self.creator,
            "creation_timestamp": self.created_ms,
            "last_updated_timestamp": self.created_ms,
            "last_updated_user": self.creator,
            "endpoint_type": self.type,
            "endpoint_status": {"state": state, "message": self.message},
            "num_indexes": num_indexes,
        }

    def levels_json(self) -> dict[str, Any]:
        """Write who may do what with it, as the service does."""
        own = [(name, level, False) for name, level in self.levels.items()]
        entries = [*own, ("admins", "CAN_MANAGE", True)]
        return {
            "object_id": f"/vector-search-endpoints/{self.id}",
            "object_type": "vector-search-endpoints",
            "access_control_list": [_entry(*each) for each in entries],
        }


def _entry(name: str, level: str, is_inherited: bool) -> dict[str, Any]:
    permission: dict[str, Any] = {"permission_level": level, "inherited": is_inherited}
    if is_inherited:
        permission["inherited_from_object"] = ["/vector-search-endpoints/"]
    return {_principal_key(name): name, "display_name": name, "all_permissions": [permission]}


def _principal_key(name: str) -> str:
    if "@" in name:
        return "user_name"
    is_id = re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", name)
    return "service_principal_name" if is_id else "group_name"


class Endpoints(EventualStore[Endpoint]):
    """The endpoints of the workspace, by name."""

    def __init__(self, options: Options, clock: Clock) -> None:
        super().__init__("Vector search endpoint")
        self._options = options
        self._clock = clock

    def create(self, name: str, endpoint_type: str, by: Principal, *, is_stale: bool) -> Endpoint:
        """Start making an endpoint.

        Raises:
            Refusal: when the name is none, or taken, or there are too many.
        """
        if not NAME.fullmatch(name):
            raise invalid(f"Invalid endpoint name {name}.")
        if endpoint_type not in {"STANDARD", "STORAGE_OPTIMIZED"}:
            raise invalid(f"Invalid endpoint type {endpoint_type}.")
        if name in self:
            raise exists(f"Vector search endpoint with name {name} already exists")
        if len(self) >= MOST_ENDPOINTS:
            raise Refusal(400, "QUOTA_EXCEEDED", "Maximum number of endpoints exceeded.")
        ready_at = self._clock.now() + self._options.provision_seconds
        made = Endpoint(name, endpoint_type, by.name, self._clock.milliseconds(), ready_at)
        made.levels[by.name] = "CAN_MANAGE"
        self.put(name, made, is_stale=is_stale)
        return made

    def by_id(self, endpoint_id: str) -> Endpoint:
        """Return an endpoint by its UUID.

        Raises:
            Refusal: when there is none.
        """
        for each in self:
            if each.id == endpoint_id:
                return each
        raise not_found(f"Vector search endpoint {endpoint_id} not found")


def require(principal: Principal, level: str, endpoint: Endpoint) -> None:
    """Refuse whoever has neither a level on an endpoint nor a higher one.

    Raises:
        Refusal: with status 403.
    """
    enough = LEVELS[LEVELS.index(level) :]
    held = {endpoint.levels.get(name) for name in principal.names}
    if not (principal.is_admin or held & {*enough}):
        raise denied(f"User {principal.name} does not have {level} on endpoint {endpoint.name}.")

"""A client for a running sandbox's own routes: faults, clock, tokens and what was requested."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

CREDENTIALS: Final = (
    "token",
    "user_token",
    "obo_token",
    "client_id",
    "client_secret",
    "password",
    "identity_token",
)
"""The attributes of a `Remote` that somebody logs in with."""
TIMEOUT: Final = 20
"""Seconds; for one that is starting, and for one that is busy."""


class Remote:
    """A sandbox that can be told what to do, wherever it runs.

    Attributes:
        url: of the workspace, without a slash at its end.
        token: the administrator's.
        user_token: of a user without any right; `obo_token`: one that an app holds for them.
        client_id: of the service principal, an administrator; `client_secret`: its secret;
            `identity_token`: what its own machine vouches for it with.
        password: of the user without any right.
    """

    url: str
    token: str
    user_token: str
    obo_token: str
    client_id: str
    client_secret: str
    password: str
    identity_token: str

    def fault(self, pattern: str, kind: str = "status", **details: Any) -> None:
        """Switch a fault on; ``details`` are the fields of `Fault`."""
        self.control("POST", "fault", {"pattern": pattern, "kind": kind, **details})

    def clear(self) -> None:
        """Switch all faults off, and forget requests and violations."""
        self.control("POST", "clear")

    def requests(self) -> list[dict[str, Any]]:
        """List method, path and status of each request since the start, or `clear`."""
        found: list[dict[str, Any]] = self.control("GET", "requests")["requests"]
        return found

    def callers(self) -> list[str | None]:
        """Name whose credentials came with each of these requests; `None` where none did."""
        found: list[str | None] = self.control("GET", "callers")["callers"]
        return found

    def violations(self) -> list[dict[str, Any]]:
        """List method, path and reason of each request that broke the rules of the API."""
        found: list[dict[str, Any]] = self.control("GET", "violations")["violations"]
        return found

    def advance(self, seconds: float) -> None:
        """Put the workspace's clock forward: things come up, tokens expire."""
        self.control("POST", "clock", {"advance": seconds})

    def delay(self, milliseconds: float) -> None:
        """Let each answer take so long, from now on."""
        self.control("POST", "latency", {"milliseconds": milliseconds})

    def put(self, **state: Any) -> None:
        """Put an endpoint or an index into a state: ``endpoint=NAME, state="YELLOW_STATE"``."""
        self.control("POST", "state", state)

    def issue_token(self, user: str, **details: Any) -> str:
        """Make a token for ``admin`` or ``user``: ``lifetime`` in seconds, ``is_on_behalf``."""
        token: str = self.control("POST", "token", {"user": user, **details})["token"]
        return token

    def revoke(self, token: str) -> None:
        """Make a token worthless."""
        self.control("POST", "revoke", {"token": token})

    def control(self, method: str, what: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the sandbox itself, not the workspace."""
        request = Request(  # noqa: S310 - its own address
            f"{self.url}/__sandbox/{what}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=TIMEOUT) as reply:
                found: dict[str, Any] = json.load(reply)
        except HTTPError as exc:
            with exc:
                raise ValueError(json.load(exc)["message"]) from None
        return found

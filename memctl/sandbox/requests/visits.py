"""The record of requests: method, path and status, but no header and no body."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Visits:
    """Every request since the start, or since it was last cleared, as JSON has them.

    Attributes:
        requests: method, path, and the status of the answer; 0 where none was given.
        callers: whose credentials came with each request; `None` where none did.
        violations: method and path of requests that broke the rules of the API, and the reason.
    """

    requests: list[dict[str, Any]] = field(default_factory=list)
    callers: list[str | None] = field(default_factory=list)
    violations: list[dict[str, Any]] = field(default_factory=list)

    def clear(self) -> None:
        """Forget all of it."""
        self.requests.clear()
        self.callers.clear()
        self.violations.clear()

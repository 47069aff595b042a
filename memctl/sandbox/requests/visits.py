"""The record of requests: method, path and status, but no header and no body."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, and the status of its answer; 0 where none was given."""

    method: str
    path: str
    status: int


@dataclass(frozen=True, slots=True)
class Violation:
    """One request that broke the rules of the API, and which."""

    method: str
    path: str
    reason: str


@dataclass(slots=True)
class Visits:
    """Every request since the start, or since it was last cleared.

    Attributes:
        callers: whose credentials came with each request; `None` where none did.
    """

    requests: list[Visit] = field(default_factory=list)
    callers: list[str | None] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    def as_json(self, what: str) -> list[dict[str, Any]]:
        """Return the requests, or the violations, as JSON has them."""
        return [asdict(each) for each in getattr(self, what)]

    def clear(self) -> None:
        """Forget all of it."""
        self.requests.clear()
        self.callers.clear()
        self.violations.clear()

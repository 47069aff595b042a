"""Faults that are switched on per route and counted; `gate` carries them out."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from ..refusal import Refusal, malformed


class Kind(StrEnum):
    """What goes wrong."""

    STATUS = "status"
    """Another answer, with `status`, and ``Retry-After`` if `retry_after` is set."""
    DROP = "drop"
    """The connection is closed without an answer."""
    HANG = "hang"
    """No answer ever comes."""
    SLOW = "slow"
    """The answer comes `seconds` later."""
    MALFORMED = "malformed"
    """The status says 200, and the answer is no JSON."""
    PARTIAL = "partial"
    """The first `rows` rows of a write are refused, with status 200; half of them by default."""
    STALE = "stale"
    """The first read after this write gives what was there before it."""
    ECHO = "echo"
    """Another answer, with `status`, whose message repeats the credentials of the request."""


CODES = {
    400: "INVALID_PARAMETER_VALUE",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    409: "RESOURCE_CONFLICT",
    429: "REQUEST_LIMIT_EXCEEDED",
    501: "NOT_IMPLEMENTED",
    503: "TEMPORARILY_UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""Status -> ``error_code``, where a fault names none."""


@dataclass(slots=True)
class Fault:
    """One fault, and how often it still happens.

    Attributes:
        pattern: ``METHOD /path``; ``*`` stands for anything in both.
        kind: what goes wrong.
        skip: how many requests that match are let through first.
        times: how many requests it then hits; 0: all of them.
        after: whether the request has its effect before it goes wrong.
    """

    pattern: str
    kind: Kind
    skip: int = 0
    times: int = 1
    after: bool = False
    status: int = 503
    error_code: str | None = None
    message: str = "the sandbox was told to fail"
    retry_after: int | None = None
    seconds: float = 1.0
    rows: int | None = None
    body: str = '{"status": "SUCC'
    _met: int = field(default=0, init=False)

    def meets(self, method: str, path: str) -> bool:
        """Return whether it is about this request."""
        wanted, _, pattern = self.pattern.partition(" ")
        return fnmatchcase(method, wanted) and fnmatchcase(path, pattern)

    def strikes(self) -> bool:
        """Count a request that it is about, and say whether it hits that one."""
        self._met += 1
        return self._met > self.skip and (not self.times or self._met <= self.skip + self.times)

    @property
    def is_spent(self) -> bool:
        """Whether it will never happen again."""
        return self.times > 0 and self._met >= self.skip + self.times

    @property
    def has_effect_first(self) -> bool:
        """Whether the request is carried out before it goes wrong."""
        return self.after or self.kind is Kind.MALFORMED

    def refusal(self, credentials: str) -> Refusal:
        """Return the answer instead of the right one to a request with these credentials."""
        code = self.error_code or CODES.get(self.status, "INTERNAL_ERROR")
        is_echo = self.kind is Kind.ECHO
        return Refusal(self.status, code, _repeated(credentials) if is_echo else self.message)

    @property
    def retry_header(self) -> dict[str, str]:
        """The header that says when to try again."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


@dataclass(slots=True)
class Faults:
    """The faults that are switched on; the one switched on first comes first."""

    active: list[Fault] = field(default_factory=list)

    def add(self, order: dict[str, Any]) -> None:
        """Switch a fault on.

        Raises:
            Refusal: when the order is not one.
        """
        pattern = order.get("pattern")
        if not isinstance(pattern, str) or " " not in pattern:
            raise malformed("a fault needs a pattern: METHOD /path")
        try:
            self.active.append(Fault(**{**order, "kind": Kind(order.get("kind", "status"))}))
        except (TypeError, ValueError) as exc:
            raise malformed(str(exc)) from exc

    def clear(self) -> None:
        """Switch all of them off."""
        self.active.clear()

    def strike(self, method: str, path: str) -> Fault | None:
        """Return the fault that hits this request; every fault that is about it is counted."""
        met = [each for each in self.active if each.meets(method, path)]
        hits = [each for each in met if each.strikes()]
        self.active = [each for each in self.active if not each.is_spent]
        return hits[0] if hits else None


def _repeated(credentials: str) -> str:
    """Return credentials as services show them in errors: plain, in a URL, in base64, cut short."""
    encoded = b64encode(f"got {credentials}".encode()).decode()
    cut = credentials[: len(credentials) * 3 // 4]
    return f"no: {credentials} at ?auth={quote(credentials, safe='')} as {encoded} or {cut}"

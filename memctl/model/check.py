"""The outcome of one thing that `verify` looks at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CheckStatus(StrEnum):
    """How a check went."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and what should have been."""

    name: str
    status: CheckStatus
    found: str
    expected: str
    hint: str | None = None
    collection: str | None = None

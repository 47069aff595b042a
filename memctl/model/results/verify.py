"""What `memctl verify` found, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..backend.check import Check, CheckStatus
from ..errors import MemctlError, ProblemsFound
from .base import Result, StoreUsed


@dataclass(frozen=True, slots=True)
class VerifiedStore(StoreUsed):
    """One store and its checks; ``failure`` says why it could not be looked at at all."""

    checks: list[Check]
    failure: MemctlError | None = None


@dataclass(frozen=True, slots=True)
class VerifyResult(Result):
    """What `memctl verify` found."""

    HIDDEN: ClassVar[frozenset[str]] = frozenset({"strict"})

    stores: list[VerifiedStore]
    checks: list[Check]
    strict: bool = False

    @property
    def errors(self) -> tuple[MemctlError, ...]:
        """Why the answer is no, if it is."""
        failures = tuple(store.failure for store in self.stores if store.failure)
        if len(self.stores) == 1 and failures:
            return failures
        problems = [check for check in self.checks if check.status is CheckStatus.PROBLEM]
        warnings = [check for check in self.checks if check.status is CheckStatus.WARNING]
        if problems or (self.strict and warnings):
            counted = [_counted(problems, "problem"), _counted(warnings, "warning")]
            found = " and ".join(filter(None, counted))
            return (*failures, ProblemsFound(f"found {found}"))[-1:]
        return ()


def _counted(items: list[Check], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}" if items else ""

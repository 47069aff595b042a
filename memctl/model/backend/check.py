"""The outcome of one thing that `verify` looks at, and how the usual ones are told."""

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


def none_expected(
    name: str,
    found: int,
    otherwise: CheckStatus,
    hint: str | None = None,
    collection: str | None = None,
) -> Check:
    """Return the check of a number that should be zero, with the status that it has otherwise."""
    status = otherwise if found else CheckStatus.OK
    return Check(name, status, str(found or "none"), "none", hint if found else None, collection)


def dimension_expected(
    found: int | None, expected: int | None, hint: str, collection: str
) -> Check:
    """Return the check of a dimension against the one in the settings."""
    is_wrong = found is not None and expected is not None and found != expected
    return Check(
        "dimension",
        CheckStatus.PROBLEM if is_wrong else CheckStatus.OK,
        str(found or "none yet"),
        str(expected or "any"),
        hint if is_wrong else None,
        collection,
    )

"""Builds the checks that all parts of a store have in common."""

from __future__ import annotations

from ..model.check import Check, CheckStatus


def none_expected(
    name: str,
    found: int,
    otherwise: CheckStatus,
    hint: str | None = None,
    collection: str | None = None,
) -> Check:
    """Return the check of a number that should be zero."""
    status = otherwise if found else CheckStatus.OK
    shown = str(found or "none")
    return Check(name, status, shown, "none", hint if found else None, collection)


def dimension_expected(found: int | None, expected: int | None, collection: str) -> Check:
    """Return the check of a dimension against the one in the settings."""
    is_wrong = found is not None and expected is not None and found != expected
    return Check(
        "dimension",
        CheckStatus.PROBLEM if is_wrong else CheckStatus.OK,
        str(found or "none yet"),
        str(expected or "any"),
        "CrewAI refuses every search with an embedder of another dimension" if is_wrong else None,
        collection,
    )

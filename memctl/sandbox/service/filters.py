"""Reads the filter dialect of STANDARD endpoints, `filters_json`."""

from __future__ import annotations

import json
import operator
from typing import TYPE_CHECKING, Any

from ..refusal import invalid
from .columns import fits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .rows import Row

    Keep = Callable[[Row], bool]
    Holds = Callable[[Any, Any], bool]

MOST_VALUES = 1024


def _is_in(value: Any, wanted: Any) -> bool:
    options = wanted if isinstance(wanted, list) else [wanted]
    held = value if isinstance(value, list) else [value]
    return any(each in options for each in held)


def _has_token(value: Any, wanted: Any) -> bool:
    """Return whether a word is among the words of a text: no wildcard means anything here."""
    return wanted in value.split()


HOLDS: Mapping[str, Holds] = {
    "NOT LIKE": lambda value, wanted: not _has_token(value, wanted),
    "LIKE": _has_token,
    "NOT": lambda value, wanted: not _is_in(value, wanted),
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "": _is_in,
}
"""Operator after a column's name -> what it asks; the longer spelling comes first."""


def parse_filters(text: str, columns: Mapping[str, str]) -> Keep:
    """Read ``filters_json``: which rows are meant.

    Raises:
        Refusal: when it is no such filter, or names a column that the index lacks.
    """
    try:
        given = json.loads(text)
    except ValueError:
        raise invalid("filters_json is not valid JSON.") from None
    clauses = given if isinstance(given, list) else [given]
    if not all(isinstance(each, dict) for each in clauses):
        raise invalid("filters_json must be a JSON object.")
    keeps = [_clause(key, wanted, columns) for each in clauses for key, wanted in each.items()]
    return lambda row: all(keep(row) for keep in keeps)


def _clause(key: str, wanted: Any, columns: Mapping[str, str]) -> Keep:
    parts = key.split(" OR ")
    if len(parts) == 1:
        return _predicate(key, wanted, columns)
    if not isinstance(wanted, list) or len(wanted) != len(parts):
        raise invalid(f"Filter {key} needs a list of {len(parts)} values.")
    keeps = [_predicate(part, value, columns) for part, value in zip(parts, wanted, strict=True)]
    return lambda row: any(keep(row) for keep in keeps)


def _predicate(key: str, wanted: Any, columns: Mapping[str, str]) -> Keep:
    name, mark = _split(key.strip(), columns)
    _check(name, mark, wanted, columns[name])
    holds = HOLDS[mark]

    def keep(row: Row) -> bool:
        value = row.get(name)
        return value is not None and holds(value, wanted)

    return keep


def _split(key: str, columns: Mapping[str, str]) -> tuple[str, str]:
    for mark in HOLDS:
        name = key.removesuffix(mark).rstrip() if mark else key
        if key.endswith(mark) and name in columns:
            return name, mark
    raise invalid(f"Filter column {key} does not exist in the index.")


def _check(name: str, mark: str, wanted: Any, column_type: str) -> None:
    values = wanted if isinstance(wanted, list) else [wanted]
    if len(values) > MOST_VALUES:
        raise invalid(f"Filter on {name} has more than {MOST_VALUES} values.")
    if isinstance(wanted, list) and mark not in {"", "NOT"}:
        raise invalid(f"Filter operator {mark} on {name} takes one value.")
    if mark.endswith("LIKE") and column_type != "string":
        raise invalid(f"Filter operator {mark} needs a text column; {name} is {column_type}.")
    scalar = column_type.removeprefix("array<").rstrip(">")
    if any(value is None or not fits(value, scalar) for value in values):
        raise invalid(f"Filter value for column {name} is not of type {scalar}.")

"""The columns of an index: `schema_json` as the service rewrites it, and values that fit."""

from __future__ import annotations

import json
import math
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ..refusal import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_COLUMNS = 50
REWRITTEN = {
    "integer": "int",
    "long": "bigint",
    "short": "smallint",
    "byte": "tinyint",
}
BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
FLOATS = frozenset({"float", "double"})
SCALARS = frozenset({*BITS, *FLOATS, "boolean", "string", "date", "timestamp"})
ARRAY = re.compile(r"array<\s*(\w+)\s*>")
SUFFIXES = ("_value", "Value")
"""What the keys of scanned values end with, in snake_case and in camelCase."""
VECTORS = frozenset({"array<float>", "array<double>"})


def parse_schema(text: str) -> dict[str, str]:
    """Read `schema_json`: column -> type, spelled as the service does, sorted by column.

    Raises:
        Refusal: when it is no such object, or a type is unknown.
    """
    try:
        columns = json.loads(text)
    except ValueError:
        columns = None
    if not isinstance(columns, dict) or not columns:
        raise invalid("schema_json is not a valid JSON object of column names and types.")
    if len(columns) > MOST_COLUMNS:
        raise invalid(f"Index has {len(columns)} columns; at most {MOST_COLUMNS} are allowed.")
    if "_id" in columns:
        raise invalid("Column name _id is reserved.")
    return {name: _type(name, columns[name]) for name in sorted(columns)}


def _type(column: str, given: object) -> str:
    text = given.strip().lower() if isinstance(given, str) else ""
    array = ARRAY.fullmatch(text)
    inner = array.group(1) if array else text
    inner = REWRITTEN.get(inner, inner)
    if inner not in SCALARS:
        raise invalid(f"Unsupported type {given!r} of column {column} in schema_json.")
    return f"array<{inner}>" if array else inner


def fits(value: object, column_type: str) -> bool:
    """Return whether a value can be kept in a column of that type; null fits in all."""
    if value is None:
        return True
    array = ARRAY.fullmatch(column_type)
    if array is None:
        return _fits(value, column_type)
    if not isinstance(value, list):
        return False
    if array.group(1) in FLOATS:
        return {*map(type, value)} <= {int, float} and all(map(math.isfinite, value))
    return all(_fits(each, array.group(1)) for each in value)


def _fits(value: object, scalar: str) -> bool:
    if scalar in BITS:
        limit = 1 << (BITS[scalar] - 1)
        return type(value) is int and -limit <= value < limit
    return CHECKS[scalar](value)


def _is_number(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)  # type: ignore[arg-type]


def _parses(parse: Callable[[str], object], value: object) -> bool:
    try:
        return isinstance(value, str) and parse(value) is not None
    except ValueError:
        return False


CHECKS: Mapping[str, Callable[[object], bool]] = {
    "float": _is_number,
    "double": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "date": lambda value: _parses(date.fromisoformat, value),
    "timestamp": lambda value: _parses(datetime.fromisoformat, value),
}


def scan_text(value: Any, suffix: str) -> str:
    """Write a value as a scan does, as JSON: every number a double, null as an empty object.

    Text is made at once because a vector in this form is a thousand small objects.

    Args:
        value: as it is kept.
        suffix: ``_value``, or ``Value`` where the answer is in camelCase.
    """
    if value is None:
        return "{}"
    if isinstance(value, bool):
        return f'{{"bool{suffix}":{json.dumps(value)}}}'
    if isinstance(value, str):
        return f'{{"string{suffix}":{json.dumps(value)}}}'
    if not isinstance(value, list):
        return f'{{"number{suffix}":{float(value)!r}}}'
    if value and {*map(type, value)} == {float}:
        start = f'{{"number{suffix}":'
        inner = start + f"}},{start}".join(map(repr, value)) + "}"
    else:
        inner = ",".join(scan_text(each, suffix) for each in value)
    return f'{{"list{suffix}":{{"values":[{inner}]}}}}'

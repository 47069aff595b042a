"""Converts values between Python and the JSON of writes, scans and queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from ..indexes.schema import INTEGER_BITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..indexes.layouts import Layout


def write_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write rows as JSON; a vector is an array of float32."""
    return orjson.dumps(rows, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def text_size(text: str) -> int:
    """Count the bytes of a text as JSON within JSON."""
    return len(orjson.dumps(orjson.dumps(text).decode()))


def scanned_rows(answer: Mapping[str, Any], layout: Layout, *, with_vector: bool) -> list[Any]:
    """Return the rows of a scan's answer: column -> value, without nulls.

    Raises:
        KeyError, TypeError, ValueError: when the answer has another form.
    """
    unread = None if with_vector else layout.vector
    return [
        {
            each["key"]: _scanned(each["value"], each["key"], layout)
            for each in fields["fields"]
            if each["value"] and each["key"] != unread
        }
        for fields in answer.get("data") or []
    ]


def queried_rows(answer: Mapping[str, Any], layout: Layout) -> list[tuple[dict[str, Any], float]]:
    """Return the rows of a query's answer, each with its score.

    Raises:
        KeyError, TypeError, ValueError: when the answer has another form.
    """
    names = [column["name"] for column in answer["manifest"]["columns"]]
    rows = (answer.get("result") or {}).get("data_array") or []
    return [
        (
            {
                name: _decoded(value, name, layout)
                for name, value in zip(names, row, strict=False)
                if value is not None and name != "score"
            },
            float(row[-1]),
        )
        for row in rows
    ]


def _scanned(value: Mapping[str, Any], column: str, layout: Layout) -> Any:
    if column != layout.vector:
        return _decoded(_unwrap(value), column, layout)
    (numbers,) = value.values()
    return np.array([number for (number,) in map(dict.values, numbers["values"])], np.float32)


def _unwrap(value: Mapping[str, Any]) -> Any:
    """Return what the one field of a wrapped value holds: the spelling of its name varies."""
    for inner in value.values():
        if isinstance(inner, dict):
            if "values" in inner:
                return [_unwrap(each) for each in inner["values"]]
            return {each["key"]: _unwrap(each["value"]) for each in inner.get("fields", ())}
        return inner
    return None


def _decoded(value: Any, column: str, layout: Layout) -> Any:
    """Return a value as its column's type has it; every number is a double on the wire."""
    if column == layout.vector:
        return np.asarray(value, np.float32)
    column_type = layout.columns.get(column)
    if column_type in INTEGER_BITS and isinstance(value, str | float):
        return int(value)
    if column_type in {"float", "double"} and isinstance(value, str | int):
        return float(value)
    return value

"""Columns of an index and their types, in one spelling; what a column means is in `layouts`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ....model.bounded import parse_json
from ....model.errors import NotAStore

if TYPE_CHECKING:
    from collections.abc import Mapping

REWRITTEN: Final = {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint"}
"""The service keeps types under other names than it documents (databricks/cli, PR 5481)."""

INTEGER_BITS: Final = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_ARRAY: Final = re.compile(r"array<\s*(\w+)\s*>")


def normalise_type(text: str) -> str:
    """Return a column type as the service spells it, also within ``array<..>``."""
    text = text.strip().lower()
    array = _ARRAY.fullmatch(text)
    inner = array.group(1) if array else text
    inner = REWRITTEN.get(inner, inner)
    return f"array<{inner}>" if array else inner


def read_columns(described: Mapping[str, Any]) -> dict[str, str]:
    """Return column -> type of a described index, `{}` where it names none.

    Raises:
        NotAStore: when the schema can't be understood.
    """
    text = (described.get("direct_access_index_spec") or {}).get("schema_json")
    if not text:
        return {}
    try:
        columns = parse_json(text)
        return {str(name): normalise_type(columns[name]) for name in sorted(columns)}
    except (ValueError, TypeError, AttributeError):
        raise NotAStore(
            f"index `{described.get('name')}` has a `schema_json` that can't be understood"
        ) from None


def read_vector(described: Mapping[str, Any]) -> tuple[str | None, int | None]:
    """Return name and dimension of the vector's column."""
    spec = described.get("direct_access_index_spec") or described.get("delta_sync_index_spec") or {}
    vectors = spec.get("embedding_vector_columns") or [{}]
    dimension = vectors[0].get("embedding_dimension")
    return vectors[0].get("name"), int(dimension) if dimension else None

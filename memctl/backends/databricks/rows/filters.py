"""Writes a selector in either filter dialect of the service; the reader checks the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ....model.selector import Selector
    from ..indexes.layouts import Layout

STORAGE_OPTIMIZED: Final = "STORAGE_OPTIMIZED"

Conditions = dict[str, str | list[str]]
"""Column -> the value it must have, or one of these."""


def owner_conditions(selector: Selector, layout: Layout) -> Conditions:
    """Return the conditions on group and crew; no filter can ask for rows without a group."""
    conditions: Conditions = {}
    crew, group = layout.fields.get("crew_id"), layout.fields.get("group_id")
    if selector.crew_id is not None and crew is not None:
        conditions[crew] = selector.crew_id
    if selector.group_id is not None and group is not None and not selector.include_unscoped:
        conditions[group] = selector.group_id
    return conditions


def write_filter(
    conditions: Mapping[str, str | Sequence[str]], endpoint_type: str | None
) -> str | dict[str, Any] | None:
    """Write conditions in the dialect of an endpoint: SQL text, or a dictionary for JSON."""
    if not conditions:
        return None
    if endpoint_type == STORAGE_OPTIMIZED:
        return " AND ".join(_sql(name, value) for name, value in conditions.items())
    return {
        name: value if isinstance(value, str) else list(value) for name, value in conditions.items()
    }


def _sql(name: str, value: str | Sequence[str]) -> str:
    if isinstance(value, str):
        return f"{_identifier(name)} = {_literal(value)}"
    return f"{_identifier(name)} IN ({', '.join(map(_literal, value))})"


def _identifier(name: str) -> str:
    """Quote a column's name unless it needs none."""
    return name if name.isidentifier() and name.isascii() else f"`{name.replace('`', '``')}`"


def _literal(text: str) -> str:
    """Quote a text as SQL does: a quote in it is written twice."""
    return "'" + text.replace("'", "''") + "'"

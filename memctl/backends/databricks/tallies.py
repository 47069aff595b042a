"""Merges counts of partitions that several threads have read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...model.backend.collection import TallyRow


def add_up(parts: Iterable[Iterable[TallyRow]]) -> list[TallyRow]:
    """Merge rows that count the same collection, owner, agent and day into one."""
    found: dict[tuple[object, ...], TallyRow] = {}
    for row in (each for part in parts for each in part):
        key = (row.collection, row.type, row.group_id, row.crew_id, row.agent_id, row.day)
        held = found.get(key)
        found[key] = row if held is None else _sum(held, row)
    return list(found.values())


def _sum(a: TallyRow, b: TallyRow) -> TallyRow:
    moments = [each for each in (a.oldest, a.newest, b.oldest, b.newest) if each is not None]
    return replace(
        a,
        records=a.records + b.records,
        oldest=min(moments, default=None),
        newest=max(moments, default=None),
    )

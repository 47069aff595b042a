"""`memctl stats`: flags in, counts out."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from .options import (
    AtOption,
    GroupOption,
    MapOption,
    ProfileOption,
    SetOption,
    UnscopedOption,
    store_request,
)
from .output import Output


class By(StrEnum):
    """What the table of `memctl stats` counts by."""

    TYPE = "type"
    CREW = "crew"
    AGENT = "agent"
    DAY = "day"


def stats(
    out: Output,
    crew_id: Annotated[
        str | None, typer.Argument(metavar="CREW_ID", help="Count this crew's memory only.")
    ] = None,
    by: Annotated[By, typer.Option("--by", help="What the table counts by.")] = By.TYPE,
    include_unscoped: UnscopedOption = False,
    group: GroupOption = None,
    profile: ProfileOption = None,
    at: AtOption = None,
    mapping: MapOption = None,
    settings: SetOption = None,
) -> None:
    """Count what agents remember, by type, crew, agent or day.

    Reads the store's files without changing them.

    Examples: `memctl stats`, `memctl stats research --by agent`
    """
    from ..core.query.stats import count_memory

    request = store_request(out, group, profile, at, mapping, settings)
    result = count_memory(request, crew_id=crew_id, include_unscoped=include_unscoped)
    out.show(result, by=by)

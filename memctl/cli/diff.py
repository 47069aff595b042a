"""`memctl diff`: flags in, differences out."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import (
    BatchSizeOption,
    GroupOption,
    MapOption,
    RowsOptions,
    SourceArgument,
    SourceSetOption,
    TargetArgument,
    TargetSetOption,
    named_store,
)
from .output import Output


def diff(
    out: Output,
    source: SourceArgument,
    target: TargetArgument,
    lists_all: Annotated[
        bool, typer.Option("--list", help="Name every difference, not just the first ten.")
    ] = False,
    group: GroupOption = None,
    *,
    selected: RowsOptions,
    mapping: MapOption = None,
    settings: SourceSetOption = None,
    target_settings: TargetSetOption = None,
    batch_size: BatchSizeOption = 1000,
) -> None:
    """Say which records two stores hold alike, and which not; neither is changed.

    Compares ids, texts, owners, times and metadata exactly, and vectors up to a relative distance
    of 1e-6. Exits with 3 when the sides differ.

    Examples: `memctl diff prod archive:./backup`, `memctl diff chroma:./old prod --list`
    """
    from ..core.diff import DiffOrder, compare_stores
    from ..core.query.rows import Terms

    order = DiffOrder(
        source=named_store(out, source, group, mapping, settings),
        target=named_store(out, target, group, pairs=target_settings, flag="--set-target"),
        rows=selected.rows(),
        lists_all=lists_all,
        terms=Terms(batch_size=batch_size),
    )
    out.show(compare_stores(order, out.progress))

"""`memctl history`: the journal of what memctl changed."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Output


def history(
    out: Output,
    group: Annotated[
        str | None,
        typer.Option("--group", "-g", metavar="GROUP", help="Only operations of this group."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, metavar="N", help="At most N operations.")
    ] = 20,
    steps: Annotated[bool, typer.Option("--steps", help="Show each step too.")] = False,
) -> None:
    """Show what memctl changed, the newest first.

    Example: `memctl history --steps`
    """
    from ..core.operations.history import read_history

    out.show(read_history(group_id=group, limit=limit), steps=steps)

"""`memctl discover`: directories in, stores out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import Output


def discover(
    out: Output,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Directories to search too, five levels deep."),
    ] = None,
) -> None:
    """Find the memory that CrewAI keeps on this machine, of every generation.

    Looks in every place where CrewAI and Kasal put memory, and tells stores by their files. Says
    whose memory it is, which versions of CrewAI can still read it, and what to do about the rest.
    Changes nothing.

    Examples: `memctl discover`, `memctl discover /srv/agents`
    """
    from ..core.query.discover import discover_memory

    out.show(discover_memory(paths or ()))

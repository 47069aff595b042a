"""`memctl verify`: flags in, checks out."""

from __future__ import annotations

from typing import Annotated

import typer

from ..model.errors import UsageError
from .options import (
    AtOption,
    GroupOption,
    MapOption,
    ProfileOption,
    SetOption,
    UpgradeOption,
    store_request,
)
from .output import Output


def verify(
    out: Output,
    all_profiles: Annotated[
        bool, typer.Option("--all-profiles", help="Check every active profile of the group.")
    ] = False,
    probe: Annotated[
        bool,
        typer.Option("--probe", help="Also write, read back and delete one record."),
    ] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also read every row of indexes elsewhere.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 on warnings too.")] = False,
    upgrade_store: UpgradeOption = False,
    group: GroupOption = None,
    profile: ProfileOption = None,
    at: AtOption = None,
    mapping: MapOption = None,
    settings: SetOption = None,
) -> None:
    """Look at the health of a store, without changing it.

    Exits with 3 when there is a problem. Only `--probe` writes, and takes back what it wrote. What
    is fine is named; `-v` shows what was found.

    Examples: `memctl verify`, `memctl verify --at chroma:./db --strict`
    """
    from ..core.verify import verify_memory

    if all_profiles and (at or profile):
        other = "--at" if at else "--profile"
        raise UsageError(f"`--all-profiles` and `{other}` exclude each other")
    request = store_request(out, group, profile, at, mapping, settings)
    result = verify_memory(
        request,
        all_profiles=all_profiles,
        probe=probe,
        deep=deep,
        strict=strict,
        upgrade=upgrade_store,
    )
    out.show(result, is_whole=out.is_verbose)

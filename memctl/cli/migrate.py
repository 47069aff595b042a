"""`memctl migrate`: flags in, a proven copy out."""

from __future__ import annotations

from typing import Annotated

import typer

from ..model.on_conflict import OnConflict
from .complete import complete_profile
from .options import (
    BatchSizeOption,
    CrewOption,
    DryRunOption,
    GroupOption,
    MapOption,
    OnConflictOption,
    SkipWithoutVectorsOption,
    TypeOption,
    UnscopedOption,
    UpgradeOption,
    read_map,
)
from .output import Output


def migrate(
    out: Output,
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A profile, or BACKEND:LOCATION.",
            autocompletion=complete_profile,
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="A profile, or BACKEND:LOCATION.",
            autocompletion=complete_profile,
        ),
    ],
    group: GroupOption = None,
    crew: CrewOption = None,
    types: TypeOption = None,
    include_unscoped: UnscopedOption = False,
    mapping: MapOption = None,
    on_conflict: OnConflictOption = OnConflict.STOP,
    skip_without_vectors: SkipWithoutVectorsOption = False,
    batch_size: BatchSizeOption = 1000,
    upgrade_store: UpgradeOption = False,
    set_default: Annotated[
        bool,
        typer.Option("--set-default", help="Make TARGET the default once the comparison holds."),
    ] = False,
    dry_run: DryRunOption = False,
) -> None:
    """Copy records to another store, and prove it by comparing both sides.

    The source is only read. Run again after an interruption, it goes on where it was; run again
    after the end, it adds nothing.

    Examples: `memctl migrate archive:./sample chroma`, `memctl migrate chroma:./old prod -n`
    """
    from ..core.migrate import MigrateOrder, migrate_memory

    order = MigrateOrder(
        source=source,
        target=target,
        group_id=group,
        crew_id=crew,
        types=frozenset(types or ()),
        include_unscoped=include_unscoped,
        source_settings=read_map(mapping),
        on_conflict=on_conflict,
        skip_without_vectors=skip_without_vectors,
        batch_size=batch_size,
        upgrade=upgrade_store,
        set_default=set_default,
        dry_run=dry_run,
        connecting=out.connecting,
    )
    out.show(migrate_memory(order, out.progress))

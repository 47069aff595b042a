"""`memctl restore`: flags in, a proven copy out."""

from __future__ import annotations

from typing import Annotated

import typer

from ..model.requests.on_conflict import OnConflict
from .complete import complete_profile
from .options import (
    AsOption,
    BatchSizeOption,
    CrewOption,
    DryRunOption,
    GroupOption,
    OnConflictOption,
    SetOption,
    SkipWithoutVectorsOption,
    TypeOption,
    UpgradeOption,
    named_store,
    refuse_beside_none,
)
from .output import Output


def restore(
    out: Output,
    backup: Annotated[
        str, typer.Argument(metavar="BACKUP", help="A backup's id, or the beginning of it.")
    ],
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="TARGET",
            help="A profile, or BACKEND:LOCATION; where the backup came from if none is given.",
            autocompletion=complete_profile,
        ),
    ] = None,
    group: GroupOption = None,
    settings: SetOption = None,
    crew: CrewOption = None,
    types: TypeOption = None,
    on_conflict: OnConflictOption = OnConflict.STOP,
    skip_without_vectors: SkipWithoutVectorsOption = False,
    as_type: AsOption = None,
    batch_size: BatchSizeOption = 1000,
    upgrade_store: UpgradeOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Copy a backup's records back, and prove it by comparing both sides.

    A damaged backup is refused before anything is written. Records that the target holds with other
    content stop it too, unless `--on-conflict` says what to do about them. A copy of a Chroma
    directory's files is put back as files where the target holds no record.

    Examples: `memctl restore 3f6c1a2e`, `memctl restore 3f6c1a2e chroma:./copy --crew research`
    """
    from ..core.query.rows import Rows, Terms
    from ..core.restore import RestoreOrder, restore_backup

    if target is None:
        refuse_beside_none(settings, None)
    order = RestoreOrder(
        backup=backup,
        target=None if target is None else named_store(out, target, group, pairs=settings),
        rows=Rows(crew, frozenset(types or ())),
        terms=Terms(on_conflict, skip_without_vectors, batch_size, as_type=as_type),
        upgrade=upgrade_store,
        dry_run=dry_run,
        connecting=out.connecting,
    )
    out.show(restore_backup(order, out.progress))

"""`memctl clear`: flags in, what was deleted out."""

from __future__ import annotations

from typing import Annotated

import typer

from ..model.age import parse_age
from .confirm import Gate
from .options import (
    BatchSizeOption,
    DryRunOption,
    StoreOptions,
    TypeOption,
    UnscopedOption,
    UpgradeOption,
    YesOption,
    of_rows,
)
from .output import Output


def clear(
    out: Output,
    crew_id: Annotated[
        str | None, typer.Argument(metavar="CREW_ID", help="Clear this crew's memory.")
    ] = None,
    all_: Annotated[bool, of_rows("--all", help="Clear every crew's memory.")] = False,
    types: TypeOption = None,
    older_than: Annotated[
        str | None,
        of_rows(
            "--older-than",
            metavar="AGE",
            help="Only records older than `12h`, `30d` or `2w`, or from before a day such as "
            "`2026-01-31`; never those without a time.",
        ),
    ] = None,
    ids: Annotated[
        list[str] | None,
        of_rows("--id", metavar="ID", help="Only the record of this id; repeatable."),
    ] = None,
    include_unscoped: UnscopedOption = False,
    max_delete: Annotated[
        int | None,
        typer.Option(
            "--max-delete", min=0, metavar="N", help="Delete nothing if more than N are meant."
        ),
    ] = None,
    no_backup: Annotated[
        bool, typer.Option("--no-backup", help="Make no backup; what is deleted is gone.")
    ] = False,
    purge_versions: Annotated[
        bool,
        typer.Option(
            "--purge-versions",
            help="Also remove what the store's own history keeps of deleted records.",
        ),
    ] = False,
    batch_size: BatchSizeOption = 1000,
    upgrade_store: UpgradeOption = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    *,
    store: StoreOptions,
) -> None:
    """Delete a crew's memory, or every crew's, after a backup.

    Shows first what is meant, and asks. Through a profile only rows of its group are meant; with
    `--at` those of every group, unless `--group` is given. `memctl restore` brings back what the
    backup holds.

    Examples: `memctl clear research --dry-run`, `memctl clear research --older-than 30d --yes`
    """
    from ..core.clear.plan import ClearOrder, plan_clear
    from ..core.clear.run import run_clear
    from ..core.query.rows import Rows, Terms

    rows = Rows(
        crew_id=crew_id,
        types=frozenset(types or ()),
        include_unscoped=include_unscoped,
        created_before=parse_age(older_than) if older_than is not None else None,
        ids=frozenset(ids or ()),
    )
    order = ClearOrder(
        rows=rows,
        all=all_,
        terms=Terms(batch_size=batch_size),
        is_backed_up=not no_backup,
        max_delete=max_delete,
        upgrade=upgrade_store,
        purge_versions=purge_versions,
        dry_run=dry_run,
    )
    gate = Gate(out, yes=yes, dry_run=dry_run)
    plan = plan_clear(store.request(out), order)
    if plan.has_work:
        gate.confirm(plan.preview, plan.word)
    out.show(run_clear(plan, out.progress))

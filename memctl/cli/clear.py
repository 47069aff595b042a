"""`memctl clear`: flags in, what was deleted out."""

from __future__ import annotations

from typing import Annotated

import typer

from ..model.age import parse_age
from .confirm import Gate
from .options import (
    ROWS,
    AtOption,
    BatchSizeOption,
    DryRunOption,
    GroupOption,
    MapOption,
    ProfileOption,
    SetOption,
    TypeOption,
    UnscopedOption,
    UpgradeOption,
    YesOption,
    store_request,
)
from .output import Output


def clear(
    out: Output,
    crew_id: Annotated[
        str | None, typer.Argument(metavar="CREW_ID", help="Clear this crew's memory.")
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Clear every crew's memory.", rich_help_panel=ROWS)
    ] = False,
    types: TypeOption = None,
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="AGE",
            help="Only records older than `12h`, `30d` or `2w`, or from before a day such as "
            "`2026-01-31`; never those without a time.",
            rich_help_panel=ROWS,
        ),
    ] = None,
    ids: Annotated[
        list[str] | None,
        typer.Option(
            "--id",
            metavar="ID",
            help="Only the record of this id; repeatable.",
            rich_help_panel=ROWS,
        ),
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
    group: GroupOption = None,
    profile: ProfileOption = None,
    at: AtOption = None,
    mapping: MapOption = None,
    settings: SetOption = None,
) -> None:
    """Delete a crew's memory, or every crew's, after a backup.

    Shows first what is meant, and asks. Through a profile only rows of its group are meant; with
    `--at` those of every group, unless `--group` is given. `memctl restore` brings back what the
    backup holds.

    Examples: `memctl clear research --dry-run`, `memctl clear research --older-than 30d --yes`
    """
    from ..core.clear import ClearOrder, plan_clear, run_clear

    order = ClearOrder(
        crew_id=crew_id,
        all=all_,
        types=frozenset(types or ()),
        created_before=parse_age(older_than) if older_than is not None else None,
        ids=frozenset(ids or ()),
        include_unscoped=include_unscoped,
        is_backed_up=not no_backup,
        max_delete=max_delete,
        batch_size=batch_size,
        upgrade=upgrade_store,
        purge_versions=purge_versions,
        dry_run=dry_run,
    )
    gate = Gate(out, yes=yes, dry_run=dry_run)
    plan = plan_clear(store_request(out, group, profile, at, mapping, settings), order)
    if plan.has_work:
        gate.confirm(plan.preview, plan.word)
    out.show(run_clear(plan, out.progress))

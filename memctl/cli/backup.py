"""`memctl backup`, `backup list` and `backup delete`: flags in, backups out."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ..model.age import parse_age
from .command import command, command_group
from .confirm import Gate
from .options import (
    BatchSizeOption,
    DryRunOption,
    GroupOption,
    MapOption,
    RowsOptions,
    SourceArgument,
    SourceSetOption,
    YesOption,
    named_store,
)
from .output import Output


class BackupGroup(TyperGroup):
    """The commands on backups; a word that is none of them is what `create` makes one of."""

    implied = "create"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put in the word that `memctl backup SOURCE` leaves out."""
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = [self.implied, *args]
        return super().parse_args(ctx, args)


app = command_group("Make, list and delete backups: `memctl backup SOURCE` makes one.", BackupGroup)


@command(app, "create", connects=True)
def create(
    out: Output,
    source: SourceArgument,
    group: GroupOption = None,
    *,
    selected: RowsOptions,
    mapping: MapOption = None,
    settings: SourceSetOption = None,
    batch_size: BatchSizeOption = 1000,
    dry_run: DryRunOption = False,
) -> None:
    """Copy a store's records into a backup, and prove it by comparing both sides.

    The word `create` may be left out. Backups lie in `backups` below memctl's home: a copy of
    the files of a whole Chroma directory, an archive of anything else.

    Examples: `memctl backup prod`, `memctl backup chroma:./memory --crew research`
    """
    from ..core.backup.run import BackupOrder, back_up_memory
    from ..core.query.rows import Terms

    order = BackupOrder(
        source=named_store(out, source, group, mapping, settings),
        rows=selected.rows(),
        terms=Terms(batch_size=batch_size),
        dry_run=dry_run,
    )
    out.show(back_up_memory(order, out.progress))


@command(app, "list")
def list_(out: Output) -> None:
    """List the backups, the newest first.

    Example: `memctl backup list --json`
    """
    from ..core.backup.catalog import list_backups

    out.show(list_backups())


@command(app, "delete")
def delete(
    out: Output,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID...", help="A backup's id, or the beginning of it."),
    ] = None,
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="AGE",
            help="Those older than `12h`, `30d` or `2w`, or made before a day: `2026-01-31`.",
        ),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every backup.")] = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Delete backups; the memory that they were made of stays as it is.

    Examples: `memctl backup delete 3f6c1a2e`, `memctl backup delete --older-than 90d --yes`
    """
    from ..core.backup.delete import DeletionOrder, delete_backups, plan_deletion

    order = DeletionOrder(
        ids=tuple(ids or ()),
        older_than=parse_age(older_than) if older_than is not None else None,
        all=all_,
        dry_run=dry_run,
    )
    gate = Gate(out, yes=yes, dry_run=dry_run)
    plan = plan_deletion(order)
    if plan.backups:
        gate.confirm(plan.preview, plan.word)
    out.show(delete_backups(plan))

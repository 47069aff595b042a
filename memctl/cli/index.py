"""`memctl index`: the indexes of a profile one by one; flags in, result out."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..model.memory_type import MemoryType
from .command import command, command_group
from .confirm import Gate
from .options import BatchSizeOption, DryRunOption, ProfileOptions, YesOption
from .output import Output

app = command_group("List, make, empty and delete the indexes of a profile.")

INDEX = "a memory type, a full name, or the last part of one"
IndexArgument = Annotated[
    str, typer.Argument(metavar="INDEX", help=f"Which index: {INDEX}.", show_default=False)
]
WaitTimeoutOption = Annotated[
    int | None,
    typer.Option(
        "--wait-timeout",
        min=1,
        metavar="SECONDS",
        help="How long to wait for the service; nothing is taken back when that is over.",
    ),
]


AllGroupsOption = Annotated[
    bool,
    typer.Option("--all-groups", help="Rows of every group and of none, not of yours alone."),
]


@command(app, "list", connects=True)
def list_(out: Output, store: ProfileOptions) -> None:
    """List a profile's indexes, and the others on its endpoints.

    Example: `memctl index list --profile databricks`
    """
    from ..core.index.listing import list_indexes

    out.show(list_indexes(store.request(out)))


@command(app, "show", connects=True)
def show(
    out: Output,
    index: IndexArgument,
    count: Annotated[
        bool, typer.Option("--count", help="Count its rows by group, by reading all of them.")
    ] = False,
    *,
    store: ProfileOptions,
) -> None:
    """Look at one index: its state, its columns, its rows.

    Example: `memctl index show short_term`
    """
    from ..core.index.listing import show_index

    out.show(show_index(store.request(out), index, count=count))


@command(app, "create", connects=True)
def create(
    out: Output,
    memory_type: Annotated[
        MemoryType, typer.Argument(metavar="TYPE", help="The memory type that it is to hold.")
    ],
    suffix: Annotated[
        str | None,
        typer.Option(
            "--suffix", metavar="TEXT", help="What its name ends with: `auto`, or a text."
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until it can be written.")
    ] = True,
    wait_timeout: WaitTimeoutOption = None,
    dry_run: DryRunOption = False,
    *,
    store: ProfileOptions,
) -> None:
    """Make the index of a memory type that the profile has none for; the profile names it then.

    Example: `memctl index create document`
    """
    from ..core.index.create import create_index

    options: dict[str, Any] = {"suffix": suffix, "wait": wait, "wait_timeout": wait_timeout}
    request, progress = store.request(out), out.progress
    out.show(
        create_index(request, memory_type, options=options, dry_run=dry_run, progress=progress)
    )


@command(app, "empty", connects=True)
def empty(
    out: Output,
    index: IndexArgument,
    recreate: Annotated[
        bool,
        typer.Option(
            "--recreate",
            help="Delete the index and make it again, with the same columns and grants: fast, and "
            "it can't be used meanwhile.",
        ),
    ] = False,
    all_groups: AllGroupsOption = False,
    wait_timeout: WaitTimeoutOption = None,
    batch_size: BatchSizeOption = 1000,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    *,
    store: ProfileOptions,
) -> None:
    """Delete the rows of a group from an index, of every crew; no backup is made.

    Row by row, which keeps the index as it is, or with `--recreate` all at once. Broken off, the
    same command goes on.

    Examples: `memctl index empty entity --dry-run`, `memctl index empty entity --recreate --yes`
    """
    from ..core.index.empty import IndexEmptying, plan_index_emptying, run_index_emptying

    order = IndexEmptying(
        name=index,
        recreate=recreate,
        all_groups=all_groups,
        batch_size=batch_size,
        dry_run=dry_run,
        wait_timeout=wait_timeout,
    )
    gate = Gate(out, yes=yes, dry_run=dry_run)
    plan = plan_index_emptying(store.request(out), order)
    if plan.is_needed:
        gate.confirm(plan.preview, plan.index)
    out.show(run_index_emptying(plan, out.progress))


@command(app, "delete", connects=True)
def delete(
    out: Output,
    indexes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[INDEX]...", help=f"Which indexes: {INDEX}.", show_default=False),
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Every index that the profile names.")
    ] = False,
    with_endpoint: Annotated[
        bool,
        typer.Option(
            "--with-endpoint",
            help="Also the endpoints that they are on; refused where those serve other indexes.",
        ),
    ] = False,
    all_groups: AllGroupsOption = False,
    wait_timeout: WaitTimeoutOption = None,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    *,
    store: ProfileOptions,
) -> None:
    """Delete indexes with the rows in them; the profile names them no more.

    Refused where other groups, or none, have rows in them, unless `--all-groups` is given.

    Examples: `memctl index delete document --dry-run`, `memctl index delete --all --with-endpoint`
    """
    from ..core.index.delete import IndexDeletion, plan_index_deletion, run_index_deletion

    order = IndexDeletion(
        names=tuple(indexes or ()),
        all=all_,
        with_endpoint=with_endpoint,
        all_groups=all_groups,
        dry_run=dry_run,
        wait_timeout=wait_timeout,
    )
    gate = Gate(out, yes=yes, dry_run=dry_run)
    plan = plan_index_deletion(store.request(out), order)
    gate.confirm(plan.preview, plan.word)
    out.show(run_index_deletion(plan, out.progress))

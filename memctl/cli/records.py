"""`memctl records list` and `show`: flags in, records out."""

from __future__ import annotations

from typing import Annotated

import typer

from ..model.errors import UsageError
from .command import command, command_group
from .options import (
    EmbeddingsOption,
    RowsOptions,
    StoreOptions,
    TypeOption,
    UnscopedOption,
    of_rows,
)
from .output import Output

app = command_group("List records, or show one.")

ROWS_ON_A_SCREEN = 50


@command(app, "list", connects=True)
def list_(
    out: Output,
    *,
    selected: RowsOptions,
    limit: Annotated[
        int | None, of_rows("--limit", min=1, metavar="N", help="At most N records.")
    ] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a line.")] = False,
    with_embeddings: EmbeddingsOption = False,
    store: StoreOptions,
) -> None:
    """List records: fifty on a screen, all of them with `--jsonl` or `--json`.

    Examples: `memctl records list --crew research`, `memctl records list --jsonl > memory.jsonl`
    """
    from ..core.query.records import RecordsOrder, list_records, stream_records

    if jsonl and out.json:
        raise UsageError("`--jsonl` and `--json` exclude each other", hint="give one of them")
    is_whole = limit is not None or jsonl or out.json
    order = RecordsOrder(
        selected.rows(),
        limit=limit if is_whole else ROWS_ON_A_SCREEN,
        with_embeddings=with_embeddings,
    )
    if jsonl:
        records = stream_records(store.request(out), order)
        out.stream(records, with_embeddings=with_embeddings)
    else:
        out.show(list_records(store.request(out), order))


@command(app, "show", connects=True)
def show(
    out: Output,
    record_id: Annotated[str, typer.Argument(metavar="ID", help="The record's id.")],
    types: TypeOption = None,
    include_unscoped: UnscopedOption = False,
    *,
    store: StoreOptions,
) -> None:
    """Show one record in full.

    Example: `memctl records show 3f6c1a2e`
    """
    from ..core.query.records import show_record
    from ..core.query.rows import Rows

    rows = Rows(types=frozenset(types or ()), include_unscoped=include_unscoped)
    out.show(show_record(store.request(out), record_id, rows))

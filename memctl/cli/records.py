"""`memctl records list` and `show`: flags in, records out."""

from __future__ import annotations

from typing import Annotated

import typer

from ..model.errors import UsageError
from .command import command, command_group
from .options import (
    AtOption,
    CrewOption,
    EmbeddingsOption,
    GroupOption,
    LimitOption,
    MapOption,
    ProfileOption,
    SetOption,
    TypeOption,
    UnscopedOption,
    store_request,
)
from .output import Output

app = command_group("List records, or show one.")

ROWS_ON_A_SCREEN = 50


@command(app, "list", connects=True)
def list_(
    out: Output,
    crew: CrewOption = None,
    types: TypeOption = None,
    include_unscoped: UnscopedOption = False,
    limit: LimitOption = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a line.")] = False,
    with_embeddings: EmbeddingsOption = False,
    group: GroupOption = None,
    profile: ProfileOption = None,
    at: AtOption = None,
    mapping: MapOption = None,
    settings: SetOption = None,
) -> None:
    """List records: fifty on a screen, all of them with `--jsonl` or `--json`.

    Examples: `memctl records list --crew research`, `memctl records list --jsonl > memory.jsonl`
    """
    from ..core.query.records import RecordsOrder, list_records, stream_records
    from ..core.query.rows import Rows

    if jsonl and out.json:
        raise UsageError("`--jsonl` and `--json` exclude each other", hint="give one of them")
    request = store_request(out, group, profile, at, mapping, settings)
    order = RecordsOrder(
        Rows(crew, frozenset(types or ()), include_unscoped),
        limit=limit if limit or jsonl or out.json else ROWS_ON_A_SCREEN,
        with_embeddings=with_embeddings,
    )
    if jsonl:
        out.stream(stream_records(request, order), with_embeddings=with_embeddings)
    else:
        out.show(list_records(request, order))


@command(app, "show", connects=True)
def show(
    out: Output,
    record_id: Annotated[str, typer.Argument(metavar="ID", help="The record's id.")],
    types: TypeOption = None,
    include_unscoped: UnscopedOption = False,
    group: GroupOption = None,
    profile: ProfileOption = None,
    at: AtOption = None,
    mapping: MapOption = None,
    settings: SetOption = None,
) -> None:
    """Show one record in full.

    Example: `memctl records show 3f6c1a2e`
    """
    from ..core.query.records import show_record
    from ..core.query.rows import Rows

    request = store_request(out, group, profile, at, mapping, settings)
    rows = Rows(types=frozenset(types or ()), include_unscoped=include_unscoped)
    out.show(show_record(request, record_id, rows))

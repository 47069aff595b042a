"""`memctl search`: flags in, the nearest records out."""

from __future__ import annotations

from typing import Annotated

import typer

from ..model.errors import UsageError
from .documents import read_bytes
from .options import (
    AtOption,
    CrewOption,
    EmbedderOption,
    EmbedderUrlOption,
    EmbeddingsOption,
    GroupOption,
    MapOption,
    ProfileOption,
    SetOption,
    TypeOption,
    UnscopedOption,
    store_request,
)
from .output import Output


def search(
    out: Output,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="Search with the vector of this text.")
    ] = None,
    vector: Annotated[
        str | None,
        typer.Option(
            "--vector",
            metavar="FILE",
            help="Search with this vector: a JSON list of numbers, or a `.npy` file; `-` reads it "
            "here.",
        ),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option("--like", metavar="ID", help="Search with the vector of this record."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=100_000, metavar="N", help="At most N records.")
    ] = 10,
    crew: CrewOption = None,
    types: TypeOption = None,
    include_unscoped: UnscopedOption = False,
    with_embeddings: EmbeddingsOption = False,
    embedder: EmbedderOption = None,
    embedder_url: EmbedderUrlOption = None,
    group: GroupOption = None,
    profile: ProfileOption = None,
    at: AtOption = None,
    mapping: MapOption = None,
    settings: SetOption = None,
) -> None:
    """Find the records nearest to a text, to another record or to a vector.

    Searches every memory type whose vectors have that dimension. Scores are those of the store's
    own metric. A text becomes a vector by the model that the profile or `--embedder` names, which
    must be the one that made the stored vectors.

    Examples: `memctl search "refunds for late parcels"`, `memctl search --like 3f6c1a2e`,
    `memctl search --vector question.json --limit 3`
    """
    from ..core.query.rows import Rows
    from ..core.query.search import SearchOrder, read_vector, search_memory

    if sum(each is not None for each in (text, vector, like)) != 1 or text == "":
        raise UsageError(
            "give one of TEXT, `--vector` and `--like`", hint="run `memctl search --help`"
        )
    order = SearchOrder(
        vector=None if vector is None else read_vector(read_bytes(vector), vector),
        like=like,
        text=text,
        embedder=embedder,
        embedder_url=embedder_url,
        rows=Rows(crew, frozenset(types or ()), include_unscoped),
        limit=limit,
        with_embeddings=with_embeddings,
    )
    out.show(search_memory(store_request(out, group, profile, at, mapping, settings), order))

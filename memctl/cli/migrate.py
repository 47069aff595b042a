"""`memctl migrate`: flags in, a proven copy out."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from ..model.errors import UsageError
from ..model.requests.on_conflict import OnConflict
from .confirm import EmbeddingGate
from .options import (
    EMBEDDING,
    AsOption,
    BatchSizeOption,
    CrewOption,
    DryRunOption,
    EmbedderOption,
    EmbedderUrlOption,
    GroupOption,
    MapOption,
    OnConflictOption,
    SkipWithoutVectorsOption,
    SourceArgument,
    SourceSetOption,
    TargetArgument,
    TargetSetOption,
    TypeOption,
    UnscopedOption,
    UpgradeOption,
    named_store,
)
from .output import Output


def migrate(
    out: Output,
    source: SourceArgument,
    target: TargetArgument,
    group: GroupOption = None,
    crew: CrewOption = None,
    types: TypeOption = None,
    include_unscoped: UnscopedOption = False,
    mapping: MapOption = None,
    settings: SourceSetOption = None,
    target_settings: TargetSetOption = None,
    scope: Annotated[
        str | None,
        typer.Option(
            "--scope",
            metavar="SCOPE",
            help="In CrewAI's unified memory: the scope that records are placed in, such as "
            "`/crew/NAME`.",
        ),
    ] = None,
    on_conflict: OnConflictOption = OnConflict.STOP,
    skip_without_vectors: SkipWithoutVectorsOption = False,
    as_type: AsOption = None,
    batch_size: BatchSizeOption = 1000,
    upgrade_store: UpgradeOption = False,
    reembed: Annotated[
        bool,
        typer.Option(
            "--reembed",
            help="Make vectors from the texts of rows that have none.",
            rich_help_panel=EMBEDDING,
        ),
    ] = False,
    reembed_all: Annotated[
        bool,
        typer.Option(
            "--reembed-all",
            help="Make every row's vector anew from its text.",
            rich_help_panel=EMBEDDING,
        ),
    ] = False,
    embedder: EmbedderOption = None,
    embedder_url: EmbedderUrlOption = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before texts are embedded.")
    ] = False,
    normalize: Annotated[
        bool,
        typer.Option(
            "--normalize", help="Make unit vectors, which cosine and L2 distance rank alike."
        ),
    ] = False,
    set_default: Annotated[
        bool,
        typer.Option(
            "--set-default",
            help="Back up what is copied, and make TARGET the default once the comparison holds.",
        ),
    ] = False,
    no_backup: Annotated[
        bool, typer.Option("--no-backup", help="With `--set-default`: make no backup first.")
    ] = False,
    dry_run: DryRunOption = False,
) -> None:
    """Copy records to another store, and prove it by comparing both sides.

    The source is only read. Run again after an interruption, it goes on where it was; run again
    after the end, it adds nothing.

    Examples: `memctl migrate archive:./sample chroma`, `memctl migrate chroma:./old prod -n`,
    `memctl migrate crewai:./old crewai:./new --scope /crew/research --reembed`
    """
    from ..core.migrate import MigrateOrder, migrate_memory
    from ..core.query.rows import Rows, Terms

    is_embedding = reembed or reembed_all
    if not is_embedding and (out.was_typed("embedder") or out.was_typed("embedder_url")):
        raise UsageError(
            "`--embedder` and `--embedder-url` go with `--reembed` or `--reembed-all`",
            hint="say which rows are meant with one of them",
        )
    wanted = named_store(out, target, group, pairs=target_settings, flag="--set-target")
    scoped = {} if scope is None else {"scope": scope}
    order = MigrateOrder(
        source=named_store(out, source, group, mapping, settings),
        target=replace(wanted, settings={**wanted.settings, **scoped}),
        rows=Rows(crew, frozenset(types or ()), include_unscoped),
        terms=Terms(on_conflict, skip_without_vectors, batch_size, normalize, as_type),
        upgrade=upgrade_store,
        set_default=set_default,
        is_backed_up=not no_backup,
        dry_run=dry_run,
        reembed=reembed,
        reembed_all=reembed_all,
        embedder=embedder,
        embedder_url=embedder_url,
    )
    gate = EmbeddingGate(out, is_open=yes or dry_run or not is_embedding)
    out.show(migrate_memory(order, out.progress, gate.agree))

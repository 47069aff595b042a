"""`memctl sandbox`: flags in, a workspace on loopback out."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..model.backend.packages import way_to_add
from ..model.errors import InvalidSetting, Unsupported, UsageError
from .output import Output

if TYPE_CHECKING:
    from ..sandbox.server import Sandbox


@dataclass(frozen=True)
class WorkspaceOptions:
    """How the workspace is made: the fields of the sandbox's own options, by their names."""

    port: Annotated[
        int,
        typer.Option(
            "--port",
            min=0,
            max=65_535,
            metavar="N",
            help="The port to listen on; 0 takes a free one.",
        ),
    ] = 0
    provision_seconds: Annotated[
        float,
        typer.Option(
            "--provision-seconds",
            min=0,
            metavar="SECONDS",
            help="How long endpoints and indexes take to come up.",
        ),
    ] = 0.0
    latency_ms: Annotated[
        float, typer.Option("--latency-ms", min=0, metavar="MS", help="How long each answer takes.")
    ] = 0.0
    token_lifetime: Annotated[
        float,
        typer.Option(
            "--token-lifetime",
            min=1,
            metavar="SECONDS",
            help="How long a token of the service principal is good for.",
        ),
    ] = 3600.0
    catalog: Annotated[
        str, typer.Option("--catalog", metavar="NAME", help="A catalog to begin with.")
    ] = "ml"
    schema: Annotated[str, typer.Option("--schema", metavar="NAME", help="A schema in it.")] = (
        "agents"
    )


def sandbox(
    out: Output,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="COMMAND",
            help="What to run against it, after `--`; without one it serves until Ctrl-C.",
        ),
    ] = None,
    *,
    options: WorkspaceOptions,
) -> None:
    """Serve a Databricks workspace on this machine, to try memctl on.

    It listens on 127.0.0.1 only, keeps everything in memory, and makes its own tokens. Ctrl-C ends
    it with exit code 0; with a COMMAND it ends when that does, with its exit code.

    Examples: `memctl sandbox`, `memctl sandbox -- memctl setup databricks`
    """
    from ..model.results import SandboxResult

    if words and out.json:
        raise UsageError(
            "`--json` and a command exclude each other: standard output is the command's",
            hint="give `--json` to the command, after `--`",
        )
    with _start(options) as serving:
        if words:
            raise typer.Exit(_run(serving, words))
        with suppress(KeyboardInterrupt):
            out.show(SandboxResult(**_stated(serving)))
            serving.wait()


def _start(options: WorkspaceOptions) -> Sandbox:
    try:
        from ..sandbox.server import Sandbox
    except ModuleNotFoundError as exc:
        if (exc.name or "").startswith("memctl"):
            raise
        raise Unsupported(
            f"`memctl sandbox` needs the package `{exc.name}`, which is not installed",
            hint=f"run `{way_to_add('sandbox')}`",
        ) from exc
    try:
        return Sandbox(**asdict(options))
    except OSError as exc:
        raise InvalidSetting(
            f"can't listen on port {options.port} of 127.0.0.1: {exc.strerror}",
            hint="give another one to `--port`, or none",
        ) from exc


def _run(serving: Sandbox, words: list[str]) -> int:
    from ..sandbox.environment import run_command

    try:
        return run_command(serving, words)
    except OSError as exc:
        raise UsageError(
            f"can't run `{words[0]}`: {exc.strerror}", hint="write the command after `--`"
        ) from exc


def _stated(serving: Sandbox) -> dict[str, Any]:
    from ..sandbox.environment import variables

    return {
        "url": serving.url,
        "catalog": serving.options.catalog,
        "schema": serving.options.schema,
        "token": serving.token,
        "user_token": serving.user_token,
        "client_id": serving.client_id,
        "client_secret": serving.client_secret,
        "environment": variables(serving),
    }

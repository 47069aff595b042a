"""What every command has in common: `--json` and its kin, declared once."""

from __future__ import annotations

import inspect
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ..model.results import InterruptedHalfway
from .output import Output

if TYPE_CHECKING:
    from collections.abc import Callable

PANEL = "Output"
STORE = "Which memory"

COMMON: dict[str, tuple[Any, Any]] = {
    "json": (
        Annotated[
            bool, typer.Option("--json", help="Print one JSON document.", rich_help_panel=PANEL)
        ],
        False,
    ),
    "quiet": (
        Annotated[
            bool,
            typer.Option("--quiet", "-q", help="No notes or progress.", rich_help_panel=PANEL),
        ],
        False,
    ),
    "verbose": (
        Annotated[
            int,
            typer.Option(
                "--verbose",
                "-v",
                count=True,
                show_default=False,
                help="Show steps; twice: requests and tracebacks too.",
                rich_help_panel=PANEL,
            ),
        ],
        0,
    ),
    "log_file": (
        Annotated[
            Path | None,
            typer.Option(
                "--log-file", metavar="FILE", help="Append the log here.", rich_help_panel=PANEL
            ),
        ],
        None,
    ),
    "no_input": (
        Annotated[
            bool,
            typer.Option(
                "--no-input",
                envvar="MEMCTL_NO_INPUT",
                help="Never ask; fail instead.",
                rich_help_panel=PANEL,
            ),
        ],
        False,
    ),
}

CONNECTING: dict[str, tuple[Any, Any]] = {
    "timeout": (
        Annotated[
            float,
            typer.Option(
                "--timeout",
                min=0.1,
                max=86_400,
                envvar="MEMCTL_TIMEOUT",
                metavar="SECONDS",
                help="How long a store on another machine may take to answer.",
                rich_help_panel=STORE,
            ),
        ],
        30.0,
    ),
    "user_token_stdin": (
        Annotated[
            bool,
            typer.Option(
                "--user-token-stdin",
                help="Read a user's own token for the store from standard input.",
                rich_help_panel=STORE,
            ),
        ],
        False,
    ),
}
"""The options of every command that opens a store."""


def command_group(help_text: str, cls: type[TyperGroup] = TyperGroup) -> typer.Typer:
    """Make a group of commands that shows its help when none of them is named."""
    app = typer.Typer(help=help_text, cls=cls, invoke_without_command=True)
    app.callback()(show_help_if_bare)
    return app


def show_help_if_bare(context: typer.Context) -> None:
    """Show the help where no command is given: asking for nothing is asking for help."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def command(
    app: typer.Typer,
    name: str,
    extra: dict[str, tuple[Any, Any]] | None = None,
    *,
    summary: str | None = None,
    connects: bool = False,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command that gets an `Output` and has the options that every command has.

    Args:
        app: the group of commands that it belongs to.
        name: the word on the command line.
        extra: more options, as name -> (annotation, default), passed on under their names.
        summary: the help, where the docstring can't say it.
        connects: whether it opens a store, and has the options for that.
    """
    common = COMMON | CONNECTING if connects else COMMON

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def run(**values: Any) -> None:
            context = values.pop("context")
            flags = {each: values.pop(each) for each in common}
            with Output(context=context, **flags) as out:
                try:
                    function(out, **values)
                except InterruptedHalfway as exc:
                    out.show(exc.result)

        own = inspect.signature(function, eval_str=True).parameters.values()
        kept = [
            each.replace(kind=each.KEYWORD_ONLY)
            for each in own
            if each.name != "out" and each.kind is not each.VAR_KEYWORD
        ]
        signature = [_parameter("context", typer.Context, inspect.Parameter.empty), *kept]
        for option, (annotation, default) in {**(extra or {}), **common}.items():
            signature.append(_parameter(option, annotation, default))
        run.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in signature}
        app.command(name, help=summary)(run)
        return function

    return register


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
    )

"""The options that every command has, and those of every command that opens a store."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

of_output = partial(typer.Option, rich_help_panel="Output")
of_store = partial(typer.Option, rich_help_panel="Which memory")


@dataclass(frozen=True, slots=True)
class CommonOptions:
    """What every command is told about its output."""

    json: Annotated[bool, of_output("--json", help="Print one JSON document.")] = False
    quiet: Annotated[bool, of_output("--quiet", "-q", help="No notes or progress.")] = False
    verbose: Annotated[
        int,
        of_output(
            "--verbose",
            "-v",
            count=True,
            show_default=False,
            help="Show steps; twice: requests and tracebacks too.",
        ),
    ] = 0
    log_file: Annotated[
        Path | None, of_output("--log-file", metavar="FILE", help="Append the log here.")
    ] = None
    no_input: Annotated[
        bool, of_output("--no-input", envvar="MEMCTL_NO_INPUT", help="Never ask; fail instead.")
    ] = False


@dataclass(frozen=True, slots=True)
class ConnectingOptions:
    """How a command that opens a store connects to it."""

    timeout: Annotated[
        float,
        of_store(
            "--timeout",
            min=0.1,
            max=86_400,
            envvar="MEMCTL_TIMEOUT",
            metavar="SECONDS",
            help="How long a store on another machine may take to answer.",
        ),
    ] = 30.0
    user_token_stdin: Annotated[
        bool,
        of_store(
            "--user-token-stdin", help="Read a user's own token for the store from standard input."
        ),
    ] = False

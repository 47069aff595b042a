"""The command tree, and the one place where an error becomes a message and an exit code."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from ..model.address.logins import shown
from ..model.errors import NO_ROOM, Declined, DiskFull, Interrupted, MemctlError, UsageError
from ..model.redaction import Redactor
from . import (
    backends,
    backup,
    clear,
    config,
    crew_id,
    diff,
    discover,
    history,
    index,
    migrate,
    records,
    restore,
    sandbox,
    search,
    setup,
    stats,
    verify,
)
from .command import command, show_help_if_bare
from .interrupts import was_interrupted
from .output import show_failure

HELP = """One command for the memory of AI agents, wherever it lies.

Save a profile of a backend with `memctl setup`, then verify, count, list and move its memory.
"""

EXIT_STATUS = """Exit status: 0 done, 1 unexpected or declined, 2 usage, 3 the answer is no,
4 configuration, 5 credentials, 6 unreachable or locked, 7 not supported, 8 partial,
130 interrupted.
"""


WORKFLOW = (
    "discover",
    "setup",
    "verify",
    "stats",
    "records",
    "search",
    "clear",
    "backup",
    "restore",
    "migrate",
    "diff",
    "index",
    "history",
    "config",
    "crew-id",
    "backends",
    "sandbox",
)
"""The order of commands in the help: the order in which they are needed."""


class RootGroup(TyperGroup):
    """The root of the command tree: turns every error into a message, or a document, and a code."""

    def list_commands(self, ctx: Any) -> list[str]:
        """List the commands in the order in which they are needed."""
        return sorted(super().list_commands(ctx), key=WORKFLOW.index)

    def main(self, *positional: Any, **named: Any) -> Any:
        """Run the command line and exit with the code of what happened."""
        args = positional[0] if positional else named.pop("args", None)
        argv = list(sys.argv[1:] if args is None else args)
        standalone_mode = named.pop("standalone_mode", True)
        redactor = Redactor()
        try:
            code = super().main(args=argv, standalone_mode=False, obj=redactor, **named)
        except Exception as exc:  # noqa: BLE001 - the one place for all errors
            code = show_failure(self._named(exc), argv, self._words(argv), exc, redactor)
        if standalone_mode:
            sys.exit(code if isinstance(code, int) else 0)
        return code

    def invoke(self, ctx: Any) -> Any:
        """Run the command; Typer would end one that is interrupted without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as exc:
            raise _interrupted() from exc

    def _named(self, exc: BaseException) -> MemctlError | None:
        """Return the error as memctl names it; `None` for what nobody foresaw."""
        if was_interrupted() and not isinstance(exc, Interrupted):
            return _interrupted()  # SQLite, for one, calls it an error of its own
        if isinstance(exc, MemctlError):
            return exc
        if isinstance(exc, typer.Abort):
            return Declined("aborted")
        if isinstance(exc, TyperException):
            return _as_usage_error(exc)
        if isinstance(exc, OSError) and exc.errno in NO_ROOM:
            return DiskFull(
                f"can't write the output: {exc.strerror}", hint="make room, and run it again"
            )
        return None

    def _words(self, argv: list[str]) -> str:
        """Name the command that was meant, as far as it can be told."""
        words: list[str] = []
        group: Any = self
        context = typer.Context(self, info_name="memctl")
        for word in argv:
            if group is None or word not in group.list_commands(context):
                continue
            words.append(word)
            found = group.get_command(context, word)
            group = found if isinstance(found, TyperGroup) else None
        if words and (implied := getattr(group, "implied", None)):
            words.append(implied)
        return " ".join(words) or "memctl"


def _interrupted() -> Interrupted:
    return Interrupted("interrupted", hint="running the same command again resumes it")


def _as_usage_error(exc: TyperException) -> UsageError:
    message = exc.format_message() if hasattr(exc, "format_message") else str(exc)
    context = getattr(exc, "ctx", None)
    path = context.command_path if context is not None else "memctl"
    in_one_line = shown(" ".join(message.replace("Value error, ", "").split()))
    # A traceback shows what was typed too, and so do the causes.
    exc.message, exc.__cause__, exc.__suppress_context__ = shown(exc.message), None, True
    shortened = in_one_line[:1].lower() + in_one_line[1:].rstrip(".")
    return UsageError(shortened, hint=f"run `{path} --help`")


app = typer.Typer(
    cls=RootGroup,
    name="memctl",
    help=HELP,
    epilog=EXIT_STATUS,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="markdown",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"memctl {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Show the help where no command is given."""
    show_help_if_bare(context)


app.add_typer(config.app, name="config")
app.add_typer(setup.app, name="setup")
app.add_typer(records.app, name="records")
app.add_typer(backup.app, name="backup")
app.add_typer(index.app, name="index")
command(app, "crew-id")(crew_id.crew_id)
command(app, "discover")(discover.discover)
command(app, "verify", connects=True)(verify.verify)
command(app, "stats", connects=True)(stats.stats)
command(app, "search", connects=True)(search.search)
command(app, "clear", connects=True)(clear.clear)
command(app, "restore", connects=True)(restore.restore)
command(app, "migrate", connects=True)(migrate.migrate)
command(app, "diff", connects=True)(diff.diff)
command(app, "history")(history.history)
command(app, "backends")(backends.backends)
command(app, "sandbox")(sandbox.sandbox)

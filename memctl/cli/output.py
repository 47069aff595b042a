"""Where a command's result and progress go, by its flags; how they look is done in `render`."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import typer

from ..model.errors import LocalStateUnusable, MemctlError, UsageError, unexpected
from ..model.redaction import Redactor
from .interrupts import Interruptible

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..core.selection import Connecting
    from ..model.progress import Progress
    from ..model.record import MemoryRecord
    from ..model.results import Result
    from .common import CommonOptions, ConnectingOptions

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Output:
    """The flags that every command has, and what follows from them; a context manager.

    Args:
        context: of the command that runs.
        flags: what the command was told about its output.
        connecting: how it connects to stores.
    """

    def __init__(
        self, context: typer.Context, flags: CommonOptions, connecting: ConnectingOptions
    ) -> None:
        if flags.quiet and flags.verbose:
            raise UsageError(
                "`--quiet` and `--verbose` exclude each other", hint="give one of them"
            )
        self.command = context.command_path.partition(" ")[2]
        self.redactor = context.find_object(Redactor) or Redactor()
        self._context = context
        self.json = flags.json
        self.quiet = flags.quiet
        self.no_input = flags.no_input
        self.is_verbose = flags.verbose > 0
        self._connecting = connecting
        self._handlers = list(_handlers(flags.verbose, flags.log_file, self.redactor))
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        logger = logging.getLogger("memctl")
        logger.setLevel(logging.DEBUG if self._handlers else logging.WARNING)
        for handler in self._handlers:
            logger.addHandler(handler)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._end_progress()
        for handler in self._handlers:
            logging.getLogger("memctl").removeHandler(handler)
            handler.close()

    def was_typed(self, parameter: str) -> bool:
        """Return whether a parameter comes from the command line, not from the environment."""
        source = self._context.get_parameter_source(parameter)
        return source is not None and source.name == "COMMANDLINE"

    @cached_property
    def connecting(self) -> Connecting:
        """Return how stores are connected to; a token on standard input is read just once."""
        from ..core.credentials import read_given
        from ..core.selection import Connecting

        is_given = self._connecting.user_token_stdin
        given = {"user_token": read_given(self.redactor)} if is_given else {}
        return Connecting(not self.no_input, self._connecting.timeout, given, self.redactor)

    @property
    def progress(self) -> Progress:
        """Return what shows progress, nothing with ``--quiet`` or ``--json``, and heeds Ctrl-C."""
        if self._progress is None:
            from ..render.progress import make_progress

            self._progress = make_progress(
                is_silent=self.quiet or self.json, is_plain=self.is_verbose
            )
        return Interruptible(self._progress, self.redactor.redact)

    def show(self, result: Result, **options: Any) -> None:
        """Print a result and exit with its code if something in it went wrong."""
        self._end_progress()
        result = self.redactor.clean(result)
        if self.json:
            from ..render.machine import document

            typer.echo(document(self.command, result))
        else:
            from ..render.people import show

            show(result, is_quiet=self.quiet, **options)
            for error in result.errors:
                show_error(self.redactor.clean(error))
        if result.errors:
            raise typer.Exit(result.errors[0].exit_code)

    def preview(self, result: Result) -> None:
        """Show on standard error what is about to be done."""
        from ..render.people import show

        show(self.redactor.clean(result), is_preview=True)

    def ask(self, question: str) -> str:
        """Ask for a line on standard error; the end of the input is an empty answer."""
        from ..render.text import visible

        typer.echo(visible(self.redactor.redact(question)), err=True, nl=False)
        answer = sys.stdin.readline()
        if not answer.endswith("\n"):
            typer.echo(err=True)
        return answer.rstrip("\r\n")

    def stream(self, records: Iterable[MemoryRecord], *, with_embeddings: bool) -> None:
        """Print records as JSON Lines, each as soon as it is read."""
        from ..render.machine import line

        for record in records:
            shown = self.redactor.clean(record)
            sys.stdout.write(line(shown, with_embeddings=with_embeddings) + "\n")
        sys.stdout.flush()

    def _end_progress(self) -> None:
        close = getattr(self._progress, "close", None)
        if close is not None:
            close()
        self._progress = None


class _Redacting(logging.Formatter):
    """Writes a line of the log without the secrets of the run."""

    def __init__(self, form: str, redactor: Redactor) -> None:
        super().__init__(form)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.redact(super().format(record))


def _handlers(verbose: int, log_file: Path | None, redactor: Redactor) -> Iterable[logging.Handler]:
    if verbose:
        handler = logging.StreamHandler(sys.stderr)
        handler.setLevel(logging.INFO if verbose == 1 else logging.DEBUG)
        handler.setFormatter(_Redacting("%(message)s", redactor))
        yield handler
    if log_file is not None:
        try:
            to_file = logging.FileHandler(log_file, encoding="utf-8")
        except OSError as exc:
            raise LocalStateUnusable(
                f"can't write the log `{log_file}`: {exc.strerror}",
                hint="give another file to `--log-file`",
            ) from exc
        to_file.setFormatter(_Redacting(LOG_FORMAT, redactor))
        yield to_file


def show_error(error: MemctlError) -> None:
    """Print an error and its way out to standard error."""
    from ..render.text import visible

    typer.echo(f"error: {visible(error.message)}", err=True)
    if error.hint:
        typer.echo(f"hint: {visible(error.hint)}", err=True)


def show_failure(
    error: MemctlError | None,
    argv: list[str],
    command: str,
    exc: BaseException,
    redactor: Redactor,
) -> int:
    """Print what ended a command, as a document with ``--json``; return the exit code."""
    if _is_very_verbose(argv):
        typer.echo(redactor.redact("".join(traceback.format_exception(exc))), err=True, nl=False)
    if error is None:
        error = unexpected(exc)
    error = redactor.clean(error)
    if isinstance(exc, OSError):
        _discard_standard_output()
        show_error(error)
    elif any(each == "--json" or each.startswith("--json=") for each in argv):
        from ..render.machine import failure

        typer.echo(failure(command, error))
    else:
        show_error(error)
    return error.exit_code


def _is_very_verbose(argv: list[str]) -> bool:
    """Return whether tracebacks were asked for, also where the command line can't be parsed."""
    short = sum(len(each) - 1 for each in argv if each.strip("v") == "-")
    return short + argv.count("--verbose") > 1


def _discard_standard_output() -> None:
    """Let what is left in the buffer go nowhere: it would fail to be written again at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

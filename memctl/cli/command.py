"""What every command has in common: how its options reach it, and where its result goes."""

from __future__ import annotations

import inspect
from dataclasses import is_dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar

import typer
from typer.core import TyperGroup

from ..model.results import InterruptedHalfway
from .common import CommonOptions, ConnectingOptions
from .output import Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Family = TypeVar("Family")


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
    extra: Mapping[str, tuple[Any, Any]] | None = None,
    *,
    summary: str | None = None,
    connects: bool = False,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command that gets an `Output` and has the options that every command has.

    A parameter whose type is a dataclass stands for an option per field, and gets them as one.

    Args:
        app: the group of commands that it belongs to.
        name: the word on the command line.
        extra: more options, as name -> (annotation, default), passed on under their names.
        summary: the help, where the docstring can't say it.
        connects: whether it opens a store, and has the options for that.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        own = options_of(function)
        families = {key: each.annotation for key, each in own.items() if _is_family(each)}

        @wraps(function)
        def run(context: typer.Context, **values: Any) -> None:
            flags = _gathered(CommonOptions, values)
            connecting = _gathered(ConnectingOptions, values) if connects else ConnectingOptions()
            values |= {key: _gathered(family, values) for key, family in families.items()}
            with Output(context, flags, connecting) as out:
                try:
                    function(out, **values)
                except InterruptedHalfway as exc:
                    out.show(exc.result)

        options = [*_spread(own), *(_parameter(key, *each) for key, each in (extra or {}).items())]
        options += (COMMON | CONNECTING if connects else COMMON).values()
        signature = [_parameter("context", typer.Context), *options]
        run.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in signature}
        app.command(name, help=summary)(run)
        return function

    return register


def options_of(declared: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the options that a command's function or a dataclass declares, by name."""
    parameters = inspect.signature(declared, eval_str=True).parameters
    return {
        name: each.replace(kind=each.KEYWORD_ONLY)
        for name, each in parameters.items()
        if name != "out" and each.kind is not each.VAR_KEYWORD
    }


COMMON: Final = options_of(CommonOptions)
CONNECTING: Final = options_of(ConnectingOptions)


def _is_family(parameter: inspect.Parameter) -> bool:
    return is_dataclass(parameter.annotation)


def _spread(own: Mapping[str, inspect.Parameter]) -> Iterator[inspect.Parameter]:
    """Return a function's options, with those of a dataclass in its place."""
    for each in own.values():
        yield from options_of(each.annotation).values() if _is_family(each) else [each]


def _gathered(family: type[Family], values: dict[str, Any]) -> Family:
    """Take the values of a dataclass's fields out of all that were given."""
    return family(**{name: values.pop(name) for name in options_of(family)})


def _parameter(
    name: str, annotation: Any, default: Any = inspect.Parameter.empty
) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
    )

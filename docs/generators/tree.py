"""The command tree as data, read from what each command declares to Typer; no Markdown."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, get_args, get_origin

import typer
from typer.core import TyperGroup
from typer.models import ArgumentInfo

from memctl.cli.app import app
from memctl.cli.command import COMMON

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument or an option of a command.

    Attributes:
        name: its name in Python.
        flags: how an option is spelled; empty for an argument.
        value: what stands for the value, or `None` for a switch.
        choices: the values that it takes, where they are few.
        help: what it says of itself.
        default: its default, or `None` where it has none that is worth a word.
        variable: the environment variable that stands for it.
        is_required: whether it must be given.
    """

    name: str
    flags: tuple[str, ...]
    value: str | None
    choices: tuple[str, ...]
    help: str
    default: str | None
    variable: str | None
    is_required: bool

    @property
    def is_common(self) -> bool:
        """Whether every command has it."""
        return self.name in COMMON


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or a group of commands.

    Attributes:
        words: what is typed after ``memctl``; empty for the root.
        help: what it says of itself, in Markdown.
        parameters: its arguments and options, as they are declared.
        commands: the words of the commands in a group; empty for a command.
        function: the function that carries it out.
    """

    words: tuple[str, ...]
    help: str
    parameters: tuple[Parameter, ...]
    commands: tuple[str, ...]
    function: Any

    @property
    def name(self) -> str:
        """The whole command, as it is typed."""
        return " ".join(("memctl", *self.words))

    @property
    def summary(self) -> str:
        """The first paragraph of the help, on one line."""
        return " ".join(self.help.split("\n\n")[0].split())


@cache
def commands() -> tuple[Command, ...]:
    """List every command, each group before its commands, in the order of the help."""
    return tuple(_walk(typer.main.get_command(app), ()))


def _walk(found: Any, words: tuple[str, ...]) -> Iterator[Command]:
    names: tuple[str, ...] = ()
    if isinstance(found, TyperGroup):
        context = typer.Context(found, info_name="memctl")
        names = tuple(found.list_commands(context))
    yield Command(
        words=words,
        help=inspect.cleandoc(found.help or ""),
        parameters=tuple(_parameters(found.callback)),
        commands=names,
        function=inspect.unwrap(found.callback),
    )
    for name in names:
        yield from _walk(found.get_command(context, name), (*words, name))


def _parameters(callback: Any) -> Iterator[Parameter]:
    """Read the signature: what Typer itself makes of it is spelled otherwise in each release."""
    for name, parameter in inspect.signature(callback).parameters.items():
        if get_origin(parameter.annotation) is None or not get_args(parameter.annotation):
            continue
        form, info = get_args(parameter.annotation)[:2]
        is_argument = isinstance(info, ArgumentInfo)
        spelled = (info.default, *(info.param_decls or ()))
        texts = [each for each in spelled if isinstance(each, str) and each.startswith("-")]
        flags = tuple(flag for each in texts for flag in each.split("/"))
        inner = _inner_type(form)
        choices = tuple(each.value for each in inner) if _is_choice(inner) else ()
        is_switch = inner is bool or bool(getattr(info, "count", False))
        yield Parameter(
            name=name,
            flags=() if is_argument else tuple(sorted(flags, key=len, reverse=True)),
            value=None if is_switch else info.metavar or _placeholder(name, inner, choices),
            choices=choices,
            help=info.help or "",
            default=_default(parameter.default),
            variable=info.envvar,
            is_required=parameter.default is inspect.Parameter.empty,
        )


def _inner_type(form: Any) -> Any:
    """Give the type of one value: of ``list[X] | None`` it is ``X``."""
    while get_args(form):
        form = next(each for each in get_args(form) if each is not type(None))
    return form


def _is_choice(inner: Any) -> bool:
    return isinstance(inner, type) and issubclass(inner, Enum)


def _placeholder(name: str, inner: Any, choices: tuple[str, ...]) -> str:
    if choices:
        return "|".join(choices)
    return "N" if inner is int else name.upper()


def _default(value: Any) -> str | None:
    if value is inspect.Parameter.empty or value is None or value is False or value == 0:
        return None
    return str(value.value if isinstance(value, Enum) else value)

"""The pages about commands, and about the environment variables that stand for their options."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import memctl
from memctl.core.backends import list_backends

from .markdown import anchor, code, page, sentence, table
from .results import result_of
from .tree import Command, Parameter, commands

if TYPE_CHECKING:
    from collections.abc import Iterable

INTRO = """
Every command has `--help` (`-h`), and the
[options of every command](#options-of-every-command). Options stand after the command's words:
`memctl stats --json`. A command ends with one of these [exit codes](exit-codes.md).
"""

ROOT_OPTIONS = (
    ("`--version`", "Print the version."),
    ("`--install-completion`", "Install completion for the shell that it is run in."),
    ("`--show-completion`", "Print the completion script of the shell that it is run in."),
    ("`--help`, `-h`", "Print the help; bare `memctl` does the same."),
)

OTHER_VARIABLES = {
    "MEMCTL_VAULT_PASSWORD": "The password of the vault, which keeps secrets on machines without a "
    "keyring; without it memctl asks.",
    "MEMCTL_HOME": "The directory of memctl's own files: profiles, journal, locks, and the stores "
    "that `memctl setup` was given no place for. Without it, the platform's directory for the "
    "user's data: `~/.local/share/memctl` on Linux, `~/Library/Application Support/memctl` on "
    "macOS.",
    "NO_COLOR": "If it is not empty: no colours.",
    "FORCE_COLOR": "If it is not empty: colours also where the output is no terminal. `NO_COLOR` "
    "outranks it.",
    "TERM": "`dumb` and `unknown`: no colours, and progress as lines.",
    "COLUMNS": "The width of tables on a terminal, instead of the terminal's own.",
}

VARIABLE = re.compile("|".join(["MEMCTL_[A-Z]+(_[A-Z]+)*", *OTHER_VARIABLES]))

ENVIRONMENT_INTRO = """
A flag outranks the variable that stands for it. memctl reads no `.env` file.
"""


def commands_page() -> str:
    """Describe every command."""
    found = commands()
    common = {each.name: each for one in found for each in one.parameters if each.is_common}
    overview = table(
        ("command", "what it does"),
        ([_linked(each), each.summary] for each in found if not each.commands),
    )
    root = table(("option", "what it does"), ROOT_OPTIONS)
    return page(
        "Commands",
        INTRO,
        overview,
        *(_section(each) for each in found if each.words),
        "## Options of every command",
        _options(common.values()),
        "## Options of memctl itself",
        root,
    )


def _linked(command: Command) -> str:
    return f"[`{command.name}`](#{anchor(command.name)})"


def _section(command: Command) -> str:
    mark = "#" * (len(command.words) + 1)
    parts = [f"{mark} {command.name}", command.help]
    if not command.commands:
        own = [each for each in command.parameters if not each.is_common]
        result = result_of(command.function)
        parts += [
            f"```text\n{_usage(command)}\n```",
            table(
                ("argument", "what it is"),
                ([code(_argument(each)), _what(each)] for each in own if not each.flags),
            ),
            _options(each for each in own if each.flags),
            f"With `--json`, `data` is a [{result}](json.md#{anchor(result)}).",
        ]
    return "\n\n".join(filter(None, parts))


def _usage(command: Command) -> str:
    arguments = [
        _argument(each) if each.is_required else f"[{_argument(each)}]"
        for each in command.parameters
        if not each.flags
    ]
    return " ".join((command.name, "[OPTIONS]", *arguments))


def _argument(parameter: Parameter) -> str:
    return (parameter.value or parameter.name).strip("[]")


def _options(parameters: Iterable[Parameter]) -> str:
    return table(
        ("option", "what it does"), ([_spelling(each), _what(each)] for each in parameters)
    )


def _spelling(parameter: Parameter) -> str:
    first, *others = parameter.flags
    value = f" {parameter.value}" if parameter.value else ""
    return ", ".join([code(first + value), *map(code, others)])


def _what(parameter: Parameter) -> str:
    said = [sentence(parameter.help)]
    if parameter.default is not None:
        said.append(f"Default: {code(parameter.default)}.")
    if parameter.variable:
        said.append(f"Environment: {code(parameter.variable)}.")
    return " ".join(said)


def _secret_rows() -> dict[str, list[str]]:
    """Describe the variables that secrets are given by; no option stands for these."""
    return {
        str(setting.environment): [
            code(str(setting.environment)),
            "-",
            f"{sentence(setting.help)} A secret; see [backends](backends.md).",
        ]
        for backend in list_backends().backends
        for setting in backend.settings
        if setting.secret
    }


def environment_page() -> str:
    """List every environment variable that memctl reads."""
    options = variables()
    rows = _secret_rows()
    named = named_in_code() - {*options} - {*rows}
    rows |= {name: [code(name), "-", OTHER_VARIABLES[name]] for name in named}
    for name, uses in options.items():
        first = uses[0][1]
        is_setup = all(command.words[:1] == ("setup",) for command, _ in uses)
        where = f" of {code(uses[0][0].name)}" if is_setup and len(uses) == 1 else ""
        rows[name] = [code(name), code(first.flags[0]) + where, sentence(first.help)]
    return page(
        "Environment",
        ENVIRONMENT_INTRO,
        table(("variable", "stands for", "what it does"), (rows[name] for name in sorted(rows))),
    )


def named_in_code() -> set[str]:
    """Find the environment variables that the code names, apart from settings of backends."""
    texts = {
        node.value
        for path in Path(memctl.__path__[0]).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {each for each in texts if VARIABLE.fullmatch(each)}


def variables() -> dict[str, list[tuple[Command, Parameter]]]:
    """Give the options that each environment variable stands for."""
    found: dict[str, list[tuple[Command, Parameter]]] = {}
    for command in commands():
        for parameter in command.parameters:
            if parameter.variable:
                found.setdefault(parameter.variable, []).append((command, parameter))
    return found

"""Writes the reference pages and completion files: ``python docs/generate.py [--check]``."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from memctl.cli.app import app
from memctl.core.backends import list_backends
from memctl.model import errors, results

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Made by `python docs/generate.py` from the code; change that instead. -->\n"

COMPLETIONS = {
    "memctl.bash": "bash",
    "_memctl": "zsh",
    "memctl.fish": "fish",
    "memctl.ps1": "pwsh",
}

OTHER_VARIABLES = {
    "MEMCTL_HOME": "The directory of memctl's own files: profiles, the journal, locks and stores "
    "that `memctl setup` was given no place for.",
    "NO_COLOR": "Not empty: no colours.",
    "FORCE_COLOR": "Not empty: colours even where the output is no terminal.",
    "TERM": "`dumb`: no colours and no moving progress.",
}


def pages() -> dict[Path, str]:
    """Give the text of every generated file."""
    return {
        REFERENCE / "commands.md": commands_page(),
        REFERENCE / "backends.md": backends_page(),
        REFERENCE / "environment.md": environment_page(),
        REFERENCE / "exit-codes.md": exit_codes_page(),
        REFERENCE / "json.md": json_page(),
        **{ROOT / "completions" / name: completion(shell) for name, shell in COMPLETIONS.items()},
    }


def walk(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give every command of the tree with its words, parents first."""
    yield words, command
    if isinstance(command, TyperGroup):
        context = typer.Context(command, info_name="memctl")
        for name in command.list_commands(context):
            yield from walk(command.get_command(context, name), (*words, name))


def commands_page() -> str:
    """Print the help of every command."""
    parts = [NOTE, "# Commands\n"]
    environment = {"COLUMNS": "90", "TERMINAL_WIDTH": "90", "NO_COLOR": "1", "TERM": "dumb"}
    for words, _ in walk(typer.main.get_command(app)):
        shown = CliRunner().invoke(app, [*words, "--help"], prog_name="memctl", env=environment)
        text = "\n".join(line.rstrip() for line in shown.stdout.strip("\n").splitlines())
        parts.append(f"## `{' '.join(('memctl', *words))}`\n\n```text\n{text.strip()}\n```\n")
    return "\n".join(parts)


def backends_page() -> str:
    """Tell what each backend can do, and its settings."""
    parts = [NOTE, "# Backends\n"]
    for each in list_backends().backends:
        parts.append(f"## `{each.name}`\n\n{each.title[:1].upper()}{each.title[1:]}.\n")
        place = f"`{each.location}`" if each.location else "none: it lives in the process"
        parts.append(f"- location: {place}")
        parts.append(f"- can: {', '.join(f'`{name}`' for name in each.capabilities)}\n")
        if each.settings:
            parts.append("| setting | what it says | default | environment |\n|---|---|---|---|")
        for setting in each.settings:
            choices = f" One of {', '.join(setting.choices)}." if setting.choices else ""
            default = "required" if setting.required else f"`{setting.default or '-'}`"
            parts.append(
                f"| `{setting.name}` | {setting.help}{choices} | {default} "
                f"| `{setting.environment}` |"
            )
        parts.append("")
    return "\n".join(parts)


def environment_page() -> str:
    """List every environment variable and the option that it stands for."""
    variables: dict[str, set[str]] = {}
    for words, command in walk(typer.main.get_command(app)):
        for parameter in getattr(command, "params", ()):
            names = parameter.envvar or ()
            for name in [names] if isinstance(names, str) else names:
                option = f"`{parameter.opts[0]}`"
                where = f" of `memctl {' '.join(words)}`" if words[:1] == ("setup",) else ""
                own = name.startswith("MEMCTL_CHROMA") or not where
                variables.setdefault(name, set()).add(option + (where if own and where else ""))
    rows = {name: "Stands for " + ", ".join(sorted(each)) + "." for name, each in variables.items()}
    rows |= OTHER_VARIABLES
    lines = [f"| `{name}` | {text} |" for name, text in sorted(rows.items())]
    intro = "A flag outranks its variable, and a variable outranks the profile.\n"
    return "\n".join(
        [NOTE, "# Environment\n", intro, "| variable | what it does |\n|---|---|", *lines, ""]
    )


def every_error(base: type[errors.MemctlError]) -> Iterator[type[errors.MemctlError]]:
    """Give a class of errors and all below it."""
    yield base
    for each in sorted(base.__subclasses__(), key=lambda each: each.__name__):
        yield from every_error(each)


def exit_codes_page() -> str:
    """List every error with its code and exit code."""
    found = sorted(every_error(errors.MemctlError), key=lambda each: (each.exit_code, each.code))
    lines = ["| 0 | - | Done. | - |"]
    for each in found:
        sentence = (each.__doc__ or "").split("\n")[0]
        retry = "yes" if each.retryable else "no"
        lines.append(f"| {each.exit_code} | `{each.code}` | {sentence} | {retry} |")
    intro = (
        "Every command ends with one of these. With `--json`, `errors[].code` is the word in the\n"
        "second column. A code that is not listed here is a failure.\n"
    )
    head = "| exit | code | meaning | may trying again help? |\n|---|---|---|---|"
    return "\n".join([NOTE, "# Exit codes and errors\n", intro, head, *lines, ""])


def json_page() -> str:
    """List the keys of each result."""
    parts = [NOTE, "# JSON output\n", JSON_INTRO]
    for name in results.__all__:
        each = getattr(results, name)
        if dataclasses.is_dataclass(each):
            sentence = (each.__doc__ or "").split("\n")[0]
            fields = ", ".join(
                f"`{field.name}`: {field.type}" for field in dataclasses.fields(each)
            )
            parts.append(f"- **{name}**: {sentence} {fields}\n")
    return "\n".join(parts)


JSON_INTRO = """With `--json` every command prints exactly one document to standard output, on success, on
failure and on a wrong command line:

```json
{"schema": 1, "command": "stats", "status": "success", "exit_code": 0, "data": {}, "errors": []}
```

`status` is `success`, `partial` (exit code 8) or `error`. Each of `errors` has `code`, `message`
and `hint`. Times are RFC 3339 in UTC. Keys are only ever added. `data` is one of these, by field:
"""


def completion(shell: str) -> str:
    """Have memctl print the completion script of a shell."""
    environment = {**os.environ, "_MEMCTL_COMPLETE": f"source_{shell}"}
    ran = subprocess.run(
        [sys.executable, "-m", "memctl"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    return ran.stdout.strip() + "\n"


def main() -> int:
    """Write every file, or say which one is not current."""
    stale = []
    for path, text in pages().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.relative_to(ROOT))
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        print(("not current: " if "--check" in sys.argv else "written: ") + str(path))
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs what a page of the documentation shows, as its reader would; no test of its own.

A block of `console` holds commands after `$ ` and what they print. `...` stands for what differs
from one machine or run to the next: a part of a line, or as a line of its own any lines. Commands
without output are run and not compared. A command that fails is followed by `$ echo $?`. A block
with a name behind its language, "sh check.sh", is a file that the reader saves under that name.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import memctl
from memctl.cli.app import app

ROOT = Path(memctl.__file__).parents[1]
SHELL_ONLY = re.compile(r"[|<>$*;&]|^\w+=")
INSTALLING = (
    "python3 -m venv .venv",
    ".venv/bin/pip install .",
    ".venv/bin/pip install '.[test]'",
    ".venv/bin/python -m pytest -n 2",
)
"""Commands of the README that take minutes, and that a test can't run inside of itself."""


@dataclass(frozen=True)
class Block:
    """A block of code, the number of its first line in the page, and the file that it is to be."""

    language: str
    text: str
    line: int
    file: str


@dataclass
class Step:
    """A command of a console, and the lines that the page shows below it."""

    command: str
    shown: list[str] = field(default_factory=list)


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and keeps what it is told."""

    def isatty(self) -> bool:
        return True


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^```(\w*) ?(\S*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [
        Block(each[1], each[3], text[: each.start(3)].count("\n") + 1, each[2]) for each in found
    ]


def steps(console: str) -> list[Step]:
    found: list[Step] = []
    for line in console.splitlines():
        if line.startswith("$ "):
            found.append(Step(line.removeprefix("$ ")))
        elif found[-1].command.endswith("\\"):
            found[-1].command = found[-1].command.removesuffix("\\") + line.strip()
        else:
            found[-1].shown.append(line)
    return found


def is_as_shown(shown: list[str], printed: str) -> bool:
    """Compare, with any width of gaps and rules: they depend on the length of paths."""
    pattern = ""
    for line in trimmed(shown):
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(map(re.escape, line.split("..."))) + r"\n"
    text = "\n".join(trimmed(printed.splitlines()))
    return re.fullmatch(pattern, text + "\n" if text else "") is not None


def trimmed(lines: list[str]) -> list[str]:
    kept = [re.sub("─+", "─", re.sub(" {2,}", "  ", line.rstrip())) for line in lines]
    while kept and not kept[-1]:
        kept.pop()
    return kept


class Reader:
    """Somebody who follows a page in one directory, in which `docs/sample` lies."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.exit_code = 0
        self._names: dict[str, object] = {"__name__": "__main__"}

    def type(self, command: str) -> str:
        """Run a command, and return what a terminal would show of it."""
        if command == "echo $?":
            return f"{self.exit_code}\n"
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            os.environ[name] = os.path.expandvars(value)
            return ""
        printed = ""
        for part in command.split(" && "):
            if part.strip() not in INSTALLING:
                printed += self._run(part.strip().removeprefix(".venv/bin/"))
            if self.exit_code:
                break
        return printed

    def save(self, name: str, text: str) -> None:
        """Save a file that the page shows, as a program if it says what runs it."""
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        if text.startswith("#!"):
            path.chmod(0o755)

    def python(self, code: str) -> str:
        """Run a block of Python after those before it, and return what it prints."""
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code, self._names)  # noqa: S102 - the page's own code
        return printed.getvalue()

    def _run(self, command: str) -> str:
        if command.startswith("memctl ") and not SHELL_ONLY.search(command):
            return self._run_here(shlex.split(command)[1:])
        ran = subprocess.run(
            ["/bin/sh", "-c", command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd=self.directory,
            env={**os.environ, "PATH": f"{self.programs()}:{os.environ['PATH']}"},
        )
        self.exit_code = ran.returncode
        return ran.stdout

    def _run_here(self, arguments: list[str]) -> str:
        """Run memctl in this process, which has loaded already what takes time to load."""
        screen = Terminal()
        with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
            try:
                app(arguments, prog_name="memctl")
            except SystemExit as exc:
                self.exit_code = int(exc.code or 0)
        return screen.getvalue()

    def programs(self) -> Path:
        """Make a directory with a `memctl` and a `python3` that run the code under test."""
        directory = self.directory / ".programs"
        if not directory.exists():
            directory.mkdir()
            for name, words in {"memctl": "-m memctl", "python3": ""}.items():
                script = f'PYTHONPATH="{ROOT}" exec "{sys.executable}" {words} "$@"'
                (directory / name).write_text(f"#!/bin/sh\n{script}\n")
                (directory / name).chmod(0o755)
        return directory

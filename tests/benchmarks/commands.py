"""Whole commands, as a user waits for them: ``python -m tests.benchmarks.commands``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROUNDS = 7

TRIVIAL = '''
import typer
from rich.console import Console

app = typer.Typer(rich_markup_mode="markdown")

def make(number):
    def command(a: int = 1, b: str = "x"):
        """Say something."""
        Console().print(a, b)
    app.command(f"command-{number}")(command)

for number in range(20):
    make(number)
app()
'''

MEMCTL = [sys.executable, "-m", "memctl"]


def run(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Give the seconds and the peak megabytes of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return seconds, usage.ru_maxrss / 1024


def main() -> None:
    """Print median seconds and the largest peak of each command, taken in turns."""
    with tempfile.TemporaryDirectory() as directory:
        # Made by another process: what this one holds would count as the peak of its children.
        store = Path(directory) / "store"
        subprocess.run([sys.executable, "-m", "tests.benchmarks.data", store], check=True)
        trivial = Path(directory) / "trivial.py"
        trivial.write_text(TRIVIAL)
        environment = {**os.environ, "MEMCTL_HOME": str(Path(directory) / "home")}
        setup = [*MEMCTL, "setup", "chroma", "--path", str(store), "-g", "acme"]
        subprocess.run(setup, env=environment, check=True, capture_output=True)
        commands = {
            "a trivial program --help": [sys.executable, str(trivial), "--help"],
            "memctl --help (goal: 1.5 x trivial)": [*MEMCTL, "--help"],
            "memctl stats --at (0.6 s, 80 MB)": [*MEMCTL, "stats", "--at", f"chroma:{store}"],
            "memctl stats (profile; 1.2 s)": [*MEMCTL, "stats", "-g", "acme"],
        }
        runs = {name: [run(command, environment)] for name, command in commands.items()}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                runs[name].append(run(command, environment))
        for name, figures in runs.items():
            seconds = median(each for each, _ in figures[1:])
            print(f"{name:40} {seconds:6.3f} s  {max(peak for _, peak in figures):5.0f} MB")


if __name__ == "__main__":
    main()

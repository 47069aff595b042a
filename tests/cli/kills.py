"""Runs memctl in forks of one process, each killed in the midst of its work; no test.

Run as ``python -m tests.cli.kills MODULE[,MODULE...] WORDS...``: it loads the modules, and for each
line ``SECONDS STEP`` on its standard input it runs ``memctl WORDS`` in a fork, which has loaded
already what takes a second to load. The fork is killed so many seconds after its log has said that
the step begins; then a line is answered.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from importlib import import_module
from typing import Self

COMMANDS = (
    "memctl.cli.app",
    "memctl.core.backup.delete",
    "memctl.core.backup.run",
    "memctl.core.clear.run",
    "memctl.core.diff",
    "memctl.core.migrate.run",
    "memctl.core.restore",
    "memctl.render.people",
    "memctl.store.checkpoints",
    "memctl.store.database",
    "memctl.store.engine",
    "memctl.store.journal",
    "memctl.store.journal_rows",
    "memctl.store.profile_rows",
    "memctl.store.profiles",
)
DIRECTORIES = (
    *COMMANDS,
    "chromadb",
    "pyarrow.compute",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "memctl.backends.archive.writer",
    "memctl.backends.chroma.directory.backend",
    "memctl.backends.chroma.directory.writer",
    "memctl.backends.crewai.backend",
)
"""What stores on this machine need. None of it starts a thread, which no fork would have."""
TABLES = (*DIRECTORIES, "lance_namespace", "pandas")
"""`lancedb` itself starts threads; what it takes longest to load does not."""


class Killer:
    """Kills runs of one command; a context manager.

    Args:
        words: the command's.
        loaded: the modules that it needs.
    """

    def __init__(self, *words: object, loaded: tuple[str, ...] = DIRECTORIES) -> None:
        self._chance = random.Random(6)
        command = [sys.executable, "-m", __name__, ",".join(loaded), *map(str, words)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def kill(self, step: str, longest_s: float) -> None:
        """Kill one run by chance within so many seconds after the step begins."""
        assert self._process.stdin
        assert self._process.stdout
        print(self._chance.uniform(0, longest_s), step, file=self._process.stdin, flush=True)
        assert self._process.stdout.readline()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._process.communicate()
        assert self._process.returncode == 0


def kill_again_and_again(
    count: int,
    steps: list[str],
    *words: object,
    longest_s: float = 0.3,
    loaded: tuple[str, ...] = DIRECTORIES,
) -> None:
    """Kill so many runs, each soon after one of the steps, in turn, begins."""
    with Killer(*words, loaded=loaded) as killer:
        for number in range(count):
            killer.kill(steps[number % len(steps)], longest_s)


def _run(words: list[str], log: int) -> None:
    """Be memctl, with its log in a pipe."""
    from memctl.cli.app import app

    os.dup2(log, sys.stderr.fileno())
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdin, sys.stdout):
        os.dup2(nothing, stream.fileno())
    try:
        app([*words, "-v"], prog_name="memctl")
    finally:
        os._exit(0)


def _kill(words: list[str], delay: float, step: str) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _run(words, writing)
    os.close(writing)
    with os.fdopen(reading) as log:
        while (line := log.readline()) and step not in line:
            pass
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def main() -> None:
    loaded, *words = sys.argv[1:]
    for each in loaded.split(","):
        import_module(each)
    for line in sys.stdin:
        delay, step = line.rstrip("\n").split(" ", 1)
        _kill(words, float(delay), step)
        sys.stdout.write("killed\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""Runs memctl in forks of one process, each killed in the midst of its work; no test.

Run as ``python -m tests.cli.kills COUNT SECONDS BEGUN[,BEGUN...] WORDS...``: child number n runs
``memctl WORDS`` and is killed by chance within so many seconds after the step BEGUN, the n-th in
turn. A fork has loaded already what takes a second to load.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

LONGEST_S = 0.3


def kill_again_and_again(
    count: int, begun: list[str], *words: object, longest_s: float = LONGEST_S
) -> None:
    """Kill so many runs, each soon after its log has said that a step begins."""
    times = [str(count), str(longest_s)]
    command = [sys.executable, "-m", "tests.cli.kills", *times, ",".join(begun)]
    subprocess.run([*command, *map(str, words)], check=True)


def _load() -> None:
    """Load what memctl would load; nothing here starts a thread, which no fork would have."""
    import chromadb  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    import memctl.backends.archive.writer
    import memctl.store.journal  # noqa: F401


def _run(words: list[str], log: int) -> None:
    """Be memctl, with its log in a pipe."""
    from memctl.cli.app import app

    os.dup2(log, sys.stderr.fileno())
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    try:
        app([*words, "-v"], prog_name="memctl")
    finally:
        os._exit(0)


def _kill(words: list[str], begun: str, delay: float) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _run(words, writing)
    os.close(writing)
    with os.fdopen(reading) as log:
        while (line := log.readline()) and begun not in line:
            pass
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def main() -> None:
    count, longest_s, begun, *words = sys.argv[1:]
    steps = begun.split(",")
    chance = random.Random(float(longest_s) * int(count))
    _load()
    for number in range(int(count)):
        _kill(words, steps[number % len(steps)], chance.uniform(0, float(longest_s)))


if __name__ == "__main__":
    main()

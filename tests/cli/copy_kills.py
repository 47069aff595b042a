"""Kills copies, from forks that have loaded what every pair of local stores needs; no test.

Run as ``python -m tests.cli.copy_kills COUNT BEGUN[,BEGUN...] WORDS...``, like the module `kills`.
"""

from __future__ import annotations

import random
import subprocess
import sys

from .kills import _kill

LONGEST_S = 0.12
"""A copy of a few hundred records takes little longer."""


def kill_copies(count: int, begun: list[str], *words: object) -> None:
    """Kill so many runs, each after its log has said that a step begins."""
    command = [sys.executable, "-m", __name__, str(count), ",".join(begun)]
    subprocess.run([*command, *map(str, words)], check=True)


def _load(*, has_table: bool) -> None:
    """Load what memctl would load; nothing here starts a thread, which no fork would have.

    `lancedb` itself does; what it takes longest to load does not.

    Args:
        has_table: whether a copy reads or writes CrewAI's memory.
    """
    if has_table:
        import lance_namespace  # noqa: F401
        import pandas as pd  # noqa: F401
    import chromadb  # noqa: F401
    import pyarrow.compute
    import pyarrow.dataset
    import pyarrow.parquet  # noqa: F401

    import memctl.backends.archive.writer
    import memctl.backends.chroma.directory.backend
    import memctl.backends.chroma.directory.writer
    import memctl.backends.crewai.backend
    import memctl.cli.app
    import memctl.core.backup
    import memctl.core.diff
    import memctl.core.migrate.run
    import memctl.core.restore
    import memctl.render.people
    import memctl.store.checkpoints
    import memctl.store.database
    import memctl.store.journal
    import memctl.store.profiles  # noqa: F401


def main() -> None:
    count, begun, *words = sys.argv[1:]
    steps = begun.split(",")
    chance = random.Random(int(count))
    _load(has_table=any(each.startswith("crewai:") for each in words))
    for number in range(int(count)):
        _kill(words, steps[number % len(steps)], chance.uniform(0, LONGEST_S))


if __name__ == "__main__":
    main()

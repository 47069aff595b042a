"""Kills runs of memctl against a workspace, from forks that have loaded its clients; no test.

Run as ``python -m tests.cli.databricks.kills COUNT BEGUN[,BEGUN...] WORDS...``, like the module of
that name one folder up.
"""

from __future__ import annotations

import random
import subprocess
import sys

from ..kills import _kill


def kill_setups(count: int, begun: list[str], *words: object) -> None:
    """Kill so many runs, each after its log has said that a step begins."""
    command = [sys.executable, "-m", __name__, str(count), ",".join(begun)]
    subprocess.run([*command, *map(str, words)], check=True)


def _load() -> None:
    """Load what memctl would load; nothing here starts a thread, which no fork would have."""
    import databricks.sdk  # noqa: F401

    import memctl.backends.databricks.backend
    import memctl.backends.databricks.login
    import memctl.backends.databricks.recreate
    import memctl.backends.databricks.setup
    import memctl.cli.app
    import memctl.core.index
    import memctl.core.provision
    import memctl.render.people
    import memctl.secrets.lookup
    import memctl.store.database
    import memctl.store.journal
    import memctl.store.profiles  # noqa: F401


def main() -> None:
    count, begun, *words = sys.argv[1:]
    steps = begun.split(",")
    chance = random.Random(int(count))
    _load()
    for number in range(int(count)):
        _kill(words, steps[number % len(steps)], chance.uniform(0, 0.06))


if __name__ == "__main__":
    main()

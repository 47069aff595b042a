"""CrewAI's own memory, as a user waits for it: ``python -m tests.benchmarks.crewai``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from ..backends.crewai.foreign import make_shared_store, make_unified_store
from ..formats.crewai.stores import LEGACY, UNIFIED, unpack
from .commands import MEMCTL, run

RECORDS = 100_000
DIMENSION = 64
STORES = 50
ROUNDS = 5


def make_stores(directory: Path) -> None:
    """Make a store of each kind with many records, and many small ones; the same on every run."""
    make_shared_store(directory / "shared", RECORDS, DIMENSION)
    make_unified_store(directory / "unified", RECORDS, DIMENSION)
    names = [*LEGACY, *UNIFIED]
    for number in range(STORES):
        unpacked = unpack(names[number % len(names)], directory / "unpacked" / str(number))
        shutil.move(unpacked, directory / "data" / f"project-{number}")


def main() -> None:
    """Print median seconds and the largest peak of each command, taken in turns."""
    with tempfile.TemporaryDirectory() as directory:
        # Made by another process: what this one holds would count as the peak of its children.
        subprocess.run([sys.executable, "-m", __spec__.name, directory], check=True)
        environment = {
            **os.environ,
            "MEMCTL_HOME": f"{directory}/home",
            "XDG_DATA_HOME": f"{directory}/data",
        }
        at = [*MEMCTL, "stats", "--at"]
        commands = {
            "stats on Chroma (2 s, 150 MB)": [*at, f"crewai:{directory}/shared"],
            "stats on LanceDB (3 s, 250 MB)": [*at, f"crewai:{directory}/unified"],
            "discover over 50 stores (3 s)": [*MEMCTL, "discover"],
        }
        runs = {name: [run(command, environment)] for name, command in commands.items()}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                runs[name].append(run(command, environment))
        for name, figures in runs.items():
            seconds = median(each for each, _ in figures[1:])
            print(f"{name:40} {seconds:6.3f} s  {max(peak for _, peak in figures):5.0f} MB")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        make_stores(Path(sys.argv[1]))
    else:
        main()

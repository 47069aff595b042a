"""Chroma directories copied as files, against `cp`: ``python -m tests.benchmarks.files``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from memctl.core.backup.run import BackupOrder, back_up_memory
from memctl.core.migrate import MigrateOrder, migrate_memory
from memctl.core.restore import RestoreOrder, restore_backup
from memctl.core.selection import StoreRequest

from .data import RECORDS, make_chroma
from .migrate import Stopwatch


def copy_with_cp(source: Path, target: Path) -> float:
    """Give the seconds of ``cp -r``, with each file and folder on the disk in the end."""
    start = time.perf_counter()
    subprocess.run(["cp", "-r", source, target], check=True)  # noqa: S607 - wherever the system keeps it
    for each in [*target.rglob("*"), target]:
        descriptor = os.open(each, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    return time.perf_counter() - start


class Watched:
    """One run of memctl, and how long each part of it took."""

    def __init__(self) -> None:
        self._watch = Stopwatch()
        self._begun = time.perf_counter()

    @property
    def progress(self) -> Stopwatch:
        return self._watch

    def end(self) -> tuple[float, float, float]:
        """Give the seconds of looking beforehand, of copying and of comparing."""
        end = time.perf_counter()
        starts = dict(reversed(self._watch.starts))
        copying, comparing = starts["copying"], starts["comparing"]
        return copying - self._begun, comparing - copying, end - comparing


def migrate(source: Path, target: Path) -> tuple[float, float, float]:
    run = Watched()
    result = migrate_memory(
        MigrateOrder(
            StoreRequest.named(f"chroma:{source}"), StoreRequest.named(f"chroma:{target}")
        ),
        run.progress,
    )
    assert result.comparison is not None
    assert result.comparison.holds
    return run.end()


def back_up(source: Path) -> tuple[str, tuple[float, float, float]]:
    run = Watched()
    result = back_up_memory(BackupOrder(StoreRequest.named(f"chroma:{source}")), run.progress)
    assert result.id is not None
    return result.id, run.end()


def restore(backup: str, target: Path) -> tuple[float, float, float]:
    run = Watched()
    restore_backup(RestoreOrder(backup, StoreRequest.named(f"chroma:{target}")), run.progress)
    return run.end()


def main() -> None:
    """Print ``cp`` and memctl, side by side, three times."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        os.environ["MEMCTL_HOME"] = str(root / "home")
        source = make_chroma(root / "source", records)
        for number in range(3):
            raw = copy_with_cp(source, root / f"raw{number}")
            backup, backing = back_up(source)
            found = {
                "migrate": migrate(source, root / f"target{number}"),
                "backup": backing,
                "restore": restore(backup, root / f"back{number}"),
            }
            for name, (looking, copying, comparing) in found.items():
                print(
                    f"cp {raw:5.2f} s   {name:7} {copying:5.2f} s   ratio {copying / raw:4.1f} "
                    f"(goal: 5)   looking {looking:.2f} s, comparing {comparing:.2f} s"
                )


if __name__ == "__main__":
    main()

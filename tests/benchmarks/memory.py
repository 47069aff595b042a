"""Memory of a migration of few and of many records: ``python -m tests.benchmarks.memory [MANY]``.

It is the most anonymous memory that `memctl migrate` had, by Linux's own count, of a Chroma
directory into an archive; vectors are mapped from their file, and are not in it. The label map of
the index is measured by itself, for it grows with the records.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

from memctl.formats.chroma.index.labels import LABELS_FILE, read_labels

from ..conftest import make_store
from .data import make_batches

FEW, MANY = 20_000, 400_000
DIMENSION = 32
GOAL = 1.2


def make_source(path: Path, records: int) -> None:
    """Make a Chroma directory."""
    batches = make_batches(records, DIMENSION)
    make_store("chroma", path, [each for batch in batches for each in batch])


def anonymous_megabytes(process: int | str = "self") -> float:
    """Give the anonymous memory that a process has now; none of one that is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except FileNotFoundError:
        return 0
    return int((status.partition("RssAnon:")[2].split() or ["0"])[0]) / 1024


def peak_of_migration(source: Path, target: Path) -> float:
    """Copy in a process of its own, and give its most megabytes."""
    words = ["migrate", f"chroma:{source}", f"archive:{target}", "--json"]
    copying = subprocess.Popen([sys.executable, "-m", "memctl", *words], stdout=subprocess.DEVNULL)
    peak = 0.0
    while copying.poll() is None:
        peak = max(peak, anonymous_megabytes(copying.pid))
        time.sleep(0.01)
    assert copying.returncode == 0
    return peak


def print_label_map(source: Path) -> None:
    """Print how many megabytes the label map of a store has."""
    before = anonymous_megabytes()
    labels = [read_labels(each) for each in source.rglob(LABELS_FILE)]
    print(f"{anonymous_megabytes() - before if labels else 0:.0f}")


def apart(work, *arguments) -> None:
    """Run something in a process of its own, whose memory is its own too."""
    process = get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    assert not process.exitcode


def main() -> None:
    """Print both, side by side."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        os.environ["MEMCTL_HOME"] = str(root / "home")
        for records in (FEW, many):
            source = root / str(records)
            apart(make_source, source, records)
            peak = peak_of_migration(source, root / f"archive-{records}")
            print(f"{records:>7} records: {peak:.0f} MB, the label map in it: ", end="", flush=True)
            apart(print_label_map, source)
        print(f"goal: without the label map at most {GOAL} times as much")


if __name__ == "__main__":
    main()

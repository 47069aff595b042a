# noqa: INP001 - run as it is, never imported
"""Makes `home.tar.xz`: what memctl 0.1.0 left behind whose migration was killed half way.

    python make_home.py SAMPLE OUTPUT

is run with that memctl (commit 8eccc2e) on the Python path. All of it lies in `/srv/memory`: an
archive, a Chroma directory, and memctl's home with a profile of it in group `acme`. The directory
holds a copy that group `beta` made, so that the copy for `acme` changes every id. The process ends
after six batches of two records, without a word.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path("/srv/memory")
KILLED = """
import os
from memctl.backends.base import MemoryBackend
from memctl.__main__ import main

write, batches = MemoryBackend.upsert, []

def upsert(self, *arguments):
    if len(batches) == 6:
        os._exit(9)
    batches.append(write(self, *arguments))
    return batches[-1]

MemoryBackend.upsert = upsert
main()
"""


def run(*arguments: str, program: tuple[str, ...] = ("-m", "memctl"), code: int = 0) -> None:
    environment = {**os.environ, "MEMCTL_HOME": f"{ROOT}/home"}
    done = subprocess.run([sys.executable, *program, *arguments], env=environment, check=False)
    assert done.returncode == code


if __name__ == "__main__":
    sample, output = sys.argv[1:]
    ROOT.mkdir()
    shutil.copytree(sample, ROOT / "sample")
    run("migrate", f"archive:{ROOT}/sample", f"chroma:{ROOT}/store", "-g", "beta")
    settings = ("--set", f"path={ROOT}/store", "--set", "metric=cosine")
    run("config", "create", "prod", "-g", "acme", "--backend", "chroma", *settings)
    run(
        "migrate",
        f"archive:{ROOT}/sample",
        "prod",
        "-g",
        "acme",
        "--batch-size",
        "2",
        program=("-c", KILLED),
        code=9,
    )
    with tarfile.open(output, "w:xz") as tar:
        tar.add(ROOT, ".")
    shutil.rmtree(ROOT)

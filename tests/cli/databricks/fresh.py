"""Runs memctl in processes that never logged in, without loading the SDK for each; no test.

As a program it reads a line of JSON for each run: the environment, the words, and where to write
what is printed. Each run is a fork of this process, which makes no configuration of the SDK itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from ...conftest import Ran

ROOT = Path(__file__).parents[3]


class FreshProcesses:
    """Starts runs of memctl, each as if it were the first of its process; a context manager."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._process.communicate()

    def run(self, environment: dict[str, str], *words: str) -> Ran:
        """Run memctl with no other environment than this."""
        from ...conftest import Ran

        out, err = self._directory / "stdout", self._directory / "stderr"
        case = {"environment": environment, "words": words, "out": str(out), "err": str(err)}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return Ran(code, out.read_text("utf-8"), err.read_text("utf-8"))


def serve() -> None:
    """Run what is asked for, one after the other, until standard input ends."""
    from databricks.sdk.core import Config

    import memctl.backends.databricks.health.indexes
    import memctl.cli.verify
    import memctl.core.verify
    import memctl.store.profiles
    import memctl.workspace.login  # noqa: F401 - all are loaded here, once

    for line in sys.stdin:
        assert "_attributes" not in vars(Config), "somebody asked before"
        child = os.fork()
        if not child:
            _run(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _run(case: dict[str, Any]) -> None:
    """Be memctl from here on."""
    from memctl.__main__ import main

    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(case[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.environ.clear()
    os.environ.update(case["environment"])
    sys.argv = ["memctl", *case["words"]]
    code: Any = 1
    try:
        main()
    except SystemExit as exc:
        code = exc.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()

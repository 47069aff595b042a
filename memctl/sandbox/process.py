"""A sandbox in a process of its own, so that it takes no time from a process that measures."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Self

from .remote import Remote


class SandboxProcess(Remote):
    """A workspace on loopback, served by another process; a context manager.

    Args:
        options: the fields of `Options`, by name.
    """

    def __init__(self, **options: Any) -> None:
        self._options = options

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-m", __package__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        told, tells = self._process.stdin, self._process.stdout
        assert told is not None  # noqa: S101 - both are pipes
        assert tells is not None  # noqa: S101
        told.write(json.dumps(self._options) + "\n")
        told.flush()
        for name, value in json.loads(tells.readline()).items():
            setattr(self, name, value)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._process.communicate()

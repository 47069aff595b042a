"""A terminal to talk with memctl on: a pseudo-terminal and a process on it; no test."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from typing import Self

PATIENCE_S = 60.0


class Conversation:
    """One run of memctl that has a terminal for input and errors, and a pipe for its data."""

    def __init__(self, *arguments: object) -> None:
        self.said = ""
        self.stdout = ""
        self.exit_code: int | None = None
        self._terminal, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "memctl", *map(str, arguments)],
            stdin=theirs,
            stderr=theirs,
            stdout=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "TERM": "dumb", "COLUMNS": "200"},
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        os.close(self._terminal)

    def read_until(self, text: str) -> str:
        """Read what is said until a text is there."""
        while text not in self.said:
            assert self._read(), f"{text!r} was not said: {self.said!r}"
        return self.said

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self._terminal, f"{line}\n".encode())

    def end(self) -> None:
        """Read to the end."""
        while self._read():
            pass
        output, _ = self._process.communicate(timeout=PATIENCE_S)
        self.stdout = output.decode()
        self.exit_code = self._process.returncode

    def _read(self) -> bool:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self._terminal], [], [], 0.2)
            if ready:
                try:
                    data = os.read(self._terminal, 4096)
                except OSError:  # Linux says so when nobody is left at the other end
                    return False
                self.said += data.decode(errors="replace")
                return bool(data)
            if self._process.poll() is not None:
                return False
        return False

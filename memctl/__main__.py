"""The entry point of `memctl` and `python -m memctl`; the command tree is in `cli`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from .cli.app import app
from .model.errors import Interrupted


def main() -> None:
    """Run the command line and exit."""
    try:
        app(prog_name="memctl")
    except SystemExit as exc:
        if exc.code == Interrupted.exit_code:
            _end_at_once(Interrupted.exit_code)
        raise


def _end_at_once(code: int) -> None:
    """End without waiting for threads that wait for an answer: who interrupts wants an end."""
    with suppress(OSError):  # nobody may listen any more
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()

"""The entry point of `memctl` and `python -m memctl`; the command tree is in `cli`."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import Final

from .cli.interrupts import remember_interrupts
from .model.errors import Interrupted

OBJECTS_BETWEEN_COLLECTIONS: Final = 50_000
"""By default Python looks for garbage after some hundred new objects, now and then among all that
there are. Records come by the hundred thousand and leave none: it took an eighth of a copy."""


def main() -> None:
    """Run the command line and exit."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    remember_interrupts()
    try:
        from .cli.app import app

        app(prog_name="memctl")
    except KeyboardInterrupt:  # while the command line was loaded or read
        sys.stderr.write("error: interrupted\n")
        _end_at_once(Interrupted.exit_code)
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

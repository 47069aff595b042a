"""Reads a file or standard input; what is in it, `core` knows."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ..model.address.logins import shown
from ..model.bounded import parse_json
from ..model.errors import InvalidSetting


def read_bytes(name: str) -> bytes:
    """Read a file, or standard input where the name is ``-``.

    Raises:
        InvalidSetting: when it can't be read.
    """
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except (OSError, ValueError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "no file can have that name"
        # The system's own error repeats the name, and that may be a URL with a password.
        raise InvalidSetting(f"can't read `{shown(name)}`: {why}") from None


def read_document(name: str) -> object:
    """Read JSON from a file, or from standard input where the name is ``-``.

    Raises:
        InvalidSetting: when it can't be read or is not JSON.
    """
    try:
        return parse_json(read_bytes(name).decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidSetting(f"can't read `{shown(name)}`: it is not UTF-8 text") from None
    except ValueError as exc:
        why = str(exc)
        if isinstance(exc, json.JSONDecodeError):
            why = f"{exc.msg} in line {exc.lineno}"
        raise InvalidSetting(
            f"`{name}` is not JSON: {why}", hint="make it with `memctl config show NAME --json`"
        ) from exc

"""Profile names and groups for a shell's completion: fast, silent, and by `sqlite3` alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

from .home import state_file

_PATIENCE_S: Final = 0.2
"""Somebody has pressed the tab key and is waiting."""


def profile_names(group_id: str) -> list[str]:
    """Return the names of the group's profiles; none if they can't be read."""
    return _texts("SELECT name FROM profiles WHERE group_id = ? ORDER BY name", group_id)


def group_ids() -> list[str]:
    """Return the groups that have profiles; none if they can't be read."""
    return _texts("SELECT DISTINCT group_id FROM profiles ORDER BY group_id")


def _texts(query: str, *parameters: str) -> list[str]:
    try:
        uri = f"{state_file().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE_S)) as connection:
            return [text for (text,) in connection.execute(query, parameters)]
    except Exception:  # noqa: BLE001 - a shell's completion has nowhere to report an error
        return []

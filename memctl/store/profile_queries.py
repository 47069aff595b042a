"""Which rows of profiles are meant, and the profiles of them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from ..model.address.logins import shown
from ..model.errors import ProfileNotFound
from ..model.profile import Profile, printable
from .reading import read_rows

if TYPE_CHECKING:
    import sqlite3

OF_GROUP: Final = """
    SELECT * FROM profiles WHERE group_id = :group_id ORDER BY is_default DESC, name
"""
"""The default first, then by name."""
NAMED: Final = "SELECT * FROM profiles WHERE group_id = :group_id AND name = :name"
DEFAULT: Final = "SELECT * FROM profiles WHERE group_id = :group_id AND is_default"
NEWEST_ACTIVE: Final = """
    SELECT * FROM profiles WHERE group_id = :group_id AND is_active
    ORDER BY created_at DESC, name LIMIT 1
"""


def read_profiles(connection: sqlite3.Connection, query: str, **parameters: str) -> list[Profile]:
    """Return the profiles that a query of this module finds."""
    return [Profile(**row) for row in read_rows(connection, query, **parameters)]


def not_found(group_id: str, name: str) -> ProfileNotFound:
    """Return the error that a group has no profile of that name."""
    return ProfileNotFound(
        f"no profile named `{printable(shown(name))}` in group `{printable(group_id)}`",
        hint=f"run `memctl config list -g {shlex.quote(group_id)}`",
    )

"""Which rows of profiles are meant."""

from __future__ import annotations

import shlex
from typing import Final

from ..model.address.logins import shown
from ..model.errors import ProfileNotFound
from ..model.profile import printable

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


def not_found(group_id: str, name: str) -> ProfileNotFound:
    """Return the error that a group has no profile of that name."""
    return ProfileNotFound(
        f"no profile named `{printable(shown(name))}` in group `{printable(group_id)}`",
        hint=f"run `memctl config list -g {shlex.quote(group_id)}`",
    )

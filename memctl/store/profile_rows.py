"""Finding, making and marking rows of profiles inside a transaction; not where that begins."""

from __future__ import annotations

import shlex
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlmodel import col, select

from ..model.errors import ProfileNotFound
from ..model.profile import DISABLED_NAME, Profile, printable
from .tables import ProfileRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlmodel import Session


def profile_of(row: ProfileRow) -> Profile:
    """Return what the other rooms see of a row."""
    return Profile(**row.model_dump())


def profile_or_none(row: ProfileRow | None) -> Profile | None:
    """Return what the other rooms see of a row that may be missing."""
    return None if row is None else profile_of(row)


def rows_of(session: Session, group_id: str) -> Sequence[ProfileRow]:
    """Return the group's rows, the default first, then by name."""
    query = select(ProfileRow).where(ProfileRow.group_id == group_id)
    return session.exec(query.order_by(col(ProfileRow.is_default).desc(), ProfileRow.name)).all()


def find_row(session: Session, group_id: str, name: str) -> ProfileRow | None:
    """Return the row of that name, or `None`."""
    query = select(ProfileRow).where(ProfileRow.group_id == group_id, ProfileRow.name == name)
    return session.exec(query).one_or_none()


def get_row(session: Session, group_id: str, name: str) -> ProfileRow:
    """Return the row of that name.

    Raises:
        ProfileNotFound: when the group has none.
    """
    row = find_row(session, group_id, name)
    if row is None:
        raise ProfileNotFound(
            f"no profile named `{printable(name)}` in group `{printable(group_id)}`",
            hint=f"run `memctl config list -g {shlex.quote(group_id)}`",
        )
    return row


def default_row(session: Session, group_id: str) -> ProfileRow | None:
    """Return the row that is marked as the group's default, or `None`."""
    query = select(ProfileRow).where(ProfileRow.group_id == group_id, ProfileRow.is_default)
    return session.exec(query).one_or_none()


def newest_active_row(session: Session, group_id: str) -> ProfileRow | None:
    """Return the active row that was created last, or `None`."""
    query = select(ProfileRow).where(ProfileRow.group_id == group_id, ProfileRow.is_active)
    newest_first = col(ProfileRow.created_at).desc()
    return session.exec(query.order_by(newest_first, ProfileRow.name)).first()


def mark_default(session: Session, row: ProfileRow) -> None:
    """Mark a row instead of the former default, and switch it on.

    A disabled configuration that was the default until now is removed.
    """
    former = default_row(session, row.group_id)
    if former is not None and former is not row:
        if former.name == DISABLED_NAME:
            session.delete(former)
        else:
            former.is_default = False
        # Two defaults at a time are refused, and one flush may write the rows in either order.
        session.flush()
    if not row.is_active:
        switch(row, is_active=True)
    row.is_default = True
    session.flush()


def promote_if_none(session: Session, group_id: str) -> ProfileRow | None:
    """Mark the newest active row if the group has no default, and return the one marked."""
    if default_row(session, group_id) is not None:
        return None
    newest = newest_active_row(session, group_id)
    if newest is not None:
        mark_default(session, newest)
    return newest


def switch(row: ProfileRow, *, is_active: bool) -> None:
    """Switch a row on or off, which is a change of the profile."""
    row.is_active = is_active
    row.updated_at = datetime.now(UTC)


def new_row(group_id: str, name: str, backend_type: str, settings: dict[str, Any]) -> ProfileRow:
    """Return an active row with every memory type on."""
    now = datetime.now(UTC)
    return ProfileRow(
        id=str(uuid.uuid4()),
        group_id=group_id,
        name=name,
        description="",
        backend_type=backend_type,
        settings=settings,
        enable_short_term=True,
        enable_long_term=True,
        enable_entity=True,
        is_active=True,
        is_default=False,
        created_at=now,
        updated_at=now,
    )


def new_disabled_row(group_id: str) -> ProfileRow:
    """Return a disabled configuration."""
    row = new_row(group_id, DISABLED_NAME, "crewai", {})
    row.description = "memory is kept in this machine's own store"
    row.enable_short_term = row.enable_long_term = row.enable_entity = False
    return row

"""Finding, making and marking rows of profiles in a transaction that writes.

It needs SQLModel, and is imported when something is written.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlmodel import select, text

from ..model.profile import DISABLED_NAME
from .profile_queries import DEFAULT, NAMED, NEWEST_ACTIVE, OF_GROUP, not_found
from .tables import ProfileRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlmodel import Session


class ProfileRows:
    """The rows of profiles, as a transaction sees and changes them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_group(self, group_id: str) -> Sequence[ProfileRow]:
        """Return the group's rows, the default first, then by name."""
        return self._found(OF_GROUP, group_id=group_id)

    def find(self, group_id: str, name: str) -> ProfileRow | None:
        """Return the row of that name, or `None`."""
        return next(iter(self._found(NAMED, group_id=group_id, name=name)), None)

    def get(self, group_id: str, name: str) -> ProfileRow:
        """Return the row of that name.

        Raises:
            ProfileNotFound: when the group has none.
        """
        row = self.find(group_id, name)
        if row is None:
            raise not_found(group_id, name)
        return row

    def default(self, group_id: str) -> ProfileRow | None:
        """Return the row that is marked as the group's default, or `None`."""
        return next(iter(self._found(DEFAULT, group_id=group_id)), None)

    def mark_default(self, row: ProfileRow) -> None:
        """Mark a row instead of the former default, and switch it on.

        A disabled configuration that was the default until now is removed.
        """
        former = self.default(row.group_id)
        if former is not None and former is not row:
            if former.name == DISABLED_NAME:
                self._session.delete(former)
            else:
                former.is_default = False
            # Two defaults at a time are refused, and one flush may write the rows in either order.
            self._session.flush()
        if not row.is_active:
            _switch(row, is_active=True)
        row.is_default = True
        self._session.flush()

    def promote_if_none(self, group_id: str) -> ProfileRow | None:
        """Mark the newest active row if the group has no default, and return the one marked."""
        if self.default(group_id) is not None:
            return None
        newest = next(iter(self._found(NEWEST_ACTIVE, group_id=group_id)), None)
        if newest is not None:
            self.mark_default(newest)
        return newest

    def add(
        self, group_id: str, name: str, backend_type: str, settings: dict[str, Any], **others: Any
    ) -> ProfileRow:
        """Add an active row, with every memory type on unless the others say it, and return it."""
        now = datetime.now(UTC)
        values: dict[str, Any] = {
            "description": "",
            "enable_short_term": True,
            "enable_long_term": True,
            "enable_entity": True,
        }
        row = ProfileRow(
            id=str(uuid.uuid4()),
            group_id=group_id,
            name=name,
            backend_type=backend_type,
            settings=settings,
            is_active=True,
            is_default=False,
            created_at=now,
            updated_at=now,
            **(values | others),
        )
        self._session.add(row)
        self._session.flush()
        return row

    def disable(self, group_id: str) -> Sequence[ProfileRow]:
        """Switch every row off, mark a disabled configuration, and return what was on until now."""
        rows = self.of_group(group_id)
        switched_off = [row for row in rows if row.is_active and row.name != DISABLED_NAME]
        for row in switched_off:
            _switch(row, is_active=False)
        self.mark_default(self.find(group_id, DISABLED_NAME) or self._add_disabled(group_id))
        return switched_off

    def _add_disabled(self, group_id: str) -> ProfileRow:
        return self.add(
            group_id,
            DISABLED_NAME,
            "crewai",
            {},
            description="memory is kept in this machine's own store",
            enable_short_term=False,
            enable_long_term=False,
            enable_entity=False,
        )

    def delete(self, row: ProfileRow) -> None:
        """Delete a row."""
        self._session.delete(row)
        self._session.flush()

    def _found(self, query: str, **parameters: str) -> Sequence[ProfileRow]:
        rows = select(ProfileRow).from_statement(text(query))
        return self._session.scalars(rows, parameters).all()


def _switch(row: ProfileRow, *, is_active: bool) -> None:
    """Switch a row on or off, which is a change of the profile."""
    row.is_active = is_active
    row.updated_at = datetime.now(UTC)

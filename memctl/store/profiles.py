"""Saving, changing and finding a group's profiles."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ..model.errors import InvalidSetting, ProfileExists
from ..model.profile import (
    DISABLED_NAME,
    Profile,
    check_owner_id,
    check_profile_name,
    printable,
)
from .profile_queries import DEFAULT, NAMED, NEWEST_ACTIVE, OF_GROUP, not_found
from .reading import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .database import State
    from .profile_rows import ProfileRows
    from .tables import ProfileRow

CHANGEABLE: Final = (
    "name",
    "description",
    "backend_type",
    "settings",
    "enable_short_term",
    "enable_long_term",
    "enable_entity",
    "is_active",
)
"""What `Profiles.update` changes; the default is marked by `Profiles.set_default`."""


class Profiles:
    """The profiles of every group.

    In each group exactly one profile is marked as the default while any is active, and none
    otherwise. A disabled configuration is a row like any other, under a name that no profile can
    take, and it is there only while it is the default.

    Every method raises what `State.reading` and `State.writing` raise.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def list(self, group_id: str) -> Sequence[Profile]:
        """Return the group's profiles, the default first, then by name."""
        return self._read(OF_GROUP, group_id=group_id)

    def find(self, group_id: str, name: str) -> Profile | None:
        """Return the profile, or `None` if the group has none of that name."""
        return next(iter(self._read(NAMED, group_id=group_id, name=name)), None)

    def get(self, group_id: str, name: str) -> Profile:
        """Return the profile.

        Raises:
            ProfileNotFound: when the group has none of that name.
        """
        found = self.find(group_id, name)
        if found is None:
            raise not_found(group_id, name)
        return found

    def default_of(self, group_id: str) -> Profile | None:
        """Return the profile that is marked as the group's default, or `None`."""
        return next(iter(self._read(DEFAULT, group_id=group_id)), None)

    def newest_active(self, group_id: str) -> Profile | None:
        """Return the active profile that was created last, or `None`."""
        return next(iter(self._read(NEWEST_ACTIVE, group_id=group_id)), None)

    def create(
        self,
        group_id: str,
        name: str,
        *,
        backend_type: str,
        settings: Mapping[str, Any] | None = None,
        description: str = "",
        enable_short_term: bool = True,
        enable_long_term: bool = True,
        enable_entity: bool = True,
        make_default: bool = False,
    ) -> Profile:
        """Save a new, active profile and return it.

        It becomes the default if the group has none. So where memory was disabled it stays
        disabled, until ``make_default`` or `set_default` asks for a change.

        Raises:
            InvalidSetting: when group, name or settings can't be saved.
            ProfileExists: when the group has a profile of that name.
        """
        check_owner_id("group", group_id)
        _check_name(name)
        storable = _storable_settings(settings or {})
        with self._rows() as rows:
            _refuse_taken(rows, group_id, name)
            row = rows.add(
                group_id,
                name,
                backend_type,
                storable,
                description=description,
                enable_short_term=enable_short_term,
                enable_long_term=enable_long_term,
                enable_entity=enable_entity,
            )
            if make_default or rows.default(group_id) is None:
                rows.mark_default(row)
            return _profile_of(row)

    def update(self, group_id: str, name: str, changes: Mapping[str, Any]) -> Profile:
        """Change the fields that are given (see `CHANGEABLE`) and return the profile.

        ``settings`` replaces all settings. The time of the last change moves, unless nothing was
        given. Switching the default off promotes the newest other active profile; a profile that
        is switched on becomes the default if the group has none.

        Raises:
            InvalidSetting: when a field is unknown, or a value can't be saved.
            ProfileExists: when the group already has a profile of the new name.
            ProfileNotFound: when the group has none of the old name.
        """
        values = _storable_changes(changes)
        with self._rows() as rows:
            row = rows.get(group_id, name)
            if values:
                _refuse_disabled_configuration(row)
                if values.get("name", name) != name:
                    _check_name(values["name"])
                    _refuse_taken(rows, group_id, values["name"])
                _change(row, values)
                rows.promote_if_none(group_id)
            return _profile_of(row)

    def delete(self, group_id: str, name: str) -> Profile | None:
        """Delete a profile; if it was the default, promote the newest other active one.

        Returns:
            The profile that was promoted, if any.

        Raises:
            ProfileNotFound: when the group has none of that name.
        """
        with self._rows() as rows:
            rows.delete(rows.get(group_id, name))
            promoted = rows.promote_if_none(group_id)
            return None if promoted is None else _profile_of(promoted)

    def set_default(self, group_id: str, name: str) -> Profile:
        """Mark a profile as the group's default, switch it on if it is off, and return it.

        A disabled configuration is removed.

        Raises:
            ProfileNotFound: when the group has none of that name.
        """
        with self._rows() as rows:
            row = rows.get(group_id, name)
            rows.mark_default(row)
            return _profile_of(row)

    def disable(self, group_id: str) -> Sequence[Profile]:
        """Switch every profile of the group off and put a disabled configuration in force.

        Returns:
            The profiles that were active until now, the former default first.

        Raises:
            InvalidSetting: when it is not a group's id.
        """
        check_owner_id("group", group_id)
        with self._rows() as rows:
            return [_profile_of(row) for row in rows.disable(group_id)]

    def _read(self, query: str, **parameters: str) -> Sequence[Profile]:
        with self._state.reading() as connection:
            return [Profile(**row) for row in read_rows(connection, query, **parameters)]

    @contextmanager
    def _rows(self) -> Iterator[ProfileRows]:
        from .profile_rows import ProfileRows

        with self._state.writing() as session:
            yield ProfileRows(session)


def _profile_of(row: ProfileRow) -> Profile:
    return Profile(**row.model_dump())


def _check_name(name: str) -> None:
    if name == DISABLED_NAME:
        raise InvalidSetting(
            f"`{DISABLED_NAME}` is the name of the disabled configuration",
            hint="choose another name, or run `memctl config disable` to switch memory off",
        )
    check_profile_name(name)


def _storable_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings as they will be read back."""
    try:
        return dict(json.loads(json.dumps(dict(settings), allow_nan=False)))
    except (TypeError, ValueError) as error:
        raise InvalidSetting(f"the settings can't be saved as JSON: {error}") from error


def _storable_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    for field in changes:
        if field not in CHANGEABLE:
            raise InvalidSetting(
                f"`{printable(field)}` of a profile can't be changed",
                hint="what can be is " + ", ".join(f"`{each}`" for each in CHANGEABLE),
            )
    values = dict(changes)
    if "settings" in values:
        values["settings"] = _storable_settings(values["settings"])
    return values


def _refuse_taken(rows: ProfileRows, group_id: str, name: str) -> None:
    if rows.find(group_id, name) is not None:
        raise ProfileExists(
            f"group `{printable(group_id)}` already has a profile named `{name}`",
            hint="choose another name, or change that profile with `memctl config update`",
        )


def _refuse_disabled_configuration(row: ProfileRow) -> None:
    if row.name == DISABLED_NAME:
        raise InvalidSetting(
            "the disabled configuration has nothing to change",
            hint="run `memctl config set-default NAME` to switch memory on again",
        )


def _change(row: ProfileRow, values: Mapping[str, Any]) -> None:
    for field, value in values.items():
        setattr(row, field, value)
    row.is_default = row.is_default and row.is_active
    row.updated_at = datetime.now(UTC)

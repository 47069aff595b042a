"""Lists, creates, changes and explains profiles; the table that keeps them is in `store`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..backends.registry import backend_class
from ..model.errors import InvalidSetting, NoProfileInForce
from ..model.profile import DISABLED_NAME, check_profile_name
from ..model.results import (
    ConfigChangeResult,
    ConfigListResult,
    ConfigShowResult,
    ConfigWhichResult,
    ProfileListed,
)
from ..model.setting import SettingKind
from .local_state import open_profiles
from .operations.operation import run_operation
from .saved_settings import naming_profile
from .selection import select

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .selection import StoreRequest

SWITCHES = ("enable_short_term", "enable_long_term", "enable_entity")
CARRIED = ("name", "description", "backend_type", "settings", *SWITCHES)
"""The fields of a profile that can be carried to another machine."""


@dataclass(frozen=True, slots=True)
class ProfileDraft:
    """A profile to be created.

    Attributes:
        name: unique in the group.
        backend_type: the backend's name.
        settings: of the backend; what they lack has the backend's defaults.
        description: free text.
        switches: ``enable_...`` fields; what is not named is on.
        make_default: make it the group's default even where there is another.
    """

    name: str
    backend_type: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    switches: Mapping[str, bool] = field(default_factory=dict)
    make_default: bool = False


def draft_profile(
    *,
    document: object,
    name: str | None,
    backend: str | None,
    settings: Mapping[str, Any],
    description: str | None,
    switches: Mapping[str, bool],
    make_default: bool,
) -> ProfileDraft:
    """Draft a profile from a document, from what was given, or from both: what was given wins.

    Raises:
        InvalidSetting: when the document holds no profile.
    """
    draft = ProfileDraft(name or "", backend or "")
    if document is not None:
        draft = read_draft(document)
    return ProfileDraft(
        name=name or draft.name,
        backend_type=backend or draft.backend_type,
        settings={**draft.settings, **settings},
        description=draft.description if description is None else description,
        switches={**draft.switches, **switches},
        make_default=make_default,
    )


def read_draft(document: object) -> ProfileDraft:
    """Read what `memctl config show --json` prints, whole or just its profile.

    Raises:
        InvalidSetting: when it is not that, naming the field that is wrong.
    """
    values = document
    for key in ("data", "profile"):
        if isinstance(values, dict) and isinstance(values.get(key), dict):
            values = values[key]
    if not isinstance(values, dict):
        raise InvalidSetting(
            "the document holds no profile", hint="make one with `memctl config show --json`"
        )
    forms: dict[str, type] = dict.fromkeys(SWITCHES, bool) | {"settings": dict}
    for name in CARRIED:
        expected = forms.get(name, str)
        if name in values and not isinstance(values[name], expected):
            raise InvalidSetting(f"field `{name}` of the document is not a {expected.__name__}")
    for name in ("name", "backend_type"):
        if name not in values:
            raise InvalidSetting(f"the document's profile has no field `{name}`")
    return ProfileDraft(
        name=values["name"],
        backend_type=values["backend_type"],
        settings=values.get("settings", {}),
        description=values.get("description", ""),
        switches={name: values[name] for name in SWITCHES if name in values},
    )


def list_profiles(group: str) -> ConfigListResult:
    """List the profiles of a group, the default first."""
    with open_profiles(group) as profiles:
        found = profiles.list(group)
    listed = [
        ProfileListed(p.id, p.name, p.group_id, p.backend_type, p.is_default, p.is_active)
        for p in found
    ]
    return ConfigListResult(group, listed)


def show_profile(group: str, name: str) -> ConfigShowResult:
    """Show one profile, and for each setting whether it was saved or is the backend's default."""
    with open_profiles(group) as profiles:
        profile = profiles.get(group, name)
    if profile.name == DISABLED_NAME:
        return ConfigShowResult(profile, {}, {})
    info = backend_class(profile.backend_type).info
    with naming_profile(profile):
        effective = info.parse_settings(profile.settings)
    return ConfigShowResult(
        profile,
        effective,
        {name: "profile" if name in profile.settings else "default" for name in effective},
    )


def create_profile(group: str, draft: ProfileDraft) -> ConfigChangeResult:
    """Save a new profile; a group's first one becomes its default.

    Raises:
        ProfileExists: when the group has one of that name.
        InvalidSetting: when a setting is unknown, missing, secret or of the wrong form.
    """
    settings = check_settings(draft.backend_type, draft.settings)
    check_profile_name(draft.name)
    with (
        open_profiles(group) as profiles,
        run_operation("config create", group, f"profile {draft.name}"),
    ):
        profile = profiles.create(
            group_id=group,
            name=draft.name,
            backend_type=draft.backend_type,
            settings=settings,
            description=draft.description,
            make_default=draft.make_default,
            **draft.switches,
        )
    return ConfigChangeResult("created", profile)


def update_profile(group: str, name: str, changes: Mapping[str, Any]) -> ConfigChangeResult:
    """Change the given fields of a profile; ``settings`` are merged, `None` removes one."""
    with open_profiles(group) as profiles:
        before = profiles.get(group, name)
        changes = dict(changes)
        if "settings" in changes:
            merged = {**before.settings, **changes["settings"]}
            kept = {key: value for key, value in merged.items() if value is not None}
            with naming_profile(before, changes["settings"]):
                changes["settings"] = check_settings(before.backend_type, kept)
        with run_operation("config update", group, f"profile {name}"):
            profile = profiles.update(group, name, changes)
    return ConfigChangeResult("updated", profile)


def delete_profile(group: str, name: str) -> ConfigChangeResult:
    """Delete a profile; the memory that it names stays. The newest other takes over a default."""
    with open_profiles(group) as profiles:
        before = profiles.get(group, name)
        with run_operation("config delete", group, f"profile {name}"):
            promoted = profiles.delete(group, name)
    return ConfigChangeResult("deleted", before, promoted.name if promoted else None)


def set_default_profile(group: str, name: str) -> ConfigChangeResult:
    """Make a profile the default of its group, and active again if it was not."""
    with open_profiles(group) as profiles:
        profiles.get(group, name)
        with run_operation("config set-default", group, f"profile {name}"):
            return ConfigChangeResult("set_default", profiles.set_default(group, name))


def disable_profiles(group: str) -> ConfigChangeResult:
    """Switch the group to the disabled configuration; its profiles stay, inactive."""
    with open_profiles(group) as profiles, run_operation("config disable", group, f"group {group}"):
        switched_off = [each.name for each in profiles.disable(group)]
        disabled = profiles.get(group, DISABLED_NAME)
    return ConfigChangeResult("disabled", disabled, None, switched_off)


def which_profile(request: StoreRequest) -> ConfigWhichResult:
    """Return which profile is in force, what each rule before it found, and for whom it is not.

    Raises:
        NoProfileInForce: when no command has a store.
    """
    selection = select(request, only_looks=True)
    profile = selection.profile
    return ConfigWhichResult(
        group_id=request.group,
        profile=profile.name if profile else None,
        profile_group=profile.group_id if profile else None,
        backend=selection.backend,
        location=selection.location,
        selected_by=selection.selected_by,
        reason=selection.reason,
        considered=list(selection.considered),
        refused=_refused(request),
    )


def _refused(request: StoreRequest) -> str | None:
    """Return why a command that does more than look would not use the store that is in force."""
    try:
        select(request)
    except NoProfileInForce as exc:
        return exc.message
    return None


def check_settings(backend: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a profile may keep: valid, not secret, not merely a default.

    Paths become absolute, so that a profile means the same wherever it is used.

    Raises:
        InvalidSetting: when one is unknown, missing, secret or of the wrong form.
    """
    info = backend_class(backend).info
    secret = [each.name for each in info.settings if each.secret and values.get(each.name)]
    if secret:
        raise InvalidSetting(
            f"setting `{secret[0]}` is a secret, and a profile keeps none",
            hint="leave it out of the profile",
        )
    parsed = info.parse_settings(values)
    for setting in info.settings:
        if setting.kind is SettingKind.PATH and parsed.get(setting.name) is not None:
            path = os.path.expanduser(parsed[setting.name])  # noqa: PTH111 - pathlib's raises where there is no home
            parsed[setting.name] = str(Path(path).absolute())
    return {name: value for name, value in parsed.items() if value is not None and name in values}

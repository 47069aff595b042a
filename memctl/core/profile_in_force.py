"""Which profile of a group is in force: DESIGN's one rule; whether it may be used, others say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..model.profile import DEFAULT_GROUP, DISABLED_NAME

if TYPE_CHECKING:
    from ..model.profile import Profile
    from ..store.profiles import Profiles

_NONE_IN_FORCE: Final = "no profile is in force: it is CrewAI's own memory on this machine"


def profile_in_force(
    profiles: Profiles, group: str, name: str | None
) -> tuple[Profile | None, str, str, list[str]]:
    """Apply DESIGN's one rule; the word ``local`` says that it ends with no store of a profile.

    A disabled configuration ends it like finding nothing, and is returned.

    Args:
        profiles: those that there are.
        group: the group that they are looked for in.
        name: the profile that was named, if one was.

    Returns:
        The profile, the rule as a word and as a sentence, and what each rule before it found.
    """
    if name is not None:
        named = profiles.get(group, name)
        if named.name == DISABLED_NAME:
            return named, "local", _NONE_IN_FORCE, [_switches_off(named)]
        return named, "profile", f"profile `{named.name}` was named", []
    considered = ["no profile was named"]
    own = profiles.default_of(group)
    if own is not None:
        rule = ("group_default", f"it is the default of group `{group}`")
    else:
        considered.append(f"group `{group}` has no default profile")
        own = profiles.newest_active(group)
        rule = ("group_latest", f"it is the latest active profile of group `{group}`")
    if own is None:
        considered.append(f"group `{group}` has no active profile")
        own = profiles.default_of(DEFAULT_GROUP)
        rule = ("shared_default", f"it is the default of the shared group `{DEFAULT_GROUP}`")
    if own is None:
        considered.append(f"the shared group `{DEFAULT_GROUP}` has no default profile")
    elif own.is_disabled_configuration:
        considered.append(_switches_off(own))
    if own is None or own.is_disabled_configuration:
        return own, "local", _NONE_IN_FORCE, considered
    return own, *rule, considered


def _switches_off(profile: Profile) -> str:
    return f"profile `{profile.name}` of group `{profile.group_id}` switches memory off"

"""The screens of `memctl config`: profiles as a list, one by one, changed, and explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...model.memory_type import MemoryType
from ..layout import FAINT, FINE, STRONG, Column, Fit, hanging, joined, styled
from ..text import NOTHING, moment, value_text
from .shared.store import command, located

if TYPE_CHECKING:
    from rich.text import Text

    from ...model.profile import Profile
    from ...model.results import (
        ConfigChangeResult,
        ConfigListResult,
        ConfigShowResult,
        ConfigWhichResult,
        ProfileListed,
    )
    from ..screen import Screen

PROFILE: Final = Column("profile", fit=Fit.CUT)
SWITCHED: Final = (MemoryType.SHORT_TERM, MemoryType.LONG_TERM, MemoryType.ENTITY)


def show_profiles(result: ConfigListResult, screen: Screen) -> None:
    """Show the profiles of a group."""
    if not result.profiles:
        screen.note(f"group `{result.group_id}` has no profile")
        screen.next(command("setup", "chroma", group=result.group_id))
        return
    screen.rows(
        result.profiles,
        (PROFILE, lambda each: styled(each.name, STRONG if each.is_default else "")),
        (Column("backend"), lambda each: each.backend_type),
        (Column("state"), _state),
    )


def _state(profile: ProfileListed | Profile) -> Text:
    activity = styled("active", FINE) if profile.is_active else styled("inactive", FAINT)
    return joined(activity, styled("default") if profile.is_default else "", gap=", ")


def show_profile(result: ConfigShowResult, screen: Screen) -> None:
    """Show a profile, and each setting with where its value comes from."""
    profile = result.profile
    screen.facts(
        [
            ("profile", styled(profile.name, STRONG)),
            ("group", profile.group_id),
            ("backend", profile.backend_type),
            ("state", _state(profile)),
            ("description", profile.description or None),
            ("types", ", ".join(_switch(profile, each) for each in SWITCHED)),
            ("created", f"{moment(profile.created_at)} UTC"),
            ("updated", f"{moment(profile.updated_at)} UTC"),
        ]
    )
    if result.effective:
        screen.rows(
            result.effective.items(),
            (Column("setting"), lambda each: each[0]),
            (Column("value", fit=Fit.WRAP), lambda each: value_text(each[1])),
            (Column("from"), lambda each: result.sources[each[0]]),
        )


def _switch(profile: Profile, memory_type: MemoryType) -> str:
    return f"{memory_type} {'on' if profile.keeps(memory_type) else 'off'}"


def show_change(result: ConfigChangeResult, screen: Screen) -> None:
    """Print what changed, and which command comes next."""
    profile = result.profile
    screen.say(screen.done(_change(result)))
    if result.change in {"created", "updated"} and profile.is_default:
        screen.say(f"  it is the default of group `{profile.group_id}`")
    if result.promoted is not None:
        screen.say(f"  profile `{result.promoted}` is the default now")
    if result.switched_off:
        screen.say(f"  switched off: {', '.join(result.switched_off)}")
    screen.next(_next(result))


def _change(result: ConfigChangeResult) -> str:
    profile = result.profile
    named = f"profile `{profile.name}` of group `{profile.group_id}`"
    match result.change:
        case "deleted":
            return f"deleted {named}; the memory that it names stays"
        case "set_default":
            return f"{named} is the default now"
        case "disabled":
            return f"group `{profile.group_id}` is disabled: its profiles stay, inactive"
        case _:
            return f"{result.change} {named}, backend `{profile.backend_type}`"


def _next(result: ConfigChangeResult) -> str:
    profile = result.profile
    if result.change in {"deleted", "disabled"}:
        return command("config", "list", group=profile.group_id)
    named = None if profile.is_default else profile.name
    return command("verify", profile=named, group=profile.group_id)


def show_which(result: ConfigWhichResult, screen: Screen) -> None:
    """Show the profile in force, and what each rule before it found."""
    owner = "" if result.profile_group is None else f" of group {result.profile_group}"
    screen.facts(
        [
            ("group", result.group_id),
            ("profile", NOTHING if result.profile is None else f"{result.profile}{owner}"),
            ("store", located(result.backend, result.location)),
            ("why", result.reason),
        ]
    )
    if result.refused is not None:
        screen.note(f"only looked at: commands that change or copy refuse, as {result.refused}")
    if not result.considered:
        return
    in_force = joined(styled(result.reason), screen.mark("←", "in force", FINE))
    rules = [*map(styled, result.considered), in_force]
    lines = [styled("the rules, in their order", STRONG)]
    for number, rule in enumerate(rules, 1):
        lines += hanging(styled(f"  {number}. "), rule, screen.frame)
    screen.block(lines)

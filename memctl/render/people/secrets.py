"""The screens of `memctl config secret`: where secrets lie, and what changed; never a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..layout import DOUBTFUL, FAINT, FINE, Column, Fit, styled
from .shared.store import command

if TYPE_CHECKING:
    from ...model.results import SecretChangeResult, SecretListResult
    from ..screen import Screen

STATES: Final = {
    "used": ("used", FINE),
    "shadowed": ("an environment variable outranks it", FAINT),
    "other_host": ("not used: the profile names another host", DOUBTFUL),
    "no_profile": ("not used: the profile is gone", DOUBTFUL),
}
"""What the words of ``state`` mean."""


def show_secrets(result: SecretListResult, screen: Screen) -> None:
    """Show where each secret lies, for which host, and whether it is used."""
    if not result.secrets:
        screen.note(f"no secret is kept for the profiles of group `{result.group_id}`")
        return
    screen.rows(
        result.secrets,
        (Column("profile", fit=Fit.CUT), lambda each: each.profile),
        (Column("setting"), lambda each: each.setting),
        (Column("host", fit=Fit.WRAP), lambda each: each.host),
        (Column("place"), lambda each: each.place),
        (Column("state", fit=Fit.WRAP), lambda each: styled(*STATES[each.state])),
    )


def show_secret_change(result: SecretChangeResult, screen: Screen) -> None:
    """Print what became of a secret, and which command comes next."""
    named = f"secret `{result.setting}` of profile `{result.profile}`"
    if result.change == "set":
        sentence = f"{named} lies in the {result.place}, for {result.host} only"
        following = command("verify", profile=result.profile, group=result.group_id)
    else:
        left = "; its value was not touched" if result.change == "forgotten" else ""
        sentence = f"{result.change} {named} in the {result.place}{left}"
        following = command("config", "secret", "list", group=result.group_id)
    screen.say(screen.done(sentence))
    screen.next(following)

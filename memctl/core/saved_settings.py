"""Names the saved profile in an error about one of its settings, and the way to mend that."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..model.address.url import WITHHELD
from ..model.errors import InvalidSetting
from ..model.profile import DEFAULT_GROUP

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ..model.profile import Profile


@contextmanager
def naming_profile(profile: Profile | None, given: Collection[str] = ()) -> Iterator[None]:
    """Name the profile in an error about a setting that it has, and that was not given beside it.

    Raises:
        InvalidSetting: with the command that changes the setting.
    """
    try:
        yield
    except InvalidSetting as exc:
        name = exc.setting
        if profile is None or name is None or name in given or name not in profile.settings:
            raise
        command = profile_command(f"config update {profile.name}", profile.group_id)
        raise InvalidSetting(
            f"profile `{profile.name}`: {exc.message.replace(WITHHELD, 'what is saved')}",
            hint=f"mend it with `{command} --set {name}=VALUE`: {exc.hint}",
        ) from None


def profile_command(words: str, group: str) -> str:
    """Write a command of memctl about a profile of a group."""
    suffix = "" if group == DEFAULT_GROUP else f" -g {shlex.quote(group)}"
    return f"memctl {words}{suffix}"

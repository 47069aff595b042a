"""Which store a command works on, and why; nothing is opened here."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..backends.exchange import DEFAULT_TIMEOUT_SECONDS
from ..backends.registry import backend_class
from ..model.address.location import looks_like_location, parse_location
from ..model.errors import InvalidSetting, NoProfileInForce, UsageError
from ..model.profile import DEFAULT_GROUP, check_owner_id, printable
from ..model.redaction import Redactor
from .local_state import open_profiles
from .profile_in_force import profile_in_force
from .query.rows import EVERY_ROW, Rows
from .saved_settings import naming_profile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

    from ..backends.base import MemoryBackend
    from ..model.profile import Profile
    from ..model.selector import Selector


@dataclass(frozen=True, slots=True)
class Connecting:
    """How stores are connected to, whichever they are.

    Attributes:
        may_ask: whether the user may be asked for the password of the vault.
        timeout: how many seconds a store on another machine may take to answer one request.
        secrets: secrets that were given for this command alone, by the setting that they fill.
        redactor: learns every secret that is read, and takes it out of all that is told.
    """

    may_ask: bool = False
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    secrets: Mapping[str, SecretStr] = field(default_factory=dict)
    redactor: Redactor = field(default_factory=Redactor, compare=False, repr=False)


LAST_RESORT: Final = "crewai"
"""The backend whose own store on this machine is looked at where no profile is in force."""
_BY_LOCATION: Final = (
    f"name a store by its location: CrewAI's own memory on this machine is `--at {LAST_RESORT}:`, "
    f"or `{LAST_RESORT}:` as a source or target"
)
_WAYS_PAST_SHARED: Final = (
    f"check the group's name, mean the shared group with `-g {DEFAULT_GROUP}`, or name the store "
    "with `--at`"
)


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """Which store is asked for: a location, a named profile, or whatever is in force.

    Attributes:
        group_id: the group that was given, `None` where none was.
        profile: a profile's name.
        at: a location, ``BACKEND:LOCATION``.
        settings: settings of the backend that were given beside the location or profile.
        connecting: how it is connected to.
    """

    group_id: str | None = None
    profile: str | None = None
    at: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    connecting: Connecting = field(default_factory=Connecting)

    @classmethod
    def named(cls, text: str, group_id: str | None = None, **how: Any) -> StoreRequest:
        """Ask for the store that one word names: a location if it holds a colon, else a profile.

        Args:
            text: the word.
            group_id: the group that was given, `None` where none was.
            how: other attributes.
        """
        if looks_like_location(text):
            return cls(group_id, at=text, **how)
        return cls(group_id, profile=text, **how)

    @property
    def group(self) -> str:
        """The group that profiles are looked for in."""
        return self.group_id if self.group_id is not None else DEFAULT_GROUP


@dataclass(frozen=True, slots=True)
class Selection:
    """The store that was chosen, and why.

    Attributes:
        group_id: only rows of this group are meant; `None` means all rows.
        profile: the profile, or `None` for a location.
        backend: the backend's name.
        settings: its settings, parsed.
        selected_by: the rule as a word: ``at``, ``profile``, ``group_default``, ``group_latest``,
            ``shared_default``, ``local``.
        reason: the rule as a sentence.
        considered: what each rule before it found.
        connecting: how it is connected to.
    """

    group_id: str | None
    profile: Profile | None
    backend: str
    settings: Mapping[str, Any]
    selected_by: str
    reason: str
    considered: tuple[str, ...] = ()
    connecting: Connecting = field(default_factory=Connecting)

    @property
    def kind(self) -> type[MemoryBackend]:
        """The backend's class: all that is known of the store before it is opened."""
        return backend_class(self.backend)

    @property
    def location(self) -> str:
        """Where the store lies, as the user would write it."""
        return f"{self.backend}:{self.kind.info.place_of(self.settings)}"

    @property
    def whole_location(self) -> str | None:
        """Where the store lies, whatever the working directory; `None` where no location says."""
        info = self.kind.info
        if info.location_setting is None:
            return None
        path = self.settings.get(info.path_setting or "")
        if path is None:  # it is no path of this machine, and means the same everywhere
            return self.location
        expanded = os.path.expanduser(path)  # noqa: PTH111 - pathlib's raises where there is no home
        # After a link, `..` leads to where the link does, and not to where the link lies.
        absolute = os.path.realpath if ".." in Path(expanded).parts else os.path.abspath
        return f"{self.backend}:{absolute(expanded)}"

    def selector(self, rows: Rows = EVERY_ROW) -> Selector:
        """Return the selector of the rows that are asked for, within the group in force."""
        return rows.within(self.group_id, knows_groups=self.kind.info.knows_groups)


def select(request: StoreRequest, *, only_looks: bool = False) -> Selection:
    """Choose the store.

    Args:
        request: which store is asked for.
        only_looks: whether all that is done with the store is to show what it holds. Nothing else
            falls back on a store that nobody has named.

    Raises:
        UsageError: when both a location and a profile are given.
        ProfileNotFound: when the named profile is not there.
        NoProfileInForce: when nothing is named, and no store is left for what is to be done.
        InvalidSetting: when the backend or a setting of it is unknown or wrong.
    """
    if request.group_id is not None:
        check_owner_id("group", request.group_id)
    if request.at is None:
        return _select_profile(request, only_looks=only_looks)
    if request.profile is not None:
        raise UsageError("`--at` and `--profile` exclude each other", hint="give one of them")
    return _select_location(request, request.at)


def _select_location(request: StoreRequest, text: str) -> Selection:
    location = parse_location(text)
    kind = backend_class(location.backend)
    info = kind.info
    if info.location_setting is None and location.path:
        raise InvalidSetting(
            f"backend `{location.backend}` takes no location, and one was given",
            hint=f"run `memctl setup {location.backend}` and use its profile",
        )
    values: dict[str, Any] = dict(request.settings)
    if info.location_setting is not None:
        values = info.beside_location(values, info.settings_at(location.path))
    return Selection(
        group_id=request.group_id,
        profile=None,
        backend=location.backend,
        settings=info.parse_settings(values),
        selected_by="at",
        reason=f"`{location}` was given",
        connecting=request.connecting,
    )


def _select_profile(request: StoreRequest, *, only_looks: bool) -> Selection:
    with open_profiles() as profiles:
        found, selected_by, reason, considered = profile_in_force(
            profiles, request.group, request.profile
        )
    profile = None if selected_by == "local" else found
    if profile is None:
        _check_last_resort(request, found, considered, only_looks=only_looks)
    elif selected_by == "shared_default" and not only_looks:
        _check_shared(request, profile)
    backend = profile.backend_type if profile else LAST_RESORT
    saved = profile.settings if profile else {}
    with naming_profile(profile, request.settings):
        settings = backend_class(backend).info.parse_settings({**saved, **request.settings})
    return Selection(
        group_id=request.group if profile else request.group_id,
        profile=profile,
        backend=backend,
        settings=settings,
        selected_by=selected_by,
        reason=reason,
        considered=tuple(considered),
        connecting=request.connecting,
    )


def _check_last_resort(
    request: StoreRequest, disabled: Profile | None, considered: list[str], *, only_looks: bool
) -> None:
    """Refuse a store that nobody has named to all but a look; a mistyped group is shown nothing.

    Raises:
        NoProfileInForce: naming what was found instead, and how to name a store.
    """
    if only_looks and (request.group_id is None or disabled is not None):
        return
    if disabled is not None:
        found, group = considered[-1:], shlex.quote(disabled.group_id)
        way = f"switch memory on again with `memctl config set-default NAME -g {group}`"
    else:
        # Of the shared group itself the last two rules say the same.
        found = considered[2:] if request.group != DEFAULT_GROUP else considered[2:3]
        way = f"make a profile with `memctl setup chroma -g {shlex.quote(request.group)}`"
        if request.group_id is not None:
            way = f"check the group's name, {way}"
    raise NoProfileInForce(
        f"no profile is in force: {', and '.join(found)}", hint=f"{way}, or {_BY_LOCATION}"
    )


def _check_shared(request: StoreRequest, profile: Profile) -> None:
    """Refuse a shared store in which no row says that it is another group's.

    Raises:
        NoProfileInForce: then.
    """
    if backend_class(profile.backend_type).info.knows_groups:
        return
    group = printable(request.group)
    raise NoProfileInForce(
        f"group `{group}` has no profile of its own, and the shared profile `{profile.name}` is of "
        f"a store that knows no groups: all of it would be meant, not what is of `{group}`",
        hint=_WAYS_PAST_SHARED,
    )


def refuse_shared(selection: Selection, what: str) -> None:
    """Refuse to change through the shared default what belongs to no group, or to all of them.

    Args:
        selection: the store that was chosen.
        what: what would be changed, for people.

    Raises:
        NoProfileInForce: where the group has no profile of its own.
    """
    if selection.selected_by == "shared_default":
        raise NoProfileInForce(
            f"group `{printable(selection.group_id or DEFAULT_GROUP)}` has no profile of its own, "
            f"and {what} of the shared store would be changed",
            hint=_WAYS_PAST_SHARED,
        )

"""What a backend says of itself before a store of it is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..address.logins import shown
from ..errors import InvalidSetting, UsageError
from ..memory_type import MemoryType
from ..setting import Setting, SettingKind, environment_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .capability import Capability
    from .provisioning import ProvisioningInfo


@dataclass(frozen=True, slots=True)
class BackendInfo:
    """What a backend says of itself before it is opened.

    One whose place is more than one setting, or that lies on a host, overrides `settings_at`,
    `place_of` and `secret_host` in a subclass.
    """

    name: str
    title: str
    settings: tuple[Setting, ...]
    capabilities: frozenset[Capability]
    location_setting: str | None
    """The setting that the text after ``BACKEND:`` fills; `None`: only profiles name a store."""
    one_of: tuple[str, ...] = ()
    """The settings of which exactly one says where the store lies."""
    has_setup: bool = False
    """Whether `memctl setup` makes a profile of it."""
    knows_groups: bool = True
    """Whether rows say whose they are; where they don't, the store is its owner's as a whole."""
    provisioning: ProvisioningInfo | None = None
    """Of a store that is built of resources; `None`: it is made, or taken back, at once."""
    writers: int = 1
    """How many threads may call `upsert`, `delete` and `scan` at once to write a copy."""
    readers: int = 1
    """How many threads may scan at once, each a part of the order."""
    place: str | None = None
    """How the text after ``BACKEND:`` is written, where the name of one setting does not say it."""
    types: frozenset[MemoryType] = frozenset(MemoryType)
    """The memory types that it can hold."""

    def settings_at(self, place: str) -> dict[str, Any]:
        """Return the settings that the text after ``BACKEND:`` stands for.

        Raises:
            InvalidSetting: when it can't be read.
        """
        return {self.location_setting: place or None} if self.location_setting else {}

    def place_of(self, settings: Mapping[str, Any]) -> str:
        """Return the text after ``BACKEND:`` that stands for parsed settings."""
        return settings.get(self.location_setting or "") or ""

    def secret_host(self, settings: Mapping[str, Any]) -> str | None:  # noqa: ARG002 - hosts differ
        """Name the host that secrets are sent to, or `None` where these settings name none."""
        return None

    @property
    def path_setting(self) -> str | None:
        """The setting that the text after ``BACKEND:`` fills, where that is a path."""
        paths = [each.name for each in self.settings if each.kind is SettingKind.PATH]
        return self.location_setting if self.location_setting in paths else None

    def parse_settings(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Return the settings with their values or defaults; secrets are no part of them.

        A setting that means nothing beside the others is left out.

        Raises:
            InvalidSetting: when one is unknown, required and missing, or of the wrong form.
        """
        settings = [setting for setting in self.settings if not setting.secret]
        known = {setting.name for setting in settings}
        for name in values:
            if name not in known:
                raise self._unknown(name, known)
        parsed = {setting.name: setting.parse(values.get(setting.name)) for setting in settings}
        for setting in settings:
            if setting.required and parsed[setting.name] is None:
                raise InvalidSetting(
                    f"backend `{self.name}` needs the setting `{setting.name}`",
                    hint=self._way_to_give(setting),
                )
        self._check_one_of(parsed)
        return {
            setting.name: parsed[setting.name]
            for setting in settings
            if self._means_something(setting, parsed, values)
        }

    def beside_location(
        self, given: Mapping[str, object], said: Mapping[str, object]
    ) -> dict[str, object]:
        """Return the settings that a location says, and those that were given beside it.

        Raises:
            UsageError: when one is given both ways.
        """
        for name, value in given.items():
            if value is not None and said.get(name) is not None:
                raise UsageError(
                    f"setting `{name}` is said by the location already",
                    hint="leave the setting out, and write it into the location",
                )
        return {**given, **{name: value for name, value in said.items() if value is not None}}

    def _unknown(self, name: str, known: Collection[str]) -> InvalidSetting:
        """Return the error for a name that no setting has, with the likeliest first in its hint."""
        from difflib import get_close_matches

        secrets = [each for each in self.settings if each.secret and each.name == name]
        if secrets:
            variable = environment_name(self.name, secrets[0])
            return InvalidSetting(
                f"setting `{name}` of backend `{self.name}` is a secret, and is not given so",
                hint=f"give it in the variable `{variable}`, or keep it with a profile: "
                f"`memctl config secret set PROFILE {name}`",
            )
        near = get_close_matches(name, sorted(known))
        names = ", ".join(f"`{each}`" for each in dict.fromkeys([*near, *sorted(known)]))
        return InvalidSetting(
            f"backend `{self.name}` has no setting `{shown(name)[:100]}`",
            hint=f"its settings are {names}",
        )

    def _means_something(
        self, setting: Setting, parsed: Mapping[str, object], values: Mapping[str, object]
    ) -> bool:
        """Return whether the setting has a say beside the others.

        Raises:
            InvalidSetting: when it was given and has none.
        """
        if setting.name in self.one_of:
            return parsed[setting.name] is not None
        if setting.goes_with is None or parsed[setting.goes_with] is not None:
            return True
        if values.get(setting.name) is not None:
            raise InvalidSetting(
                f"setting `{setting.name}` goes with `{setting.goes_with}`, which is not given"
            )
        return False

    def _way_to_give(self, setting: Setting) -> str | None:
        if not self.has_setup:
            return None
        flag = f"--{setting.name.replace('_', '-')}"
        variable = environment_name(self.name, setting)
        return f"`memctl setup {self.name}` takes it as `{flag}`, or from the variable `{variable}`"

    def _check_one_of(self, parsed: Mapping[str, object]) -> None:
        given = [name for name in self.one_of if parsed[name] is not None]
        names = " and ".join(f"`{name}`" for name in self.one_of)
        if len(given) > 1:
            raise InvalidSetting(
                f"the settings {names} of backend `{self.name}` exclude each other",
                hint="give one of them",
            )
        if self.one_of and not given:
            raise InvalidSetting(f"backend `{self.name}` needs one of the settings {names}")

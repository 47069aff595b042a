"""How a backend declares its settings and itself; not where their values come from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from .errors import InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .capability import Capability


class SettingKind(StrEnum):
    """The form of a setting's value."""

    TEXT = "text"
    PATH = "path"
    INTEGER = "integer"
    MAPPING = "mapping"
    """``KEY=VALUE`` pairs."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a backend, declared once: flags, validation and docs derive from it."""

    name: str
    help: str
    kind: SettingKind = SettingKind.TEXT
    required: bool = False
    secret: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    environment: str | None = None
    """Its environment variable, where that is not named after backend and setting."""
    is_kept: bool = True
    """Whether a secret may be stored; one that may not is given for one command."""

    def parse(self, value: object) -> Any:
        """Return the value in its form.

        Raises:
            InvalidSetting: when it does not have that form.
        """
        if value is None:
            return self.default
        if self.choices and value not in self.choices:
            raise self._invalid(value, "one of " + ", ".join(f"`{each}`" for each in self.choices))
        if self.kind is SettingKind.INTEGER:
            return self._parse_integer(value)
        if self.kind is SettingKind.MAPPING:
            if not isinstance(value, dict):
                raise self._invalid(value, "an object of texts")
            return value
        if not isinstance(value, str) or not value or "\0" in value:
            raise self._invalid(value, "a text that is not empty")
        return value

    def _parse_integer(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise self._invalid(value, "a whole number above 0")
        try:
            number = int(value)
        except ValueError:
            raise self._invalid(value, "a whole number above 0") from None
        if number < 1:
            raise self._invalid(value, "a whole number above 0")
        return number

    def _invalid(self, value: object, expected: str) -> InvalidSetting:
        shown = "what was given" if self.secret else f"`{str(value)[:100]}`"
        return InvalidSetting(f"setting `{self.name}`: {shown} is not {expected}")


@dataclass(frozen=True, slots=True)
class BackendInfo:
    """What a backend says of itself before it is opened."""

    name: str
    title: str
    settings: tuple[Setting, ...]
    capabilities: frozenset[Capability]
    location_setting: str | None
    """The setting that the text after ``BACKEND:`` fills; `None`: only profiles name a store."""
    has_setup: bool = False
    """Whether `memctl setup` makes a profile of it."""
    extra: str | None = None
    """The optional dependency group that it needs: ``pip install 'memctl[EXTRA]'``."""

    def parse_settings(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Return every setting with its value or default; secrets are no part of them.

        Raises:
            InvalidSetting: when one is unknown, required and missing, or of the wrong form.
        """
        settings = [setting for setting in self.settings if not setting.secret]
        known = {setting.name for setting in settings}
        for name in values:
            if name not in known:
                raise InvalidSetting(
                    f"backend `{self.name}` has no setting `{name}`",
                    hint="its settings are " + ", ".join(f"`{each}`" for each in sorted(known)),
                )
        parsed = {setting.name: setting.parse(values.get(setting.name)) for setting in settings}
        for setting in settings:
            if setting.required and parsed[setting.name] is None:
                raise InvalidSetting(f"backend `{self.name}` needs the setting `{setting.name}`")
        return parsed


def environment_name(backend: str, setting: Setting) -> str:
    """Name the environment variable that gives a setting: ``MEMCTL_CHROMA_PATH``."""
    if setting.environment is not None:
        return setting.environment
    return f"MEMCTL_{backend}_{setting.name}".upper().replace("-", "_")

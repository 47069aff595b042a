"""How a backend declares a setting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Any, Final

from .address.logins import holds_more_than_place
from .address.url import WITHHELD, check_path, is_host, parse_base_url, parse_origin
from .backend.embedder import EmbedderName
from .errors import InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class SettingKind(StrEnum):
    """The form of a setting's value."""

    TEXT = "text"
    PATH = "path"
    INTEGER = "integer"
    SWITCH = "switch"
    """On or off."""
    HOST = "host"
    """A host's name or address, without scheme and port."""
    MAPPING = "mapping"
    """``KEY=VALUE`` pairs."""
    LIST = "list"
    """Several texts."""
    EMBEDDER = "embedder"
    """What turns text into vectors: ``KIND:MODEL``."""
    URL = "url"
    """The base URL of a server, by https; http is taken for this machine alone."""


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
    goes_with: str | None = None
    """The setting without which this one means nothing, and has no default."""
    most: int | None = None
    """The largest whole number that it takes."""
    only_origin: bool = False
    """Whether of a URL only scheme, host and port are kept, and a host alone is taken too."""
    login: str | None = None
    """The secret setting that takes what people write into a URL as its password."""

    def parse(self, value: object) -> Any:
        """Return the value in its form.

        Raises:
            InvalidSetting: when it does not have that form.
        """
        if value is None:
            return self.default
        try:
            return self._parse(value)
        except InvalidSetting as exc:
            exc.setting = self.name
            raise

    def _parse(self, value: object) -> Any:
        if self.kind is SettingKind.LIST:
            return self._parse_list(value)
        if self.choices and value not in self.choices:
            raise self._invalid(value, "one of " + ", ".join(f"`{each}`" for each in self.choices))
        return self._parsers.get(self.kind, self._parse_text)(value)

    @property
    def _parsers(self) -> Mapping[SettingKind, Callable[[object], Any]]:
        return {
            SettingKind.INTEGER: self._parse_integer,
            SettingKind.SWITCH: self._parse_switch,
            SettingKind.HOST: self._parse_host,
            SettingKind.MAPPING: self._parse_mapping,
            SettingKind.EMBEDDER: lambda value: str(EmbedderName.parse(self._parse_text(value))),
            SettingKind.URL: self._parse_url,
            SettingKind.PATH: lambda value: check_path(self._text(value), self._named),
        }

    @property
    def _named(self) -> str:
        return f"setting `{self.name}`"

    def _text(self, value: object) -> str:
        if not isinstance(value, str) or not value or "\0" in value:
            raise self._invalid(value, "a text that is not empty")
        return value

    def _parse_text(self, value: object) -> str:
        text = self._text(value)
        if holds_more_than_place(text):
            raise InvalidSetting(
                f"{self._named}: {WITHHELD} is a URL with a login or a query, which is not kept",
                hint="leave that out; a secret is kept with `memctl config secret set`",
            )
        return text

    def _parse_url(self, value: object) -> str:
        text = self._text(value)
        if self.only_origin:
            return parse_origin(text, self._named, hint=f"write it as https://HOST{self._aside}")
        hint = f"write it as https://HOST/v1, without user, password and query{self._aside}"
        return parse_base_url(text, self._named, hint=hint)

    @property
    def _aside(self) -> str:
        if self.login is None:
            return ""
        return f"; keep a secret with `memctl config secret set PROFILE {self.login}`"

    def _parse_mapping(self, value: object) -> dict[str, str]:
        """Take an object of texts, or one text of pairs with commas between them."""
        if isinstance(value, str):
            pairs = [each.strip().partition("=") for each in value.split(",")]
            if not all(equals for _, equals, _ in pairs):
                raise self._invalid(value, "KEY=VALUE pairs with commas between them")
            value = {key: each for key, _, each in pairs}
        if not isinstance(value, dict):
            raise self._invalid(value, "an object of texts")
        return {self._parse_text(key): self._parse_text(each) for key, each in value.items()}

    def _parse_list(self, value: object) -> list[str]:
        """Take a list of texts, or one text with commas between them."""
        texts = value.split(",") if isinstance(value, str) else value
        if not isinstance(texts, list | tuple) or not texts:
            raise self._invalid(value, "a list of texts")
        one = replace(self, kind=SettingKind.TEXT)
        return [one.parse(each.strip() if isinstance(each, str) else each) for each in texts]

    def _parse_integer(self, value: object) -> int:
        expected = "a whole number above 0"
        if self.most is not None:
            expected += f" and up to {self.most}"
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise self._invalid(value, expected)
        try:
            number = int(value)
        except ValueError:
            raise self._invalid(value, expected) from None
        if number < 1 or (self.most is not None and number > self.most):
            raise self._invalid(value, expected)
        return number

    def _parse_switch(self, value: object) -> bool:
        word = str(value).lower()
        if word in {"true", "yes", "on", "1"}:
            return True
        if word in {"false", "no", "off", "0"}:
            return False
        raise self._invalid(value, "`true` or `false`")

    def _parse_host(self, value: object) -> str:
        """Return the name in small letters, or the address without brackets."""
        text = str(value).lower()
        bare = text.removeprefix("[").removesuffix("]")
        if ":" in bare and is_host(bare):
            return str(IPv6Address(bare))
        if isinstance(value, str) and is_host(text):
            return text
        raise self._invalid(
            value,
            "a host's name or address alone",
            hint=f"leave out scheme, port, path and whatever else a URL has{self._aside}",
        )

    def _invalid(self, value: object, expected: str, hint: str | None = None) -> InvalidSetting:
        # What stands before an `@`, or behind a `?`, may be a password.
        is_harmless = not self.secret and not set("@%?#") & set(str(value))
        named = f"`{str(value)[:100]}`" if is_harmless else WITHHELD
        return InvalidSetting(f"{self._named}: {named} is not {expected}", hint=hint)


EMBEDDER_KEY: Final = Setting(
    "embedder_key",
    "The key that the embedder's server wants.",
    secret=True,
    environment="MEMCTL_EMBEDDER_KEY",
)
EMBEDDER_SETTINGS: Final = (
    Setting(
        "embedder",
        "What turns text into vectors: KIND:MODEL, such as `openai:text-embedding-3-small`.",
        SettingKind.EMBEDDER,
        environment="MEMCTL_EMBEDDER",
    ),
    Setting(
        "embedder_url",
        "The base URL of an OpenAI-compatible server, such as https://HOST/v1; without it, "
        "OpenAI's own.",
        SettingKind.URL,
        environment="MEMCTL_EMBEDDER_URL",
        goes_with="embedder",
        login="embedder_key",
    ),
    EMBEDDER_KEY,
)
"""Of every backend whose records have vectors: by which model text becomes one."""


def environment_name(backend: str, setting: Setting) -> str:
    """Name the environment variable that gives a setting: ``MEMCTL_CHROMA_PATH``."""
    if setting.environment is not None:
        return setting.environment
    return f"MEMCTL_{backend}_{setting.name}".upper().replace("-", "_")

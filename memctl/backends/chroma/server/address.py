"""Where a Chroma server is and which of its databases is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from ....model.address.url import WITHHELD, Origin, split_url
from ....model.errors import InvalidSetting
from ..names import DEFAULT_HOME

if TYPE_CHECKING:
    from collections.abc import Mapping

_URL: Final = re.compile(r"https?://", re.IGNORECASE)
_PARTS: Final = 2
_NAMED: Final = "the location of a Chroma server"
_HINT: Final = (
    "write it as https://HOST:PORT or http://HOST:PORT, with /TENANT/DATABASE where it is not the "
    "default, and without user and password: give a token as the profile's secret or in "
    "`MEMCTL_CHROMA_TOKEN`"
)


def is_url(place: str) -> bool:
    """Return whether a location names a server; a directory's begins otherwise."""
    return _URL.match(place) is not None


@dataclass(frozen=True, slots=True)
class Address:
    """One database of a Chroma server.

    Attributes:
        origin: scheme, host and port: what a secret is bound to.
        home: tenant and database.
    """

    origin: Origin
    home: tuple[str, str]

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Address:
        """Take it from the parsed settings of a profile."""
        scheme = "https" if settings["ssl"] else "http"
        return cls(
            Origin(scheme, settings["host"], settings["port"]),
            (settings["tenant"], settings["database"]),
        )

    @classmethod
    def at(cls, url: str) -> Address:
        """Read a URL; one without a port means 80 or 443, as everywhere.

        Raises:
            InvalidSetting: when it is not that of a server, or holds a password.
        """
        # Whether a token may go there unencrypted is asked when there is one.
        origin, parts = split_url(url, _NAMED, hint=_HINT, may_be_clear=True)
        home = [unquote(each) for each in parts.path.strip("/").split("/") if each]
        if "?" in url or "#" in url or len(home) not in {0, _PARTS}:
            raise InvalidSetting(
                f"{_NAMED}: {WITHHELD} holds more, or less, than tenant and database", hint=_HINT
            )
        tenant, database = home or DEFAULT_HOME
        return cls(origin, (tenant, database))

    def settings(self) -> dict[str, Any]:
        """Return the settings that stand for it."""
        tenant, database = self.home
        return {
            "host": self.origin.host,
            "port": self.origin.port,
            "ssl": self.origin.scheme == "https",
            "tenant": tenant,
            "database": database,
        }

    @property
    def url(self) -> str:
        """The location; tenant and database only where they are not Chroma's default."""
        if self.home == DEFAULT_HOME:
            return str(self.origin)
        return self.whole_url

    @property
    def whole_url(self) -> str:
        """The location with tenant and database."""
        return "/".join([str(self.origin), *(quote(each, safe="") for each in self.home)])

"""Where a Chroma server is and which of its databases is meant; nothing is sent from here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urlsplit

from ....model.errors import InvalidSetting
from ..names import DEFAULT_HOME

if TYPE_CHECKING:
    from collections.abc import Mapping

_URL: Final = re.compile(r"https?://", re.IGNORECASE)
_PORTS: Final = {"http": 80, "https": 443}
_PARTS: Final = 2
_WRITTEN: Final = (
    "http://HOST:PORT or https://HOST:PORT, with /TENANT/DATABASE where it is not the default"
)


def is_url(place: str) -> bool:
    """Say whether a location names a server; a directory's begins otherwise."""
    return _URL.match(place) is not None


@dataclass(frozen=True, slots=True)
class Address:
    """One database of a Chroma server.

    Attributes:
        scheme: ``http`` or ``https``.
        host: a name or an address, IPv6 without brackets.
        port: the port.
        home: tenant and database.
    """

    scheme: str
    host: str
    port: int
    home: tuple[str, str]

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Address:
        """Take it from the parsed settings of a profile."""
        return cls(
            "https" if settings["ssl"] else "http",
            settings["host"],
            settings["port"],
            (settings["tenant"], settings["database"]),
        )

    @classmethod
    def at(cls, url: str) -> Address:
        """Read a URL; one without a port means 80 or 443, as everywhere.

        Raises:
            InvalidSetting: when it is not that of a server, or holds a password.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, parts, port = None, urlsplit(""), None
        if "@" in url:
            raise InvalidSetting(
                "a location holds no user and no password, for it is shown and kept",
                hint="leave them out of the URL, and give a token as the profile's secret "
                "or in `MEMCTL_CHROMA_TOKEN`",
            )
        home = [unquote(each) for each in parts.path.strip("/").split("/") if each]
        if not host or parts.query or parts.fragment or len(home) not in {0, _PARTS}:
            raise InvalidSetting(
                f"`{url[:200]}` is not the location of a Chroma server",
                hint=f"write it as {_WRITTEN}",
            )
        tenant, database = home or DEFAULT_HOME
        return cls(parts.scheme, host, port or _PORTS[parts.scheme], (tenant, database))

    def settings(self) -> dict[str, Any]:
        """Give the settings that stand for it."""
        tenant, database = self.home
        return {
            "host": self.host,
            "port": self.port,
            "ssl": self.scheme == "https",
            "tenant": tenant,
            "database": database,
        }

    @property
    def origin(self) -> str:
        """Scheme, host and port: what a secret is bound to."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def url(self) -> str:
        """The location; tenant and database only where they are not Chroma's default."""
        if self.home == DEFAULT_HOME:
            return self.origin
        return self.whole_url

    @property
    def whole_url(self) -> str:
        """The location with tenant and database."""
        return "/".join([self.origin, *(quote(each, safe="") for each in self.home)])

    @property
    def is_loopback(self) -> bool:
        """Whether nothing that is sent to it leaves this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")

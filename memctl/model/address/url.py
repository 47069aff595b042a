"""Addresses of servers and directories, each read by one rule."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from ..errors import InvalidSetting
from .logins import begins_like_url, holds_login, holds_more_than_place

WITHHELD: Final = "what was given"
"""Stands in messages for a text that may hold a password."""

_PORTS: Final = {"http": 80, "https": 443}
_HOST_NAME: Final = re.compile(r"[\w.-]+")
_HAS_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
"""A name before a colon is a scheme, unless a port follows."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: what a secret is bound to.

    Attributes:
        scheme: ``http`` or ``https``.
        host: a name or an address in small letters, IPv6 without brackets.
        port: the port.
    """

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        """Write it with the port, also where that is the usual one."""
        return f"{self.scheme}://{self._shown_host}:{self.port}"

    @property
    def short(self) -> str:
        """It without the port, where that is the usual one."""
        if self.port == _PORTS[self.scheme]:
            return f"{self.scheme}://{self._shown_host}"
        return str(self)

    @property
    def is_loopback(self) -> bool:
        """Whether nothing that is sent there leaves this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read what is sent there."""
        return self.scheme == "https" or self.is_loopback

    @property
    def _shown_host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def is_host(text: str) -> bool:
    """Return whether a text is a host's name, or an address without brackets."""
    if _HOST_NAME.fullmatch(text):
        return True
    try:
        return bool(IPv6Address(text))
    except ValueError:
        return False


def split_url(
    text: str, what: str, *, hint: str, may_be_bare: bool = False, may_be_clear: bool = False
) -> tuple[Origin, SplitResult]:
    """Return where the server of a URL is, and the URL's parts.

    Args:
        text: as somebody wrote it; no error repeats it.
        what: names it in errors, such as "setting `embedder_url`".
        hint: how to write it.
        may_be_bare: take a host without a scheme, and mean https.
        may_be_clear: take http to another machine.

    Raises:
        InvalidSetting: when it is no URL of https, or holds a login.
    """
    if may_be_bare and not _HAS_SCHEME.match(text):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # its message quotes what may be a password
        parts, host, port = urlsplit(""), "", None
    if holds_login(text) or "@" in (parts.netloc or text):
        raise InvalidSetting(f"{what}: {WITHHELD} holds a user name or a password", hint=hint)
    is_server = parts.scheme in _PORTS and is_host(host) and port != 0
    if not is_server or not text.isprintable() or " " in text:
        raise InvalidSetting(f"{what}: {WITHHELD} is not the URL of a server", hint=hint)
    origin = Origin(parts.scheme, host, port or _PORTS[parts.scheme])
    if not origin.is_private and not may_be_clear:
        raise InvalidSetting(
            f"{what}: all that is sent to `http://{host}` would travel unencrypted, in clear text",
            hint=f"write `https://{host}`; http is taken for this machine alone",
        )
    return origin, parts


def parse_origin(text: str, what: str, *, hint: str) -> str:
    """Return the origin of a URL, without the usual port.

    What users paste from a browser is understood: a path, ``?o=123``, a slash at the end, a
    missing scheme.

    Raises:
        InvalidSetting: as `split_url` does.
    """
    return split_url(text.strip(), what, hint=hint, may_be_bare=True)[0].short


def parse_base_url(text: str, what: str, *, hint: str) -> str:
    """Return a URL that paths are added to, without a slash at its end.

    Raises:
        InvalidSetting: as `split_url` does, and when it holds more than a path.
    """
    split_url(text, what, hint=hint)
    if "@" in text:
        raise InvalidSetting(f"{what}: {WITHHELD} holds a user name or a password", hint=hint)
    if "?" in text or "#" in text:
        raise InvalidSetting(f"{what}: {WITHHELD} holds a query or a fragment", hint=hint)
    return text.rstrip("/")


def origin_of(url: str) -> Origin:
    """Return the origin of a URL that was parsed before."""
    parts = urlsplit(url)
    return Origin(parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])


def check_path(text: str, what: str) -> str:
    """Return the path of a file or directory.

    Raises:
        InvalidSetting: when it looks like a URL, or holds one with a login.
    """
    if begins_like_url(text) or holds_more_than_place(text):
        raise InvalidSetting(
            f"{what}: {WITHHELD} looks like a URL, and only a directory of this machine is taken",
            hint="a directory of that name is written with `./` before it",
        )
    return text


def redirected(url: str, status: int, target: str | None, *, hint: str) -> InvalidSetting:
    """Make the error that an answer is which sends the request elsewhere.

    Args:
        url: what was asked.
        status: of the answer.
        target: its ``Location``; of it, only the host is shown.
        hint: where the right address is to be given.
    """
    origin, other = origin_of(url), _target_of(url, target) if target else None
    if other is None:
        where = "elsewhere"
    elif other == origin:
        where = "another path of its own"
    else:
        where = f"another address, `{other.short}`"
    return InvalidSetting(
        f"`{origin.short}` redirects to {where} (status {status}), and memctl does not follow",
        hint=hint,
    )


def leads_elsewhere(url: str, target: str) -> bool:
    """Return whether a redirect leaves the scheme, host and port of the URL that was asked."""
    return _target_of(url, target) != origin_of(url)


def _target_of(url: str, target: str) -> Origin | None:
    try:
        origin = origin_of(urljoin(url, target))
    except (ValueError, KeyError):  # no URL, or one of another kind
        return None
    return origin if is_host(origin.host) else None

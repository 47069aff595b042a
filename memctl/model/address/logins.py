"""What of a URL is never shown or kept: its login, query and fragment."""

from __future__ import annotations

import re
from typing import Final

_COLON: Final = r"(?::|%(?:25)*3a)"
_SLASH: Final = r"(?:/|%(?:25)*2f)"
_SCHEME: Final = rf"[a-z][a-z0-9+.-]{{1,30}}{_COLON}"
_BEGINNING: Final = rf"(?:{_SCHEME}{_SLASH}{{2,}}+|https?{_COLON}{_SLASH}(?!{_SLASH}))"
"""Of a URL. One that was made an absolute path has one slash left, as a directory has."""
_ENCODED_AT: Final = r"%(?:25)*40"
_URL: Final = re.compile(f"{_SCHEME}{_SLASH}", re.IGNORECASE)
# A password may hold `/`, `?` and `#`: only behind the whole name of a host is an `@` no login's.
_LOGIN: Final = re.compile(
    rf"({_BEGINNING}|{_SCHEME}{_SLASH}(?!{_SLASH})(?=[^/]*[:@]))"
    rf"(?:(?![\w-]+(?:\.[\w-]+)+[/?#]).*@|(?!\[|[\w.-]+(?::\d+)?[/?#]).*{_ENCODED_AT})",
    re.IGNORECASE | re.DOTALL,
)
_BEHIND_PATH: Final = re.compile(rf"({_BEGINNING}[^\s?#]*[?#])[^\s`]*", re.IGNORECASE)
_BARE_LOGIN: Final = re.compile(
    rf"((?:^|[\s`(])(?://)?)(?:(?<=//)[^/\s]*|[^/\s]*:[^/\s]*)(?:@|{_ENCODED_AT})", re.IGNORECASE
)
"""``USER:PASSWORD@HOST`` without a scheme; a user alone is a directory's name as well."""

_WORD: Final = re.compile(r"[^\s`]+")


def begins_like_url(text: str) -> bool:
    """Return whether a text begins with a scheme, or with a user's name and password."""
    return _URL.match(text) is not None or _BARE_LOGIN.match(text) is not None


def holds_login(text: str) -> bool:
    """Return whether a text holds a URL with a user name or a password, in clear or encoded."""
    return _LOGIN.search(text) is not None


def holds_more_than_place(text: str) -> bool:
    """Return whether a text holds a URL with a login, a query or a fragment."""
    return holds_login(text) or _BEHIND_PATH.search(text) is not None


def masked(text: str) -> str:
    """Return a location without what a URL in it may hold of secrets: login, query, fragment."""
    return _BEHIND_PATH.sub(r"\1***", _LOGIN.sub(r"\1***@", text))


def masked_words(message: str) -> str:
    """Return a message whose words hold no login, query or fragment of a URL."""
    return _WORD.sub(lambda found: masked(found[0]), message)


def shown(text: str) -> str:
    """Return what somebody typed as a message may repeat it: without a login, bare or in a URL."""
    return _BARE_LOGIN.sub(r"\1***@", masked(text))


def without_logins(message: str) -> str:
    """Return a message without the logins of URLs in it; links into pages stay whole."""
    return _WORD.sub(lambda found: _LOGIN.sub(r"\1***@", found[0]), message)

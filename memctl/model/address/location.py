"""Where a store lies, as ``BACKEND:LOCATION``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import UsageError
from .logins import shown

_BACKEND = re.compile(r"[a-z][a-z0-9_-]*\Z")


@dataclass(frozen=True, slots=True)
class Location:
    """A store that needs no profile: ``chroma:./memory``."""

    backend: str
    path: str

    def __str__(self) -> str:
        """Write it as the user does."""
        return f"{self.backend}:{self.path}"


def looks_like_location(text: str) -> bool:
    """Return whether the text is a location rather than a profile's name, which holds no colon."""
    return ":" in text


def parse_location(text: str) -> Location:
    """Split at the first colon.

    Raises:
        UsageError: when there is no backend name before the colon.
    """
    backend, colon, path = text.partition(":")
    if not colon or not _BACKEND.match(backend) or "\0" in path:
        raise UsageError(
            f"`{shown(text)[:200]}` is not a location",
            hint="write it as BACKEND:LOCATION, for example `chroma:./memory`",
        )
    return Location(backend, path)

"""What the backend says of itself: its settings, its places and what it can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ...model.backend.capability import Capability
from ...model.backend.info import BackendInfo
from .server.address import Address, is_url
from .settings import PLACES, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping


class ChromaInfo(BackendInfo):
    """A place is a directory, or the URL of a server."""

    __slots__ = ()

    def settings_at(self, place: str) -> dict[str, Any]:
        """Return the settings of a server for a URL, else those of a directory."""
        return Address.at(place).settings() if is_url(place) else {"path": place or None}

    def place_of(self, settings: Mapping[str, Any]) -> str:
        """Return the directory as it was given, or the server's URL."""
        return Address.of(settings).url if "host" in settings else settings["path"]

    def secret_host(self, settings: Mapping[str, Any]) -> str | None:
        """Return the server with scheme and port, or `None` for a directory."""
        return str(Address.of(settings).origin) if "host" in settings else None


INFO: Final = ChromaInfo(
    name="chroma",
    title="a ChromaDB directory or server, memctl's own or any other program's",
    settings=SETTINGS,
    capabilities=frozenset(
        {
            Capability.READ,
            Capability.UPSERT,
            Capability.DELETE,
            Capability.SETUP,
            Capability.PROBE,
        }
    ),
    location_setting="path",
    one_of=PLACES,
    has_setup=True,
)

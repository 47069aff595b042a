"""The class that the registry names: it opens a directory or a server, as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from .base import ChromaBase

if TYPE_CHECKING:
    from collections.abc import Mapping


class ChromaBackend(ChromaBase):
    """Chroma's collections, wherever they lie."""

    @classmethod
    def open(cls, settings: Mapping[str, Any], **options: Any) -> Self:
        """Return the connection that fits the place."""
        # To list the backends, neither is needed.
        from .directory.backend import ChromaDirectory
        from .server.backend import ChromaServer

        kind: Any = ChromaServer if "host" in settings else ChromaDirectory
        return kind(settings, **options)  # type: ignore[no-any-return]  # both are `ChromaBase`

"""One database of a Chroma server."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from ..place import Place
from .address import Address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ....formats.chroma import StoredCollection
    from ...base import Access, ReadSecret
    from ..writer import Writer
    from .database import Database
    from .store import ServerStore


class ServerPlace(Place):
    """One database of a Chroma server; reading it makes nothing there."""

    other_target = "choose another database as the target, with `--database`"

    def __init__(
        self, settings: Mapping[str, Any], access: Access, read_secret: ReadSecret
    ) -> None:
        self.address = Address.of(settings)
        super().__init__(settings, access, f"chroma:{self.address.url}", self.address.home)
        self.has_token = False
        self._read_secret = read_secret
        self._remote: Database | None = None

    def exists(self) -> bool:
        """Return whether the database is there and holds a collection.

        Raises:
            MemctlError: when the server does not answer.
        """
        return self.remote.is_there() and bool(self.store.collections())

    @property
    def remote(self) -> Database:
        """What is asked of the server, with the token that is kept for it.

        Raises:
            MemctlError: when the token can't be had, or must not be sent.
        """
        if self._remote is None:
            from .api import Api
            from .database import Database

            token = self._read_secret("token")
            self.has_token = token is not None
            header = self.settings["token_header"]
            api = Api(self.address, token, header=header, timeout=self.access.timeout)
            self._resources.callback(api.close)
            self._remote = Database(api)
        return self._remote

    @contextmanager
    def _open_store(self) -> Iterator[ServerStore]:
        from .store import ServerStore

        yield ServerStore(self.remote)

    @contextmanager
    def _open_writer(self) -> Iterator[Writer]:
        from .writer import ServerWriter

        yield ServerWriter(self.remote, self.forget_reader, self.forget_rows)

    def forget_rows(self, collection: str) -> None:
        """List rows anew, and collections too where this one had no dimension until now."""
        store = self._store
        if store is None or any(
            each.name == collection and each.dimension is None for each in store.collections()
        ):
            self.forget_reader()
        else:
            cast("ServerStore", store).forget_rows()  # `_open_store` yields no other

    def rows_in(self, stored: StoredCollection) -> int:
        """Return the server's count of a collection's rows."""
        return self.remote.count(stored.id)

    def close(self) -> None:
        """Close the connections to the server."""
        super().close()
        self._remote = None

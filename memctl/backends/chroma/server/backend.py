"""A Chroma server as a memory store."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...base import READ_ONLY, Access
from ..base import ChromaBase
from .address import Address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ....formats.chroma import StoredCollection
    from ....model.check import Check
    from ....model.step import Step
    from ...base import ReadSecret, SetupRequest
    from ..writer import Writer
    from .database import Database
    from .store import ServerStore


class ChromaServer(ChromaBase):
    """One database of a Chroma server; reading it makes nothing there."""

    other_target = "choose another database as the target, with `--database`"

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        read_secret: ReadSecret,
        access: Access = READ_ONLY,
    ) -> None:
        """Keep the settings; nothing is asked of the server yet."""
        super().__init__(settings, read_secret=read_secret, access=access)
        self.address = Address.of(settings)
        self.home = self.address.home
        self.has_token = False
        self._remote: Database | None = None

    @property
    def lock_name(self) -> str | None:
        """The server with tenant and database."""
        return self.address.whole_url

    def exists(self) -> bool:
        """Say whether the database is there and holds a collection.

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

            token = self.read_secret("token")
            self.has_token = token is not None
            header = self.settings["token_header"]
            api = Api(self.address, token, header=header, timeout=self.access.timeout)
            self._resources.callback(api.close)
            self._remote = Database(api)
        return self._remote

    @contextmanager
    def open_store(self) -> Iterator[ServerStore]:
        """Begin to read."""
        from .store import ServerStore

        yield ServerStore(self.remote)

    @contextmanager
    def open_writer(self) -> Iterator[Writer]:
        """Begin to write."""
        from .writer import ServerWriter

        yield ServerWriter(self.remote, self.forget_reader)

    def rows_in(self, stored: StoredCollection) -> int:
        """Ask the server."""
        return self.remote.count(stored.id)

    def plan_setup(self, request: SetupRequest) -> list[Step]:
        """List the steps to a database with a collection for each type."""
        from .setup import plan_database

        return plan_database(self, request)

    def check(self) -> list[Check]:
        """Look at the server, its database, vectors and rows."""
        from .health import check_server

        return check_server(self)

    def close(self) -> None:
        """Close the connections to the server."""
        super().close()
        self._remote = None

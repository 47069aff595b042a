"""A Chroma server as a memory store."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ..base import ChromaBase
from ..checks import check_owners
from .place import ServerPlace

if TYPE_CHECKING:
    from ....model.backend.check import Check
    from ....model.step import Step
    from ...base import SetupRequest


class ChromaServer(ChromaBase):
    """One database of a Chroma server; reading it makes nothing there."""

    @cached_property
    def place(self) -> ServerPlace:
        """The database, asked for nothing before it is read or written."""
        return ServerPlace(self.settings, self.access, self.read_secret)

    @property
    def identity(self) -> str:
        """The server with tenant and database."""
        return self.place.address.whole_url

    def _plan_setup(self, request: SetupRequest) -> list[Step]:
        """List the steps to a database with a collection for each type."""
        from .setup import plan_database

        return plan_database(self.place, request)

    def check(self) -> list[Check]:
        """Return the checks of the server, its database, vectors and rows."""
        from .health import check_server

        return [*check_server(self.place), *check_owners(self.tally())]

"""The whole workspace: its clock, credentials, privileges, endpoints, indexes and faults."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from ..requests.faults import Faults
from ..requests.visits import Visits
from .clock import Clock
from .credentials import ADMINS, Credentials
from .endpoints import Endpoints
from .indexes import Indexes
from .nearest import Queries
from .unity import Unity

if TYPE_CHECKING:
    from ..options import Options


class Workspace:
    """A workspace with one catalog and one schema in it, and nothing else.

    Args:
        options: how it is set.
        url: of the workspace, without a slash at its end.
        index_url: of the host that indexes have for themselves.
    """

    id = "6051921418418893"

    def __init__(self, options: Options, url: str, index_url: str) -> None:
        self.options = options
        self.url = url
        self.account_id = str(uuid4())
        self.clock = Clock()
        self.latency = options.latency_ms / 1000
        self.credentials = Credentials(options, self.clock)
        self.unity = Unity(self.clock, self.credentials.principals)
        self.endpoints = Endpoints(options, self.clock)
        self.indexes = Indexes(options, self.clock, self.endpoints, index_url)
        self.queries = Queries()
        self.faults = Faults()
        self.visits = Visits()
        self.unity.create("catalog", options.catalog, ADMINS, {"catalog_type": "MANAGED_CATALOG"})
        self.unity.create("schema", f"{options.catalog}.{options.schema}", ADMINS, {})

"""The part of the backend class that sets up, checks, lists and deletes endpoints and indexes."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...model.results import LoggedIn
from ..base import MemoryBackend
from ..facets import Columned, Indexed, KnowsUsers, ServesModels
from .naming import own_indexes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...model.backend.check import Check
    from ...model.backend.index import IndexFacts
    from ...model.memory_type import MemoryType
    from ...model.step import Step
    from ...workspace.connection import Workspace
    from ..provisioning import Provisioning, ProvisionRequest
    from .indexes.service import VectorSearch
    from .provisioning.waiter import Waiter
    from .rows.open_index import OpenIndex


class ProvisionedDatabricks(MemoryBackend, Columned, Indexed, KnowsUsers, ServesModels):
    """A backend whose endpoints and indexes can be made, checked, listed and deleted."""

    workspace: Workspace
    service: VectorSearch

    def invoke_model(self, name: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask a serving endpoint of the workspace; asking it twice does no harm."""
        path = f"/serving-endpoints/{quote(name, safe='')}/invocations"
        return self.workspace.request(
            "POST", path, body, what=f"serving endpoint `{name}`", is_safe=True
        )

    @abstractmethod
    def _open_index(self, memory_type: MemoryType) -> OpenIndex:
        """Open the index of a type."""

    def check(self) -> list[Check]:
        """Check the login, and each endpoint and index that the profile names."""
        from .health.indexes import check_workspace

        return check_workspace(self.service, self.settings)

    def check_rows(self, group_id: str | None) -> list[Check]:
        """Read every row of every index that can be read."""
        from .health.rows import check_rows

        return [
            check
            for memory_type, name in own_indexes(self.settings).items()
            for check in check_rows(partial(self._open_index, memory_type), name, group_id)
        ]

    def log_in(self) -> LoggedIn:
        """Log in to the workspace, once, and return as whom."""
        login = self.workspace.log_in()
        return LoggedIn(self.workspace.host, login.user, login.method)

    def provision(self, request: ProvisionRequest) -> Provisioning:
        """Check all that can be checked without making anything, and list the steps."""
        from .provisioning.setup import plan_setup

        return plan_setup(self.service, self.settings, request)

    def provision_index(self, memory_type: MemoryType, request: ProvisionRequest) -> Provisioning:
        """Plan the index of one memory type, as `provision` does."""
        from .provisioning.setup import plan_setup

        return plan_setup(self.service, self.settings, request, [memory_type])

    def list_indexes(self) -> Sequence[IndexFacts]:
        """List the profile's indexes, then the others on its endpoints."""
        from .indexes.listing import list_indexes

        return list_indexes(self.service, self.settings)

    def name_index(self, name: str) -> tuple[MemoryType | None, str]:
        """Return the memory type and the full name of what was named."""
        from .indexes.listing import name_index

        return name_index(self.settings, name)

    def find_index(self, name: str) -> IndexFacts:
        """Look at one index, by its name or by the memory type that it holds."""
        from .indexes.listing import find_index

        return find_index(self.service, self.settings, name)

    def save_index(self, name: str) -> dict[str, Any]:
        """Return, as JSON, all that is needed to make an index again as it is."""
        from .provisioning.recreate import save_index

        return save_index(self.service, name)

    def recreate_index(
        self, saved: Mapping[str, Any], request: ProvisionRequest, *, is_deleted: bool
    ) -> list[Step]:
        """List the steps that delete an index, unless it is gone, and make it as it was saved."""
        from .provisioning.recreate import recreate_index

        return recreate_index(self.service, saved, _waiter(request), is_deleted=is_deleted)

    def delete_resources(
        self, names: Sequence[str], endpoints: Sequence[str], request: ProvisionRequest
    ) -> list[Step]:
        """List the steps that delete indexes, and endpoints that serve no other."""
        from .provisioning.recreate import delete_resources

        return delete_resources(self.service, names, endpoints, _waiter(request))


def _waiter(request: ProvisionRequest) -> Waiter:
    from .provisioning.waiter import Waiter

    return Waiter(request.options["wait_timeout"], request.progress)

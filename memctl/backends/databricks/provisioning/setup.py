"""Plans a setup: what is checked first, then which steps in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ....model.memory_type import MemoryType
from ...provisioning import Provisioning
from ..indexes.spec import wanted_index
from ..naming import endpoint_for, own_indexes
from .grants import grants_to
from .readiness import CheckIndexes, WaitUntilServing
from .rights import Rights
from .steps import CreateEndpoint, CreateIndex, CreateSchema, check_idle
from .waiter import Waiter

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ....model.step import Step
    from ....workspace.connection import Workspace
    from ...provisioning import ProvisionRequest, Resources
    from ..indexes.service import VectorSearch

BILLED: Final = "an endpoint is billed while it exists, whether or not it is used"


class DatabricksSetup(Provisioning):
    """The steps of one setup, and what they stand for."""

    def __init__(
        self,
        steps: Sequence[Step],
        notes: Sequence[str],
        service: VectorSearch,
        endpoints: Mapping[str, CreateEndpoint],
        indexes: Mapping[MemoryType, CreateIndex],
    ) -> None:
        super().__init__(steps, notes)
        self._service = service
        self._endpoints = endpoints
        self._indexes = indexes

    def resources(self) -> Resources:
        """Return the endpoints and indexes with their status, by the last answers."""
        return {
            "endpoints": {
                role: {"name": each.resource, "type": each.type, "status": each.status}
                for role, each in self._endpoints.items()
            },
            "indexes": {
                memory_type.value: {"name": each.resource, "status": each.status}
                for memory_type, each in self._indexes.items()
            },
        }

    def check_removal(self, made: Collection[str]) -> None:
        """Refuse to take back an index that holds memory, or an endpoint that serves others.

        Raises:
            HoldsMemory: then.
        """
        indexes = [each for each in self._indexes.values() if each.name in made]
        for index in indexes:
            index.check_empty()
        names = [each.resource for each in indexes]
        for endpoint in self._endpoints.values():
            if endpoint.name in made:
                check_idle(self._service, endpoint.resource, except_for=names)


def plan_setup(
    service: VectorSearch,
    settings: Mapping[str, Any],
    request: ProvisionRequest,
    types: Sequence[MemoryType] = tuple(MemoryType),
) -> DatabricksSetup:
    """Check what can be checked without making anything, and list the steps.

    Args:
        service: of the workspace that it is made in.
        settings: name what is to be made.
        request: how.
        types: the memory types that are meant, as far as the settings name an index for them.

    Raises:
        MissingContainer: when the catalog or the schema is missing.
        NotPermitted: when the user may not make indexes there.
    """
    options = request.options
    waiter = Waiter(options.get("wait_timeout") or 0, request.progress)
    types = [each for each in types if each in own_indexes(settings)]
    notes = _check(service.workspace, settings, options) if request.is_checked else []
    endpoints = _endpoints(service, settings, options, types, waiter)
    indexes = {each: CreateIndex(service, wanted_index(settings, each), waiter) for each in types}
    steps: list[Step] = []
    if options.get("create_schema"):
        steps.append(CreateSchema(service.workspace, settings["catalog"], settings["schema"]))
    distinct = {each.resource: each for each in endpoints.values()}
    steps += distinct.values()
    if options.get("wait", True):
        steps.append(WaitUntilServing(", ".join(distinct), list(distinct.values()), waiter))
    steps += indexes.values()
    if options.get("wait", True):
        steps.append(WaitUntilServing("the indexes", list(indexes.values()), waiter))
    steps.append(CheckIndexes(service, list(indexes.values())))
    names = [each.resource for each in indexes.values()]
    for principal in options.get("grant") or ():
        steps += grants_to(service, principal, names, distinct)
    return DatabricksSetup(steps, [BILLED, *notes], service, endpoints, indexes)


def _check(
    workspace: Workspace, settings: Mapping[str, Any], options: Mapping[str, Any]
) -> list[str]:
    rights = Rights(workspace, settings["catalog"], settings["schema"])
    return rights.check(may_create_schema=bool(options.get("create_schema")))


def _endpoints(
    service: VectorSearch,
    settings: Mapping[str, Any],
    options: Mapping[str, Any],
    types: Sequence[MemoryType],
    waiter: Waiter,
) -> dict[str, CreateEndpoint]:
    """Return the step of each role's endpoint; one that serves both roles is one step."""
    made: dict[str, CreateEndpoint] = {}
    roles = {}
    for memory_type in types:
        name = endpoint_for(settings, memory_type)
        if name is None:
            continue
        kind, dimension = options.get("endpoint_type"), settings["dimension"]
        step = CreateEndpoint(service, name, kind, dimension, waiter)
        role = "document" if memory_type is MemoryType.DOCUMENT else "memory"
        roles[role] = made.setdefault(name, step)
    return roles

"""The steps that delete indexes and endpoints, and make indexes again as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...provisioning import LookingStep
from ..indexes.states import SERVING, index_state
from .grants import saved_grants
from .readiness import not_serving
from .resources import (
    create_index,
    delete_endpoint,
    delete_index,
    find_endpoint,
    find_index,
    spec_of,
)
from .rights import UNITY
from .steps import check_idle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ....model.step import Step
    from ....workspace.connection import Workspace
    from ..indexes.service import VectorSearch
    from .waiter import Waiter


def save_index(service: VectorSearch, name: str) -> dict[str, Any]:
    """Return all that is needed to make an index again: its request, and who holds what on it.

    Raises:
        StoreNotFound: when there is no such index.
        NotPermitted: when the user may not see the privileges on it: they would be lost.
    """
    described = service.describe(name, fresh=True)
    return {
        "name": name,
        "spec": spec_of(described),
        "grants": saved_grants(service.workspace, name),
    }


def recreate_index(
    service: VectorSearch, saved: Mapping[str, Any], waiter: Waiter, *, is_deleted: bool
) -> list[Step]:
    """List the steps that delete an index and make it again; it is deleted just once."""
    delete: list[Step] = [] if is_deleted else [DeleteIndex(service, saved["name"], waiter)]
    return [
        *delete,
        RemakeIndex(service, saved, waiter),
        WaitForIndex(service, saved["name"], waiter),
        GrantAgain(service.workspace, saved),
    ]


def delete_resources(
    service: VectorSearch, names: Sequence[str], endpoints: Sequence[str], waiter: Waiter
) -> list[Step]:
    """List the steps that delete indexes, then endpoints that serve no other.

    Raises:
        HoldsMemory: when an endpoint does.
    """
    for each in endpoints:
        check_idle(service, each, except_for=names)
    steps: list[Step] = [DeleteIndex(service, each, waiter) for each in names]
    return [*steps, *(DeleteEndpoint(service, each, waiter) for each in endpoints)]


class DeleteIndex:
    """Delete an index with all of its rows."""

    def __init__(self, service: VectorSearch, name: str, waiter: Waiter) -> None:
        self.name = f"delete index {name}"
        self._service = service
        self._index = name
        self._waiter = waiter

    def find(self) -> bool:
        """Return whether it is gone."""
        return find_index(self._service, self._index) is None

    def do(self) -> None:
        """Delete it, and wait until it is gone."""
        delete_index(self._service, self._index, self._waiter)

    def undo(self) -> None:
        """Leave it: what it held is gone."""


class DeleteEndpoint:
    """Delete an endpoint that serves no index any more."""

    def __init__(self, service: VectorSearch, endpoint: str, waiter: Waiter) -> None:
        self.name = f"delete endpoint {endpoint}"
        self._service = service
        self._endpoint = endpoint
        self._waiter = waiter

    def find(self) -> bool:
        """Return whether it is gone."""
        return find_endpoint(self._service, self._endpoint) is None

    def do(self) -> None:
        """Delete it.

        Raises:
            HoldsMemory: when it serves an index by now.
        """
        check_idle(self._service, self._endpoint)
        delete_endpoint(self._service, self._endpoint, self._waiter)

    def undo(self) -> None:
        """Leave it: `memctl setup databricks` makes another one."""


class RemakeIndex:
    """Make an index as it was, once its name is free."""

    def __init__(self, service: VectorSearch, saved: Mapping[str, Any], waiter: Waiter) -> None:
        self.name = f"make index {saved['name']} again"
        self._service = service
        self._saved = saved
        self._waiter = waiter

    def find(self) -> bool:
        """Return whether it is there."""
        return find_index(self._service, self._saved["name"]) is not None

    def do(self) -> None:
        """Make it."""
        create_index(self._service, self._saved["name"], self._saved["spec"], self._waiter)

    def undo(self) -> None:
        """Leave it: without it there would be nothing."""


class WaitForIndex(LookingStep):
    """Wait until an index can be written."""

    def __init__(self, service: VectorSearch, name: str, waiter: Waiter) -> None:
        self.name = f"wait for index {name}"
        self._service = service
        self._index = name
        self._waiter = waiter

    def find(self) -> bool:
        """Return whether it can be written."""
        return not self._left()

    def do(self) -> None:
        """Wait.

        Raises:
            NotReady: when it never will.
            TimedOut: when the time is up.
        """
        self._waiter.until_none_is_left(self._left)

    def _left(self) -> dict[str, str]:
        described = find_index(self._service, self._index)
        state = index_state(described) if described else "missing"
        return {} if state in SERVING else not_serving({self._index: state})


class GrantAgain:
    """Grant everybody what they held on an index before it was made again."""

    def __init__(self, workspace: Workspace, saved: Mapping[str, Any]) -> None:
        self.name = f"grant what was held on index {saved['name']}"
        self._workspace = workspace
        self._saved = saved

    def find(self) -> bool:
        """Return whether everybody has it."""
        if not self._saved["grants"]:
            return True
        there = {
            (each["principal"], one)
            for each in saved_grants(self._workspace, self._saved["name"])
            for one in each["add"]
        }
        wanted = {(each["principal"], one) for each in self._saved["grants"] for one in each["add"]}
        return wanted <= there

    def do(self) -> None:
        """Grant it."""
        name = self._saved["name"]
        self._workspace.request(
            "PATCH",
            f"{UNITY}/permissions/table/{quote(name, safe='')}",
            {"changes": self._saved["grants"]},
            what=f"the privileges on `{name}`",
        )

    def undo(self) -> None:
        """Leave it: it was so before."""

"""The steps of a setup that make something: a schema, endpoints, indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ....model.errors import RequestRefused, StoreNotFound
from ..indexes.spec import differences
from ..indexes.states import endpoint_state, index_state
from ..naming import check_dimension
from ..resource_errors import HoldsMemory, OtherResource
from .resources import (
    count_rows,
    create_endpoint,
    create_index,
    delete_endpoint,
    delete_index,
    find_endpoint,
    find_index,
    is_taken,
)
from .rights import UNITY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ....workspace.connection import Workspace
    from ..indexes.service import VectorSearch
    from ..indexes.spec import IndexSpec
    from .waiter import Waiter

MISSING: Final = "missing"


class CreateSchema:
    """Make the schema that the indexes lie in."""

    def __init__(self, workspace: Workspace, catalog: str, schema: str) -> None:
        self.name = f"create schema {catalog}.{schema}"
        self._workspace = workspace
        self._catalog = catalog
        self._schema = schema

    def find(self) -> bool:
        """Return whether it is there."""
        try:
            self._workspace.request("GET", self._path, what=f"schema `{self._full_name}`")
        except StoreNotFound:
            return False
        return True

    def do(self) -> None:
        """Make it; one that is there is as good."""
        body = {"name": self._schema, "catalog_name": self._catalog}
        what = f"schema `{self._full_name}`"
        try:
            self._workspace.request("POST", f"{UNITY}/schemas", body, what=what, is_safe=True)
        except RequestRefused as exc:
            if not (is_taken(exc) or exc.reason == "SCHEMA_ALREADY_EXISTS"):
                raise

    def undo(self) -> None:
        """Delete it, if nothing lies in it."""
        if self.find():
            self._workspace.request("DELETE", self._path, what=f"schema `{self._full_name}`")

    @property
    def _full_name(self) -> str:
        return f"{self._catalog}.{self._schema}"

    @property
    def _path(self) -> str:
        return f"{UNITY}/schemas/{quote(self._full_name, safe='')}"


class CreateEndpoint:
    """Make an endpoint.

    Args:
        service: that makes it.
        endpoint: its name.
        endpoint_type: ``STANDARD`` or ``STORAGE_OPTIMIZED``; `None` takes what is there, and makes
            the former.
        dimension: of the vectors that it is to serve.
        waiter: bounds every wait.
    """

    def __init__(
        self,
        service: VectorSearch,
        endpoint: str,
        endpoint_type: str | None,
        dimension: int,
        waiter: Waiter,
    ) -> None:
        self.name = f"create endpoint {endpoint}"
        self.resource = endpoint
        self.type = endpoint_type or "STANDARD"
        self.status = MISSING
        self._service = service
        self._is_any_type = endpoint_type is None
        self._dimension = dimension
        self._waiter = waiter

    def find(self) -> bool:
        """Return whether it is there.

        Raises:
            OtherResource: when it is of another type.
            InvalidSetting: when one of its type can't serve vectors of the dimension.
        """
        described = find_endpoint(self._service, self.resource)
        self.status = endpoint_state(described) if described else MISSING
        if described is None:
            return False
        found = str(described.get("endpoint_type") or self.type)
        if not self._is_any_type and found != self.type:
            raise OtherResource(
                f"endpoint `{self.resource}` is there, and of type `{found}`, not `{self.type}`",
                hint="name another endpoint, or leave out `--endpoint-type`",
            )
        check_dimension(self._dimension, found)
        self.type = found
        return True

    def do(self) -> None:
        """Make it; it takes some minutes until it is ready."""
        create_endpoint(self._service, self.resource, self.type, self._waiter)
        self.find()

    def undo(self) -> None:
        """Delete it, unless it serves other indexes.

        Raises:
            HoldsMemory: when it does.
        """
        check_idle(self._service, self.resource)
        delete_endpoint(self._service, self.resource, self._waiter)
        self.status = MISSING


class CreateIndex:
    """Make the index of one memory type."""

    def __init__(self, service: VectorSearch, spec: IndexSpec, waiter: Waiter) -> None:
        self.name = f"create index {spec.name}"
        self.spec = spec
        self.resource = spec.name
        self.status = MISSING
        self._service = service
        self._waiter = waiter

    def find(self) -> bool:
        """Return whether it is there.

        Raises:
            OtherResource: when it can't hold what it is meant for.
        """
        described = find_index(self._service, self.resource)
        self.status = index_state(described) if described else MISSING
        if described is not None:
            check_spec(self.spec, described)
        return described is not None

    def do(self) -> None:
        """Make it, as soon as its name is free."""
        create_index(self._service, self.resource, self.spec.as_request(), self._waiter)
        self.find()

    def undo(self) -> None:
        """Delete it while it is empty.

        Raises:
            HoldsMemory: when it has rows.
        """
        self.check_empty()
        delete_index(self._service, self.resource, self._waiter)
        self.status = MISSING

    def check_empty(self) -> None:
        """Refuse to take back an index that has rows.

        Raises:
            HoldsMemory: then.
        """
        if count_rows(self._service, self.resource):
            raise HoldsMemory(
                f"index `{self.resource}` holds memory by now, and is not taken back",
                hint=f"if nobody needs it, run `memctl index delete {self.resource}`",
            )


def check_spec(spec: IndexSpec, described: Mapping[str, Any]) -> None:
    """Refuse an index that can't hold what it is meant for.

    Raises:
        OtherResource: naming each difference.
    """
    found = differences(spec, described)
    if found:
        said = "; ".join(str(each) for each in found)
        raise OtherResource(
            f"index `{spec.name}` is there, and is another one than asked for: {said}",
            hint="give other names with `--suffix`, or the settings that it was made with",
        )


def check_idle(service: VectorSearch, endpoint: str, except_for: Sequence[str] = ()) -> None:
    """Refuse to delete an endpoint that serves other indexes.

    Raises:
        HoldsMemory: naming them.
    """
    if find_endpoint(service, endpoint) is None:
        return
    listed = [str(each.get("name")) for each in service.indexes_on(endpoint)]
    others = [each for each in listed if each not in except_for and find_index(service, each)]
    if others:
        named = ", ".join(f"`{each}`" for each in sorted(others)[:5])
        raise HoldsMemory(
            f"endpoint `{endpoint}` serves {len(others)} other indexes: {named}",
            hint="delete those first, if nobody needs them",
        )

"""The steps that let other principals use what was made."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ....model.errors import StoreNotFound
from .resources import find_endpoint
from .rights import ALL, UNITY, held_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ....workspace.connection import Workspace
    from ..indexes.service import VectorSearch

_SERVICE_PRINCIPAL: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LEVELS: Final = frozenset({"CAN_USE", "CAN_MANAGE"})


class Grant:
    """Grant one privilege on a catalog, a schema or an index to one principal."""

    def __init__(
        self, workspace: Workspace, kind: str, securable: str, privilege: str, principal: str
    ) -> None:
        shown = privilege.replace("_", " ")
        self.name = f"grant {shown} on {securable} to {principal}"
        self._workspace = workspace
        self._place = f"{kind}/{quote(securable, safe='')}"
        self._what = f"the privileges on `{securable}`"
        self._privilege = privilege
        self._principal = principal

    def find(self) -> bool:
        """Return whether the principal has it, here or on what this lies in."""
        try:
            return self._has_it()
        except StoreNotFound:
            return False

    def do(self) -> None:
        """Grant it."""
        self._change("add")

    def undo(self) -> None:
        """Take it back."""
        with suppress(StoreNotFound):
            self._change("remove")

    def _has_it(self) -> bool:
        answer = self._workspace.request(
            "GET",
            f"{UNITY}/effective-permissions/{self._place}",
            query={"principal": self._principal},
            what=self._what,
        )
        held = held_by(answer.get("privilege_assignments") or [], {self._principal})
        return bool(held & {self._privilege, ALL})

    def _change(self, verb: str) -> None:
        change = {"principal": self._principal, verb: [self._privilege]}
        self._workspace.request(
            "PATCH",
            f"{UNITY}/permissions/{self._place}",
            {"changes": [change]},
            what=self._what,
        )


class AllowEndpoint:
    """Let one principal use an endpoint, which is known by its id there, not its name."""

    def __init__(self, service: VectorSearch, endpoint: str, principal: str) -> None:
        self.name = f"let {principal} use endpoint {endpoint}"
        self._service = service
        self._endpoint = endpoint
        self._principal = principal

    def find(self) -> bool:
        """Return whether the principal may use it already."""
        path = self._path()
        if path is None:
            return False
        entries = self._entries(path)
        return any(_named(each) == self._principal and _levels(each) & _LEVELS for each in entries)

    def do(self) -> None:
        """Add it to those who may."""
        entry = {_kind(self._principal): self._principal, "permission_level": "CAN_USE"}
        self._send("PATCH", self._path() or "", [entry])

    def undo(self) -> None:
        """Leave it out of those who may: all that is not inherited is written anew."""
        path = self._path()
        if path is None:
            return
        kept = [
            {_kind_of(each): _named(each), "permission_level": level}
            for each in self._entries(path)
            if _named(each) != self._principal
            for level in sorted(_levels(each, is_inherited=False))
        ]
        self._send("PUT", path, kept)

    def _path(self) -> str | None:
        described = find_endpoint(self._service, self._endpoint)
        if described is None:
            return None
        return f"/api/2.0/permissions/vector-search-endpoints/{described.get('id')}"

    def _entries(self, path: str) -> list[dict[str, Any]]:
        answer = self._service.workspace.request("GET", path, what=self._what)
        return list(answer.get("access_control_list") or [])

    def _send(self, method: str, path: str, entries: list[dict[str, Any]]) -> None:
        body = {"access_control_list": entries}
        self._service.workspace.request(method, path, body, what=self._what)

    @property
    def _what(self) -> str:
        return f"the permissions of endpoint `{self._endpoint}`"


def grants_to(
    service: VectorSearch, principal: str, indexes: Iterable[str], endpoints: Iterable[str]
) -> list[Grant | AllowEndpoint]:
    """List what a principal needs to read indexes, each part just once."""
    steps: dict[str, Grant | AllowEndpoint] = {}
    for index in indexes:
        catalog, schema, _ = index.split(".")
        for step in (
            Grant(service.workspace, "catalog", catalog, "USE_CATALOG", principal),
            Grant(service.workspace, "schema", f"{catalog}.{schema}", "USE_SCHEMA", principal),
            Grant(service.workspace, "table", index, "SELECT", principal),
        ):
            steps.setdefault(step.name, step)
    for endpoint in endpoints:
        use = AllowEndpoint(service, endpoint, principal)
        steps.setdefault(use.name, use)
    return list(steps.values())


def saved_grants(workspace: Workspace, index: str) -> list[dict[str, Any]]:
    """Return who holds what on an index itself, as the request that grants it again."""
    answer = workspace.request(
        "GET",
        f"{UNITY}/permissions/table/{quote(index, safe='')}",
        what=f"the privileges on `{index}`",
    )
    return [
        {"principal": each["principal"], "add": sorted(map(str, each["privileges"]))}
        for each in answer.get("privilege_assignments") or []
        if each.get("privileges")
    ]


def _kind(principal: str) -> str:
    if "@" in principal:
        return "user_name"
    is_id = _SERVICE_PRINCIPAL.fullmatch(principal)
    return "service_principal_name" if is_id else "group_name"


def _kind_of(entry: Mapping[str, Any]) -> str:
    kinds = ("user_name", "group_name", "service_principal_name")
    return next(kind for kind in kinds if entry.get(kind))


def _named(entry: Mapping[str, Any]) -> str:
    return str(entry.get(_kind_of(entry)))


def _levels(entry: Mapping[str, Any], *, is_inherited: bool | None = None) -> set[str]:
    return {
        str(each.get("permission_level"))
        for each in entry.get("all_permissions") or []
        if is_inherited is None or bool(each.get("inherited")) is is_inherited
    }

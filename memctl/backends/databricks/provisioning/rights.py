"""Checks, without trying, whether the user may make indexes in a schema of Unity Catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ....model.errors import BadAnswer, NotPermitted, RequestRefused, StoreNotFound
from ..resource_errors import MissingContainer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ....workspace.connection import Workspace

UNITY: Final = "/api/2.1/unity-catalog"
ALL: Final = "ALL_PRIVILEGES"
UNTOLD: Final = (NotPermitted, StoreNotFound, RequestRefused, BadAnswer)
"""Errors by which a workspace refuses to tell this user about privileges."""

_EVERYBODY: Final = frozenset({"users", "account users"})


class Rights:
    """What the logged-in user may do in one schema.

    Args:
        workspace: where.
        catalog: the catalog's name.
        schema: the schema's own name.
    """

    def __init__(self, workspace: Workspace, catalog: str, schema: str) -> None:
        self._workspace = workspace
        self._catalog = catalog
        self._schema = f"{catalog}.{schema}"

    def check(self, *, may_create_schema: bool) -> list[str]:
        """Look whether indexes can be made there; return what could not be seen.

        Raises:
            MissingContainer: when the catalog or the schema is missing.
            NotPermitted: when the user lacks a privilege, naming it.
        """
        catalog = self._read("catalog", self._catalog)
        if catalog is None:
            raise MissingContainer(
                f"there is no catalog `{self._catalog}` at `{self._workspace.host}`",
                hint="name one that is there with `--catalog`: memctl makes none",
            )
        schema = self._read("schema", self._schema)
        if schema is not None:
            return self._check("schema", self._schema, [catalog, schema], "CREATE_TABLE")
        if not may_create_schema:
            raise MissingContainer(
                f"there is no schema `{self._schema}` at `{self._workspace.host}`",
                hint="add `--create-schema` to make it, or name one that is there with `--schema`",
            )
        return self._check("catalog", self._catalog, [catalog], "CREATE_SCHEMA")

    def _read(self, kind: str, name: str) -> dict[str, Any] | None:
        path = f"{UNITY}/{kind}s/{quote(name, safe='')}"
        try:
            return self._workspace.request("GET", path, what=f"{kind} `{name}`")
        except StoreNotFound:
            return None

    def _check(
        self, kind: str, name: str, owned: Iterable[Mapping[str, Any]], needed: str
    ) -> list[str]:
        """Look for one privilege; whoever could read catalog and schema may use them."""
        user, groups = self._who_am_i()
        if {each.get("owner") for each in owned} & {user, *groups}:
            return []
        held, is_whole = self._held(kind, name, user, groups)
        if held & {needed, ALL}:
            return []
        privilege = needed.replace("_", " ")
        if held and is_whole:
            raise NotPermitted(
                f"`{user}` lacks {privilege} on {kind} `{name}`",
                hint=f"ask the owner of the {kind} to grant it",
            )
        return [f"memctl can't see whether `{user}` has {privilege} on {kind} `{name}`"]

    def _held(
        self, kind: str, name: str, user: str, groups: frozenset[str]
    ) -> tuple[set[str], bool]:
        """Return the privileges that are seen, and whether those of the user's groups are too."""
        try:
            assigned = self._effective(kind, name, None)
        except NotPermitted:
            try:
                assigned = self._effective(kind, name, user)
            except UNTOLD:
                return set(), False
            return held_by(assigned, {user}), not groups
        except UNTOLD:
            return set(), False
        return held_by(assigned, {user, *groups, *_EVERYBODY}), True

    def _effective(self, kind: str, name: str, principal: str | None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        token: str | None = None
        while True:
            page = self._workspace.request(
                "GET",
                f"{UNITY}/effective-permissions/{kind}/{quote(name, safe='')}",
                query={"principal": principal, "page_token": token},
                what=f"the privileges on {kind} `{name}`",
            )
            found += page.get("privilege_assignments") or []
            token = page.get("next_page_token")
            if not token:
                return found

    def _who_am_i(self) -> tuple[str, frozenset[str]]:
        me = self._workspace.request("GET", "/api/2.0/preview/scim/v2/Me", what="the user")
        groups = {str(each.get("display")) for each in me.get("groups") or []} - _EVERYBODY
        return self._workspace.user, frozenset(groups)


def held_by(assigned: Iterable[Mapping[str, Any]], names: set[str]) -> set[str]:
    """Return what these principals hold; the service spells a privilege as an object or a text."""
    found: set[str] = set()
    for each in assigned:
        if each.get("principal") in names:
            for one in each.get("privileges") or []:
                privilege = one.get("privilege") if isinstance(one, dict) else one
                found.add(str(privilege).replace(" ", "_").upper())
    return found

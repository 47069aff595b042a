"""Unity Catalog: catalogs, schemas and tables, and who holds which privilege on them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..refusal import Refusal, denied, exists, invalid, not_found

if TYPE_CHECKING:
    from .clock import Clock
    from .credentials import Principal

ALL = "ALL_PRIVILEGES"
PRIVILEGES = frozenset(
    {
        "ALL_PRIVILEGES",
        "APPLY_TAG",
        "BROWSE",
        "CREATE_CATALOG",
        "CREATE_FUNCTION",
        "CREATE_MATERIALIZED_VIEW",
        "CREATE_MODEL",
        "CREATE_SCHEMA",
        "CREATE_TABLE",
        "CREATE_VOLUME",
        "EXECUTE",
        "MANAGE",
        "MODIFY",
        "READ_VOLUME",
        "REFRESH",
        "SELECT",
        "USE_CATALOG",
        "USE_SCHEMA",
        "WRITE_VOLUME",
    }
)
NAME = re.compile(r"[^\s./\x00-\x1f\x7f]{1,255}")


@dataclass(slots=True)
class Securable:
    """A catalog, a schema or a table, and who holds what on it.

    Attributes:
        kind: ``catalog``, ``schema`` or ``table``.
        name: its full name, of one part, two or three.
        info: what the service says of it beside names and times.
    """

    kind: str
    name: str
    owner: str
    created_at: int
    info: dict[str, Any] = field(default_factory=dict)
    grants: dict[str, set[str]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Write it as the service does."""
        *parents, own = self.name.split(".")
        names = dict(zip(("catalog_name", "schema_name"), parents, strict=False))
        return {
            "name": own,
            **names,
            "full_name": self.name,
            "owner": self.owner,
            "created_at": self.created_at,
            "created_by": self.owner,
            "updated_at": self.created_at,
            "updated_by": self.owner,
            "securable_type": self.kind.upper(),
            **self.info,
        }

    def grants_json(self, principal: str | None) -> dict[str, Any]:
        """Write the grants as the service does; for one principal if it is named."""
        return {
            "privilege_assignments": [
                {"principal": each, "privileges": sorted(held)}
                for each, held in self.grants.items()
                if held and principal in {None, each}
            ]
        }


class Unity:
    """The metastore: every securable by its full name, in lower case."""

    def __init__(self, clock: Clock, principals: frozenset[str]) -> None:
        self._clock = clock
        self._principals = principals
        self._all: dict[tuple[str, str], Securable] = {}

    def find(self, kind: str, name: str) -> Securable:
        """Return a securable.

        Raises:
            Refusal: when there is none of that name.
        """
        found = self._all.get((kind, name.lower()))
        if found is None:
            message = f"{kind.capitalize()} '{name}' does not exist."
            raise not_found(message, f"{kind.upper()}_DOES_NOT_EXIST")
        return found

    def holds(self, kind: str, name: str) -> bool:
        """Return whether there is one of that name."""
        return (kind, name.lower()) in self._all

    def children(self, kind: str, parent: str) -> list[Securable]:
        """List what lies in a catalog or a schema, by name; all catalogs for an empty name."""
        start = f"{parent.lower()}." if parent else ""
        found = [
            each
            for (of_kind, name), each in self._all.items()
            if of_kind == kind and name.startswith(start)
        ]
        return sorted(found, key=lambda each: each.name)

    def create(self, kind: str, name: str, owner: str, info: dict[str, Any]) -> Securable:
        """Make a securable.

        Raises:
            Refusal: when the name is none, or taken.
        """
        name = name.lower()
        own = name.rpartition(".")[2]
        if not NAME.fullmatch(own):
            raise invalid(f"'{own}' is not a valid name for a {kind}")
        if self.holds(kind, name):
            message = f"{kind.capitalize()} '{name}' already exists"
            raise exists(message, f"{kind.upper()}_ALREADY_EXISTS")
        full = {f"{kind}_id": str(uuid4()), **info}
        made = Securable(kind, name, owner, self._clock.milliseconds(), full)
        self._all[kind, name] = made
        return made

    def remove(self, securable: Securable) -> None:
        """Forget a securable and what is granted on it."""
        del self._all[securable.kind, securable.name]

    def remove_container(self, securable: Securable, *, force: bool) -> None:
        """Delete a catalog or a schema; with ``force`` also the schemas in a catalog.

        Raises:
            Refusal: when something lies in it that stays.
        """
        schemas = self.children("schema", securable.name) if securable.kind == "catalog" else []
        tables = self.children("table", securable.name)
        if tables or (schemas and not force):
            kind = securable.kind.capitalize()
            raise Refusal(400, "INVALID_STATE", f"{kind} '{securable.name}' is not empty.")
        for each in (*schemas, securable):
            self.remove(each)

    def lineage(self, securable: Securable) -> list[Securable]:
        """Return a securable and what it lies in, itself first."""
        kinds = ("catalog", "schema", "table")
        parts = securable.name.split(".")
        above = [(kinds[n - 1], ".".join(parts[:n])) for n in range(len(parts), 0, -1)]
        return [self._all[each] for each in above if each in self._all]

    def allows(self, principal: Principal, privilege: str, securable: Securable) -> bool:
        """Return whether somebody holds a privilege, here or on what it lies in."""
        for each in self.lineage(securable):
            held = set().union(*(each.grants.get(name, set()) for name in principal.names))
            if each.owner in principal.names or held & {privilege, ALL}:
                return True
        return False

    def require(self, principal: Principal, privilege: str, securable: Securable) -> None:
        """Refuse whoever does not hold a privilege; owners hold all, ``MANAGE`` too.

        Raises:
            Refusal: with status 403.
        """
        if not self.allows(principal, privilege, securable):
            words = privilege.replace("_", " ")
            kind = securable.kind.capitalize()
            raise denied(f"User does not have {words} on {kind} '{securable.name}'.")

    def require_use(self, principal: Principal, schema: str) -> Securable:
        """Refuse whoever may not use a schema and its catalog; give the schema.

        Raises:
            Refusal: with status 403, or 404 where one of them is missing.
        """
        catalog = self.find("catalog", schema.partition(".")[0])
        self.require(principal, "USE_CATALOG", catalog)
        found = self.find("schema", schema)
        self.require(principal, "USE_SCHEMA", found)
        return found

    def require_table(self, principal: Principal, name: str, privilege: str) -> Securable:
        """Refuse whoever may not use a table's schema, or lacks a privilege on it; give the table.

        Raises:
            Refusal: with status 403, or 404 where it is missing.
        """
        found = self.find("table", name)
        self.require_use(principal, found.name.rpartition(".")[0])
        self.require(principal, privilege, found)
        return found

    def change(self, securable: Securable, changes: list[dict[str, Any]]) -> None:
        """Grant and revoke, all or nothing.

        Raises:
            Refusal: when a principal or a privilege is unknown, or one is both added and removed.
        """
        for each in changes:
            self._check(each)
        for each in changes:
            held = securable.grants.setdefault(each["principal"], set())
            held |= set(each.get("add", []))
            removed = set(each.get("remove", []))
            if ALL in removed:
                held.clear()
            held -= removed

    def _check(self, change: dict[str, Any]) -> None:
        principal = change.get("principal")
        added, removed = set(change.get("add", [])), set(change.get("remove", []))
        if principal not in self._principals:
            message = f"Could not find principal with name {principal}"
            raise not_found(message, "PRINCIPAL_DOES_NOT_EXIST")
        if unknown := (added | removed) - PRIVILEGES:
            raise invalid(f"Privilege {min(unknown)} is not applicable to this entity")
        if added & removed:
            raise invalid(f"Duplicate privileges to add and delete for principal {principal}.")

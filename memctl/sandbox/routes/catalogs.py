"""Routes of Unity Catalog's catalogs, schemas and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..refusal import Refusal, denied
from ..requests.operation import OBJECT, TEXT, Operation
from .paging import page

if TYPE_CHECKING:
    from ..requests.operation import Call

BASE = "/api/2.1/unity-catalog"
LISTED = frozenset({"max_results", "page_token", "include_browse", "include_unbound"})


def create_catalog(call: Call) -> dict[str, Any]:
    """Make a catalog; only an administrator may."""
    if not call.principal.is_admin:
        raise denied("User does not have CREATE CATALOG on Metastore.")
    info = {**call.body, "catalog_type": "MANAGED_CATALOG"}
    name = info.pop("name")
    return call.workspace.unity.create("catalog", name, call.principal.name, info).as_json()


def create_schema(call: Call) -> dict[str, Any]:
    """Make a schema in a catalog."""
    unity, info = call.workspace.unity, dict(call.body)
    catalog = unity.find("catalog", info.pop("catalog_name"))
    unity.require(call.principal, "USE_CATALOG", catalog)
    unity.require(call.principal, "CREATE_SCHEMA", catalog)
    name = f"{catalog.name}.{info.pop('name')}"
    return unity.create("schema", name, call.principal.name, info).as_json()


def read_catalog(call: Call) -> dict[str, Any]:
    """Return a catalog to whoever may use it."""
    found = call.workspace.unity.find("catalog", call.path["name"])
    call.workspace.unity.require(call.principal, "USE_CATALOG", found)
    return found.as_json()


def read_schema(call: Call) -> dict[str, Any]:
    """Return a schema to whoever may use it."""
    return call.workspace.unity.require_use(call.principal, call.path["name"]).as_json()


def read_table(call: Call) -> dict[str, Any]:
    """Return what Unity Catalog says of an index."""
    unity = call.workspace.unity
    return unity.require_table(call.principal, call.path["name"], "SELECT").as_json()


def list_catalogs(call: Call) -> dict[str, Any]:
    """List the catalogs that the caller may use."""
    return _list(call, "catalog", "")


def list_schemas(call: Call) -> dict[str, Any]:
    """List the schemas of a catalog that the caller may use."""
    unity = call.workspace.unity
    catalog = unity.find("catalog", call.first("catalog_name") or "")
    unity.require(call.principal, "USE_CATALOG", catalog)
    return _list(call, "schema", catalog.name)


def _list(call: Call, kind: str, parent: str) -> dict[str, Any]:
    unity = call.workspace.unity
    found = [
        each.as_json()
        for each in unity.children(kind, parent)
        if unity.allows(call.principal, f"USE_{kind.upper()}", each)
    ]
    return page(call, f"{kind}s", found)


def delete_catalog(call: Call) -> dict[str, Any]:
    """Delete a catalog; one that holds schemas only with ``force``."""
    return _delete(call, "catalog")


def delete_schema(call: Call) -> dict[str, Any]:
    """Delete a schema that holds no index."""
    return _delete(call, "schema")


def _delete(call: Call, kind: str) -> dict[str, Any]:
    unity = call.workspace.unity
    found = unity.find(kind, call.path["name"])
    unity.require(call.principal, "MANAGE", found)
    unity.remove_container(found, force=call.first("force") == "true")
    return {}


def delete_table(call: Call) -> dict[str, Any]:
    """Refuse to delete an index as a table."""
    found = call.workspace.unity.find("table", call.path["name"])
    message = f"Table '{found.name}' is a vector index, which can't be dropped as a table."
    raise Refusal(400, "INVALID_PARAMETER_VALUE", message)


COMMON = {"comment": TEXT, "properties": OBJECT, "storage_root": TEXT}
FORCE = frozenset({"force"})
BROWSE = frozenset({"include_browse"})
CATALOGS = (
    Operation("POST", f"{BASE}/catalogs", create_catalog, needs={"name": TEXT}, body=COMMON),
    Operation("GET", f"{BASE}/catalogs", list_catalogs, query=LISTED),
    Operation("GET", f"{BASE}/catalogs/{{name}}", read_catalog, query=BROWSE),
    Operation("DELETE", f"{BASE}/catalogs/{{name}}", delete_catalog, query=FORCE),
    Operation(
        "POST",
        f"{BASE}/schemas",
        create_schema,
        needs={"name": TEXT, "catalog_name": TEXT},
        body=COMMON,
    ),
    Operation("GET", f"{BASE}/schemas", list_schemas, query=LISTED | {"catalog_name"}),
    Operation("GET", f"{BASE}/schemas/{{name}}", read_schema, query=BROWSE),
    Operation("DELETE", f"{BASE}/schemas/{{name}}", delete_schema, query=FORCE),
    Operation(
        "GET",
        f"{BASE}/tables/{{name}}",
        read_table,
        query=BROWSE | {"include_delta_metadata", "include_manifest_capabilities"},
    ),
    Operation("DELETE", f"{BASE}/tables/{{name}}", delete_table),
)

"""What a sandbox holds, as its own administrator sees it; memctl has no part in that."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

API = "/api/2.0/vector-search"
UNITY = "/api/2.1/unity-catalog"
MEMORY, DOCUMENTS = "memctl_memory", "memctl_documents"
INDEXES = {
    "short_term": "ml.agents.short_term_memory",
    "long_term": "ml.agents.long_term_memory",
    "entity": "ml.agents.entity_memory",
    "document": "ml.agents.document_embeddings",
}
CREATED = [
    f"create endpoint {MEMORY}",
    f"create endpoint {DOCUMENTS}",
    f"wait for {MEMORY}, {DOCUMENTS}",
    *(f"create index {each}" for each in INDEXES.values()),
    "wait for the indexes",
    "check the indexes",
    "save the profile",
]


def lead_to(sandbox, set_variable) -> None:
    """Set the variables that lead memctl to a sandbox."""
    set_variable("MEMCTL_DATABRICKS_WORKSPACE_URL", sandbox.url)
    set_variable("MEMCTL_DATABRICKS_TOKEN", sandbox.token)


def ask(sandbox, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
    """Send one request; an error is a `LookupError` with its status."""
    request = Request(  # noqa: S310 - the sandbox's own address
        sandbox.url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token or sandbox.token}"},
    )
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=20) as reply:
            return json.load(reply)
    except HTTPError as exc:
        with exc:
            raise LookupError(exc.code, exc.read()) from None


def endpoints(sandbox) -> list[str]:
    """Name the endpoints."""
    return sorted(each["name"] for each in ask(sandbox, "GET", f"{API}/endpoints")["endpoints"])


def indexes(sandbox) -> list[str]:
    """Name the indexes on every endpoint."""
    found = []
    for endpoint in endpoints(sandbox):
        listed = ask(sandbox, "GET", f"{API}/indexes?endpoint_name={endpoint}")
        found += [each["name"] for each in listed.get("vector_indexes", [])]
    return sorted(found)


def describe(sandbox, name: str) -> dict[str, Any]:
    """Describe an index."""
    return ask(sandbox, "GET", f"{API}/indexes/{name}")


def contents(sandbox) -> tuple[list[str], list[str]]:
    """Name all that there is."""
    return endpoints(sandbox), indexes(sandbox)


def requested(sandbox, method: str = "", path: str = "") -> list[str]:
    """List the requests whose method and path begin so."""
    return [
        f"{each['method']} {each['path']}"
        for each in sandbox.requests()
        if each["method"].startswith(method) and each["path"].startswith(path)
    ]


def outcomes(data: dict[str, Any]) -> dict[str, str]:
    """Give the outcome of each step."""
    return {each["name"]: each["outcome"] for each in data["steps"]}


def put_rows(sandbox, name: str, rows: list[dict[str, Any]]) -> None:
    """Write rows."""
    body = {"inputs_json": json.dumps(rows)}
    assert ask(sandbox, "POST", f"{API}/indexes/{name}/upsert-data", body)["status"] == "SUCCESS"


def make_rows(number: int, group: str | None = "default", start: int = 0) -> list[dict[str, Any]]:
    """Make rows of short-term memory."""
    return [
        {
            "id": f"row-{each:04}",
            "content": f"text {each}",
            "embedding": [1.0, 0.0, 0.0, 0.0],
            "group_id": group,
            "crew_id": "research",
            "metadata": "{}",
        }
        for each in range(start, start + number)
    ]


def row_ids(sandbox, name: str) -> list[str]:
    """Name the rows of an index."""
    reply = ask(sandbox, "POST", f"{API}/indexes/{name}/scan", {"num_results": 1000})
    return [
        field["value"]["string_value"]
        for row in reply["data"]
        for field in row["fields"]
        if field["key"] == "id"
    ]

"""Routes about the rows of an index: write, delete, scan and query."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from ..refusal import Refusal, denied, invalid, malformed
from ..requests.faults import Kind
from ..requests.operation import LIST, NUMBER, OBJECT, TEXT, WHOLE, Operation
from ..service.columns import SUFFIXES
from ..service.credentials import READ, WRITE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..requests.operation import Call, Form
    from ..service.index import Index

    Run = Callable[[Call], dict[str, Any] | Response]

ON_WORKSPACE = "/api/2.0/vector-search/indexes/{index}"
ON_INDEX_HOST = "/api/2.0/vector-search/endpoints/{endpoint}/indexes/{index}"
QUERY: Mapping[str, Form] = {
    "query_vector": LIST,
    "query_text": TEXT,
    "query_type": TEXT,
    "num_results": WHOLE,
    "filters_json": TEXT,
    "filter_string": TEXT,
    "score_threshold": NUMBER,
    "debug_level": WHOLE,
    "reranker": OBJECT,
    "columns_to_rerank": LIST,
    "query_columns": LIST,
    "sort_columns": LIST,
    "facets": LIST,
}
SCAN: Mapping[str, Form] = {"num_results": WHOLE, "last_primary_key": TEXT, "endpoint_name": TEXT}
MOST_SCANNED = 10_000


def _index(call: Call, operation: str) -> Index:
    """Return the index to whoever may read or write its rows, once it is ready."""
    workspace = call.workspace
    index = workspace.indexes.find(call.path["index"])
    privilege = "SELECT" if operation == READ else "MODIFY"
    workspace.unity.require_table(call.principal, index.name, privilege)
    if not workspace.indexes.is_ready(index):
        state = workspace.indexes.state(index)
        raise Refusal(400, "INVALID_STATE", f"Index {index.name} is not ready: {state}.")
    return index


def upsert(call: Call) -> dict[str, Any]:
    """Write rows; a row that does not fit is named in the answer, and the others are written."""
    index = _index(call, WRITE)
    try:
        rows = json.loads(call.body["inputs_json"])
    except ValueError:
        raise malformed("inputs_json is not valid JSON.") from None
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise malformed("inputs_json is not a list of objects.")
    if not rows:
        raise invalid("inputs_json is empty.")
    good, bad = index.sort_out(rows)
    kept, refused = _split(call, good, len(rows))
    bad += [str(each[index.spec.primary_key]) for each in refused]
    index.before = index.rows.copy() if call.is_stale else None
    index.rows.put(kept)
    return _written(len(kept), bad)


def delete(call: Call) -> dict[str, Any]:
    """Delete rows by key; one that is not there counts as deleted."""
    index = _index(call, WRITE)
    keys = [*call.query.get("primary_keys", []), *call.body.get("primary_keys", [])]
    if not keys:
        raise invalid("primary_keys is empty.")
    if not all(isinstance(each, str) for each in keys):
        raise malformed("Could not parse field primary_keys: it has the wrong type.")
    kept, refused = _split(call, keys, len(keys))
    index.before = index.rows.copy() if call.is_stale else None
    index.rows.remove(index.spec.key(each) for each in kept)
    return _written(len(kept), [*refused])


def _split(call: Call, items: list[Any], total: int) -> tuple[list[Any], list[Any]]:
    """Return what is carried out, and what a fault makes the service refuse."""
    if call.fault is None or call.fault.kind is not Kind.PARTIAL:
        return items, []
    rows = max(1, total // 2) if call.fault.rows is None else call.fault.rows
    return items[rows:], items[:rows]


def _written(count: int, failed: list[str]) -> dict[str, Any]:
    """Write how a write went; it is status 200 even where nothing was written."""
    status = "SUCCESS" if not failed else "PARTIAL_SUCCESS" if count else "FAILURE"
    return {
        "status": status,
        "result": {"success_row_count": str(count), "failed_primary_keys": failed},
    }


def scan(call: Call) -> Response:
    """Return the next rows in the order of their keys, in camelCase on the index's own host."""
    index = _index(call, READ)
    limit = call.body.get("num_results", 10)
    if not 0 < limit <= MOST_SCANNED:
        raise invalid(f"num_results must be between 1 and {MOST_SCANNED}.")
    last = call.body.get("last_primary_key")
    rows = index.read()
    keys = rows.after(index.spec.key(last) if last else None, limit)
    is_camel = call.access.operation is not None
    texts = ",".join(rows.scan_text(each, SUFFIXES[is_camel]) for each in keys)
    last_key = json.dumps(str(keys[-1]) if keys else "")
    name = "lastPrimaryKey" if is_camel else "last_primary_key"
    text = f'{{"data":[{texts}],"{name}":{last_key}}}'
    return Response(text, media_type="application/json")


def query(call: Call) -> dict[str, Any]:
    """Return the rows nearest to a vector, the first page of them."""
    index = _index(call, READ)
    endpoint = call.workspace.indexes.endpoint_of(index)
    is_optimized = endpoint is not None and endpoint.type == "STORAGE_OPTIMIZED"
    return call.workspace.queries.run(index, call.body, is_optimized=is_optimized)


def next_page(call: Call) -> dict[str, Any]:
    """Return the next page of a query."""
    _index(call, READ)
    return call.workspace.queries.next_page(call.body["page_token"])


def _on_index_host(run: Run, operation: str) -> Run:
    """Take only a token made for that very operation on that very index; answer in camelCase."""

    def guarded(call: Call) -> dict[str, Any] | Response:
        if call.access.operation != operation or call.access.index != call.path["index"]:
            raise denied(f"The token does not permit {operation} on {call.path['index']}.")
        reply = run(call)
        return reply if isinstance(reply, Response) else dict(_camel(reply))

    return guarded


def _on_workspace(run: Run, operation: str) -> Run:
    """Take no token that was made for one index's own host."""

    def guarded(call: Call) -> dict[str, Any] | Response:
        if call.access.operation is not None:
            raise denied(f"The token is good for {operation} on the index's own host only.")
        return run(call)

    return guarded


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            re.sub(r"_([a-z])", lambda match: match[1].upper(), key): _camel(each)
            for key, each in value.items()
        }
    return [_camel(each) for each in value] if isinstance(value, list) else value


def _routes(base: str, guard: Callable[[Run, str], Run]) -> Iterable[Operation]:
    keys = frozenset({"primary_keys"})
    yield Operation(
        "POST", f"{base}/upsert-data", guard(upsert, WRITE), needs={"inputs_json": TEXT}
    )
    yield Operation(
        "DELETE",
        f"{base}/delete-data",
        guard(delete, WRITE),
        body={"primary_keys": LIST},
        query=keys,
    )
    for method in ("GET", "POST"):
        yield Operation(method, f"{base}/scan", guard(scan, READ), body=SCAN)
        yield Operation(method, f"{base}/query", guard(query, READ), {"columns": LIST}, QUERY)
        yield Operation(
            method,
            f"{base}/query-next-page",
            guard(next_page, READ),
            needs={"page_token": TEXT},
            body={"endpoint_name": TEXT},
        )


DATA = tuple(_routes(ON_WORKSPACE, _on_workspace))
DATA_ON_INDEX_HOST = tuple(_routes(ON_INDEX_HOST, _on_index_host))

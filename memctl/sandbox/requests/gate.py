"""The ASGI application: reads, delays, fails on purpose, carries out and records requests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..refusal import Refusal, malformed
from ..service.credentials import read_basic
from .faults import Kind
from .operation import Call, check_fields

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from ..service.workspace import Workspace
    from .faults import Fault
    from .operation import Operation, Table

LONGEST_TARGET = 65_536
LARGEST_BODY = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """An ASGI application over one workspace.

    Attributes:
        workspace: what is asked.
        routes: of the workspace.
        index_routes: of the host that indexes have for themselves.
        index_port: the port of that host.
        control: of the sandbox itself; below ``/__sandbox/``, never delayed, failed or noted.
    """

    workspace: Workspace
    routes: Table
    index_routes: Table
    index_port: int
    control: Table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        if request.scope["path"].startswith("/__sandbox/"):
            reply = self._try(request, await request.body(), self.control)
            await reply(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + self.workspace.latency
        body = await request.body()
        caller = self.workspace.credentials.name_of(request.headers.get("authorization"))
        fault = self.workspace.faults.strike(request.method, request.scope["path"])
        found = await self._reply(request, body, fault)
        await asyncio.sleep(max(0, due - loop.time()))
        visit = _noted(request, status=found.status_code if found else 0)
        self.workspace.visits.requests.append(visit)
        self.workspace.visits.callers.append(caller)
        if found is None:
            await _drop(scope, receive)
        else:
            await found(scope, receive, send)

    async def _reply(self, request: Request, body: bytes, fault: Fault | None) -> Response | None:
        """Return the answer as the faults leave it, or `None` where they keep it back."""
        is_index_host = (request.scope.get("server") or ("", 0))[1] == self.index_port
        table = self.index_routes if is_index_host else self.routes
        if fault is None or fault.kind in {Kind.PARTIAL, Kind.STALE}:
            return self._try(request, body, table, fault)
        if fault.kind is Kind.SLOW:
            await asyncio.sleep(fault.seconds)
            return self._try(request, body, table)
        if fault.has_effect_first:
            self._try(request, body, table)
        if fault.kind is Kind.HANG:
            await _wait_until_gone(request.receive)
        if fault.kind in {Kind.HANG, Kind.DROP}:
            return None
        if fault.kind is Kind.MALFORMED:
            return Response(fault.body, media_type="application/json")
        refusal = fault.refusal(request.headers.get("authorization", ""))
        return JSONResponse(refusal.body, fault.status, fault.retry_header)

    def _try(
        self, request: Request, body: bytes, table: Table, fault: Fault | None = None
    ) -> Response:
        """Carry a request out, and turn a refusal into its answer."""
        try:
            return self._run(request, body, table, fault)
        except Refusal as refusal:
            if refusal.breaks_rules and table is not self.control:
                self._note_violation(request, refusal.message)
            return JSONResponse(refusal.body, refusal.status)
        except Exception as exc:  # noqa: BLE001 - nobody sees the server's log: say it where tests look
            self._note_violation(request, f"the sandbox itself failed: {exc!r}")
            failure = Refusal(500, "INTERNAL_ERROR", "the sandbox itself failed")
            return JSONResponse(failure.body, failure.status)

    def _note_violation(self, request: Request, reason: str) -> None:
        self.workspace.visits.violations.append(_noted(request, reason=reason))

    def _run(self, request: Request, body: bytes, table: Table, fault: Fault | None) -> Response:
        target = len(request.scope["raw_path"]) + len(request.scope["query_string"])
        if target > LONGEST_TARGET:
            raise Refusal(414, "URI_TOO_LONG", "Request URI is too long.", breaks_rules=True)
        if len(body) > LARGEST_BODY:
            status = self.workspace.options.oversize_status
            message = f"Request body is larger than {LARGEST_BODY} bytes."
            raise Refusal(status, "REQUEST_TOO_LARGE", message, breaks_rules=True)
        found = table.find(request.method, request.scope["path"])
        if found is None:
            message = f"No API found for '{request.method} {request.scope['path']}'"
            raise Refusal(501, "NOT_IMPLEMENTED", message, breaks_rules=True)
        operation, path = found
        query = parse_qs(request.scope["query_string"].decode(), keep_blank_values=True)
        credentials, header = self.workspace.credentials, request.headers.get("authorization")
        call = Call(
            workspace=self.workspace,
            path=path,
            query=query,
            given=None if operation.is_open else credentials.access(header),
            body=_form(body, operation) if operation.takes_form else operation.read(query, body),
            fault=fault,
            basic=read_basic(header or ""),
        )
        reply = operation.run(call)
        return reply if isinstance(reply, Response) else JSONResponse(reply)


def _noted(request: Request, **told: Any) -> dict[str, Any]:
    return {"method": request.method, "path": request.scope["path"], **told}


def _form(body: bytes, operation: Operation) -> dict[str, Any]:
    form = parse_qs(body.decode("utf-8", "replace"))
    check_fields(form, operation.body, "field")
    if any(len(values) != 1 for values in form.values()):
        raise malformed("A field is sent twice.")
    return {name: values[0] for name, values in form.items()}


async def _wait_until_gone(receive: Receive) -> None:
    """Wait until the client has had enough."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _drop(scope: Scope, receive: Receive) -> None:
    """Close the connection under the request; `server` puts it into the scope."""
    scope["state"]["connection"].transport.abort()
    await _wait_until_gone(receive)

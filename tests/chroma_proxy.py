"""A real HTTP server before a Chroma server, which asks for a token or fails as told; no test."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Asked:
    """A request that came in."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Reply:
    """What is answered instead of asking Chroma."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


class HangUp(Exception):
    """Close the connection without an answer."""


class Proxy:
    """Hands requests on to a Chroma server, unless `fault` has another answer.

    Attributes:
        fault: is given each request; returns an answer of its own, or `None` to hand it on.
        loses: is given each request that Chroma has carried out; whether its answer gets lost.
        asked: the requests so far.
    """

    def __init__(self, origin: str) -> None:
        self.fault: Callable[[Asked], Reply | None] = lambda _: None
        self.loses: Callable[[Asked], bool] = lambda _: False
        self.asked: list[Asked] = []
        self.origin = origin
        self._client = httpx.Client(base_url=origin, timeout=30, trust_env=False)

    def answer(self, asked: Asked, body: bytes) -> Reply:
        self.asked.append(asked)
        reply = self.fault(asked)
        if reply is not None:
            return reply
        kept = {"content-type": "application/json"}
        answer = self._client.request(asked.method, asked.path, content=body, headers=kept)
        if self.loses(asked):
            raise HangUp
        return Reply(answer.status_code, answer.content)

    def close(self) -> None:
        self._client.close()


@contextmanager
def chroma_proxy(origin: str, context: ssl.SSLContext | None = None) -> Iterator[tuple[str, Proxy]]:
    """Run a proxy before a Chroma server until the block ends; give its URL and itself."""
    proxy = Proxy(origin)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # it would hold each answer back for 40 ms

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            try:
                reply = proxy.answer(Asked(self.command, self.path, dict(self.headers)), body)
            except HangUp:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 - as the base class calls them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that went away is no error here."""

    server = Server(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "http" if context is None else "https"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_port}", proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        proxy.close()


def behind(proxy_origin: str, url: str) -> str:
    """Give the URL of a database as the proxy is asked for it."""
    return proxy_origin + urlsplit(url).path


def wants_token(token: str, header: str = "Authorization") -> Callable[[Asked], Reply | None]:
    """Answer 401 to whoever lacks the token, repeating what they sent."""
    expected = f"Bearer {token}" if header == "Authorization" else token

    def fault(asked: Asked) -> Reply | None:
        given = {name.lower(): value for name, value in asked.headers.items()}.get(header.lower())
        if given == expected:
            return None
        return Reply(401, f'{{"error":"AuthError","message":"bad token: {given}"}}'.encode())

    return fault

"""Real HTTP servers: one before another server that sends requests away, and one they'd reach."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STATUSES = (301, 302, 303, 307, 308)


class Elsewhere:
    """A server that nothing should reach.

    Attributes:
        origin: where it is.
        reached: the first lines of all requests that arrived.
    """

    def __init__(self) -> None:
        self.origin = ""
        self.reached: list[str] = []

    def answer(self, handler: BaseHTTPRequestHandler, _: bytes) -> None:
        self.reached.append(handler.requestline)
        handler.send_response(200)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"{}")


class Front:
    """A server before another one, which hands requests on unless they are sent away.

    Attributes:
        origin: where it is.
        sends_away: is given method and path; returns status and ``Location``, or `None`.
        sent_away: the first lines of the requests that were.

    Args:
        behind: where the other server is.
        takes_its_place: whether what that says of its own address is said of this one.
    """

    def __init__(self, behind: str, *, takes_its_place: bool = False) -> None:
        self.origin = ""
        self.sends_away: Callable[[str, str], tuple[int, str] | None] = lambda *_: None
        self.sent_away: list[str] = []
        self._behind = urlsplit(behind)
        self._replaced = behind.encode() if takes_its_place else None

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        away = self.sends_away(handler.command, urlsplit(handler.path).path)
        if away is None:
            status, sent, kept = self._hand_on(handler, body)
        else:
            self.sent_away.append(handler.requestline)
            status, sent, kept = away[0], b"", {"Location": away[1]}
        handler.send_response(status)
        for name, value in {**kept, "Content-Length": str(len(sent))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(sent)

    def _hand_on(
        self, handler: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, bytes, dict[str, str]]:
        own = {"host", "connection", "accept-encoding"}
        headers = {name: each for name, each in handler.headers.items() if name.lower() not in own}
        connection = HTTPConnection(self._behind.hostname or "", self._behind.port, timeout=30)
        try:
            connection.request(handler.command, handler.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            if self._replaced is not None:
                content = content.replace(self._replaced, self.origin.encode())
            kept = {"Content-Type": answer.getheader("Content-Type", "application/json")}
            return answer.status, content, kept
        finally:
            connection.close()


Served = TypeVar("Served", Elsewhere, Front)


@contextmanager
def serving(served: Served) -> Iterator[Served]:
    """Serve until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # it would hold each answer back for 40 ms

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            served.answer(self, body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - as the base class calls them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that went away is no error here."""

    server = Server(("127.0.0.1", 0), Handler)
    served.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

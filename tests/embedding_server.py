"""A real HTTP server that speaks OpenAI's embeddings API, or fails as told; no test of its own."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DIMENSION = 4


def vector_of(text: str, dimension: int = DIMENSION) -> list[float]:
    """Give the vector of a text: the same for the same text, whoever asks."""
    return [each / 255 + 0.01 for each in sha256(text.encode()).digest()[:dimension]]


@dataclass(frozen=True)
class Asked:
    """A request that came in."""

    path: str
    headers: dict[str, str]
    model: str
    texts: list[str]


@dataclass(frozen=True)
class Reply:
    """An answer; a body that is no bytes is sent as JSON."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


def vectors_for(texts: list[str], dimension: int = DIMENSION) -> Reply:
    """Answer as a sound server does."""
    data = [
        {"object": "embedding", "index": place, "embedding": vector_of(text, dimension)}
        for place, text in enumerate(texts)
    ]
    return Reply(body={"object": "list", "data": data})


def error(status: int, message: str = "no", code: str | None = None, **headers: str) -> Reply:
    """Answer with an error in OpenAI's form."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"error": {"message": message, "code": code}}, named)


class EmbeddingServer:
    """Serves vectors, unless `fault` has another answer.

    Attributes:
        url: the base URL.
        fault: is given each request; returns an answer of its own, or `None` for vectors.
        asked: the requests so far.
        dimension: of the vectors.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.url = f"{origin}/v1"
        self.fault: Callable[[Asked], Reply | None] = lambda _: None
        self.asked: list[Asked] = []
        self.dimension = DIMENSION

    @property
    def embedded(self) -> list[str]:
        """Every text that was sent, the probe apart."""
        return [text for each in self.asked for text in each.texts if text != "memory"]

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        return self.fault(asked) or vectors_for(asked.texts, self.dimension)

    def fail_once(self, reply: Reply) -> None:
        """Answer the next request with an error, and all after it soundly."""
        begun = len(self.asked)
        self.fault = lambda _: reply if len(self.asked) - begun == 1 else None

    def wants_key(self, key: str) -> None:
        """Answer 401 to whoever lacks the key, repeating what they sent."""

        def fault(asked: Asked) -> Reply | None:
            given = asked.headers.get("authorization")
            return None if given == f"Bearer {key}" else error(401, f"bad key: {given}")

        self.fault = fault


@contextmanager
def embedding_server() -> Iterator[EmbeddingServer]:
    """Serve until the block ends."""
    holder: list[EmbeddingServer] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # it would hold each answer back for 40 ms

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.path, headers, body["model"], body["input"])
            reply = holder[0].answer(asked)
            sent = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(sent)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that went away is no error here."""

    server = Server(("127.0.0.1", 0), Handler)
    holder.append(EmbeddingServer(f"http://127.0.0.1:{server.server_port}"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield holder[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def hang(seconds: float) -> Callable[[Asked], None]:
    """Answer only after so many seconds."""

    def fault(_: Asked) -> None:
        time.sleep(seconds)

    return fault

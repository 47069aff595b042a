"""The sandbox as a server in a thread, on two ports of loopback."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from typing import TYPE_CHECKING, Any, Final, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from .options import Options
from .remote import CREDENTIALS, Remote
from .requests.gate import Gate
from .requests.operation import Table
from .routes import CONTROL, INDEX_HOST, WORKSPACE
from .service.workspace import Workspace

if TYPE_CHECKING:
    from uvicorn.config import Config

LOOPBACK: Final = "127.0.0.1"
LONGEST_HEAD: Final = 1 << 20
"""Bytes before h11 gives up: so many that the gate sees what is too long and can say so."""
SILENT: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"none": {"class": "logging.NullHandler"}},
    "loggers": {"uvicorn": {"handlers": ["none"], "propagate": False}},
}


class Connection(H11Protocol):
    """A connection that a request can reach, to break it off."""

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], **named: Any
    ) -> None:
        super().__init__(config, server_state, {**app_state, "connection": self}, **named)


class Sandbox(Remote):
    """A workspace on loopback, served by a thread of this process; a context manager.

    Args:
        options: the fields of `Options`, by name.

    Raises:
        OSError: when the port can't be had.
    """

    def __init__(self, **options: Any) -> None:
        self.options = Options(**options)
        self._sockets = [_listen(self.options.port), _listen(0)]
        port, index_port = (each.getsockname()[1] for each in self._sockets)
        self.url = f"http://{LOOPBACK}:{port}"
        self.workspace = Workspace(self.options, self.url, f"http://{LOOPBACK}:{index_port}")
        for name in CREDENTIALS:
            setattr(self, name, getattr(self.workspace.credentials, name))
        gate = Gate(
            workspace=self.workspace,
            routes=Table(WORKSPACE),
            index_routes=Table(INDEX_HOST),
            index_port=index_port,
            control=Table(CONTROL),
        )
        self._config = _config(gate)
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="memctl-sandbox", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving; requests that are under way get no answer."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def wait(self) -> None:
        """Return when somebody stops it: never, but by an exception."""
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        """Answer until told to stop, without the tenths of a second that uvicorn's server takes."""
        self._config.load()
        state = ServerState()
        servers = [
            await self._loop.create_server(lambda: Connection(self._config, state, {}), sock=each)
            for each in self._sockets
        ]
        await self._stopping.wait()
        for server in servers:
            server.close()
        for connection in [*state.connections]:
            connection.transport.abort()


def _listen(port: int) -> socket.socket:
    """Take a port; requests wait in its queue until the server is up.

    The protocol is named because asyncio sends small answers at once only where it is.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
    except OSError:
        listening.close()
        raise
    listening.listen(128)
    return listening


def _config(gate: Gate) -> Config:
    return uvicorn.Config(
        gate,
        http=Connection,
        loop="asyncio",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=SILENT,
        log_level=logging.CRITICAL,
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
        h11_max_incomplete_event_size=LONGEST_HEAD,
    )

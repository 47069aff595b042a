"""A real Chroma server for tests, with a database for each; no test of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx

from memctl.backends.base import Access, SetupRequest
from memctl.backends.registry import backend_class
from memctl.model.memory_type import MemoryType

from .conftest import no_secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUN = "from chromadb.cli.cli import app; app()"
PATIENCE_S = 60
TENANT = "default_tenant"


def free_port() -> int:
    """Find a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def chroma_run(path: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run `chroma run` on a directory, at a port, until the block ends."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            RUN,
            "run",
            "--path",
            path,
            "--host",
            "127.0.0.1",
            "--port",
            f"{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(origin: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(PATIENCE_S * 20):
        with suppress(httpx.TransportError):
            if httpx.get(f"{origin}/api/v2/heartbeat", trust_env=False).is_success:
                return
        assert process.poll() is None, "the server ended"
        time.sleep(0.05)
    raise AssertionError("the server does not answer")


def ask(origin: str, method: str, path: str, body: Any = None) -> Any:
    """Ask a server something, past memctl."""
    answer = httpx.request(method, f"{origin}/api/v2{path}", json=body, timeout=30, trust_env=False)
    assert answer.is_success, answer.text
    return answer.json()


@contextmanager
def new_database(origin: str) -> Iterator[str]:
    """Make an empty database until the block ends; give the URL that names it."""
    name = f"db-{uuid4().hex[:12]}"
    ask(origin, "POST", f"/tenants/{TENANT}/databases", {"name": name})
    yield f"{origin}/{TENANT}/{name}"
    ask(origin, "DELETE", f"/tenants/{TENANT}/databases/{name}")


def open_server(url: str, *, writable: bool = False, timeout: float = 30, **settings: Any):
    """Open a server, outside of any profile."""
    backend = backend_class("chroma")
    read_secret = settings.pop("read_secret", no_secret)
    values = backend.info.parse_settings({**backend.info.settings_at(url), **settings})
    access = Access(writable=writable, timeout=timeout)
    return backend.open(values, read_secret=read_secret, access=access)


def fill_server(url: str, records: Any, **settings: Any) -> str:
    """Make memctl's collections there, with these records in them."""
    with open_server(url, writable=True, **settings) as backend:
        for step in backend.plan_setup(SetupRequest(tuple(MemoryType))):
            if not step.find():
                step.do()
        for memory_type in MemoryType:
            if batch := [each for each in records if each.type is memory_type]:
                assert not backend.upsert(memory_type, batch).failed
    return url

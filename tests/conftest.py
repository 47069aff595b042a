"""What tests of every room share: a home of their own, and memctl as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import settings
from typer.main import get_command
from typer.testing import CliRunner

from memctl.backends.base import Access, SetupRequest
from memctl.backends.facets import Settling
from memctl.backends.registry import backend_class
from memctl.cli.app import app
from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_records

settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")

SAMPLE = Path(__file__).parent.parent / "docs" / "sample"


@dataclass(frozen=True)
class Ran:
    """What one run of memctl printed, and its exit code."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.stdout)

    @property
    def data(self) -> dict[str, Any]:
        return self.document["data"]


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """Give each test a home that is empty, and an environment that says nothing."""
    for name in list(os.environ):
        if name.startswith("MEMCTL_"):
            monkeypatch.delenv(name)
    # `mktemp` of pytest looks at all directories of the run for each new one.
    directory = Path(mkdtemp(prefix="home", dir=tmp_path_factory.getbasetemp()))
    for name in ("CREWAI_STORAGE_DIR", "KASAL_MEMORY_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MEMCTL_HOME", str(directory))
    monkeypatch.setenv("XDG_DATA_HOME", str(directory / "data"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    return directory


@pytest.fixture
def memctl():
    """Run memctl in this process: ``memctl("stats", "--json")``."""

    def run(*arguments: str | Path, stdin: str | None = None) -> Ran:
        with CliRunner().isolation(input=stdin) as (stdout, stderr, _):
            with pytest.raises(SystemExit) as ended:
                _command_tree().main([*map(str, arguments)], prog_name="memctl")
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            printed = stdout.getvalue().decode(), stderr.getvalue().decode()
        return Ran(ended.value.code, *printed)

    return run


@cache
def _command_tree() -> Any:
    """Make the command tree just once: it takes longer than most commands."""
    return get_command(app)


def start_memctl(*arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
    """Start memctl as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "memctl", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def no_secret(_: str) -> None:
    return None


def open_backend(name: str, path: Path, *, writable: bool = False, **settings_: Any):
    """Open a backend at a path, outside of any profile."""
    backend = backend_class(name)
    values = backend.info.parse_settings({"path": str(path), **settings_})
    return backend.open(values, read_secret=no_secret, access=Access(writable=writable))


def settle(backend) -> None:
    """Bring what was written into its lasting form, as a copy does."""
    settling = backend.facet(Settling)
    if settling is not None:
        settling.settle()


def make_store(name: str, path: Path, records, **settings_: Any) -> Path:
    """Make a store that holds the records."""
    with open_backend(name, path, writable=True, **settings_) as backend:
        for step in backend.plan_setup(SetupRequest(tuple(MemoryType))):
            if not step.find():
                step.do()
        for memory_type in MemoryType:
            if batch := [each for each in records if each.type is memory_type]:
                assert not backend.upsert(memory_type, batch).failed
        settle(backend)
        backend.finish()
    return path


@pytest.fixture(scope="session")
def chroma_directory(tmp_path_factory):
    """A small Chroma store of memctl's own layout; not to be written."""
    return make_store("chroma", tmp_path_factory.mktemp("chroma") / "store", make_records(20))


@pytest.fixture
def archive_directory(tmp_path):
    """A small archive."""
    return make_store("archive", tmp_path / "archive", make_records(20))


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory):
    """A running Chroma server, by its URL; each test works in a database of its own."""
    from .chroma_server import chroma_run, free_port

    port = free_port()
    with chroma_run(tmp_path_factory.mktemp("server"), port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def database(chroma_server):
    """An empty database of that server, by its URL."""
    from .chroma_server import new_database

    with new_database(chroma_server) as url:
        yield url


def contents(directory: Path) -> list[tuple[str, int]]:
    """List every file and folder below a directory, with its mode."""
    return sorted((str(each), each.stat().st_mode) for each in directory.rglob("*"))


def fingerprint(directory: Path) -> dict[str, tuple[int, int, str]]:
    """Take mode, time of change and hash of every file and folder below a directory."""
    found = {}
    for path in sorted([directory, *directory.rglob("*")]):
        stat = path.stat()
        digest = sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = (stat.st_mode, stat.st_mtime_ns, digest)
    return found

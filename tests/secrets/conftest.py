"""What the tests of secrets share: a profile on a host, keyrings, a vault that opens fast."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import keyring.core
import pytest

from memctl.backends import registry

from ..conftest import Ran
from . import guarded
from .keyrings import RememberingKeyring

ROOT = Path(__file__).parents[2]
CANARY = "c4n4ry-Zwölf Boxkämpfer-\u2603"
OTHER_HOST = "https://other.test"
HOST = "https://db.test:8000"


@pytest.fixture(autouse=True)
def _knows_the_guarded_backend(monkeypatch):
    monkeypatch.setitem(sys.modules, guarded.MODULE, guarded)
    for name, place in guarded.PLACE.items():
        monkeypatch.setitem(registry.BACKENDS, name, place)


@pytest.fixture(autouse=True)
def in_keyring(monkeypatch):
    """Let this process have a keyring of its own; give what it holds, account -> secret."""
    ring = RememberingKeyring()
    use_keyring(monkeypatch, ring)
    return ring.kept


def use_keyring(monkeypatch, ring) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", ring)


@pytest.fixture
def prod(memctl):
    """Save the profile `prod` on a host."""
    ran = memctl("config", "create", "prod", "--backend", "guarded", "--set", f"host={HOST}")
    assert ran.exit_code == 0, ran.stderr


@pytest.fixture
def verified_token(memctl):
    """Give the hash of the token that `verify` gets."""

    def run(*arguments: str) -> str:
        return memctl("verify", "--json", *arguments).data["checks"][0]["found"]

    return run


@pytest.fixture
def elsewhere(home, tmp_path):
    """Run memctl as a process in an environment without any keyring, but for what is named."""

    def run(*arguments: str, stdin: str | int | None = "", **environment: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", guarded.__name__, *arguments],
            input=stdin if isinstance(stdin, str) else None,
            stdin=None if isinstance(stdin, str) else stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=bare_environment(tmp_path) | environment,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


def bare_environment(directory: Path) -> dict[str, str]:
    """Leave out all that leads to a keyring or its configuration."""
    kept = {name: os.environ[name] for name in ("MEMCTL_HOME", "NO_COLOR", "COLUMNS", "PATH")}
    own = {name: str(directory) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    return {**kept, **own, "DBUS_SESSION_BUS_ADDRESS": "", "LANG": "C.UTF-8"}


SESSION = """
printf '%s' "$1" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
echo "$DBUS_SESSION_BUS_ADDRESS"
read -r _
"""
LOCK = """
import secretstorage
connection = secretstorage.dbus_init()
secretstorage.get_default_collection(connection).lock()
connection.close()
"""


def find(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"`{program}` is not installed")
    return path


class SecretService:
    """A gnome-keyring on a bus of its own, for one user who has just logged in."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.environment = {
            **{name: str(directory) for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME")},
            "PATH": os.environ["PATH"],
        }
        self._session = subprocess.Popen(
            [find("dbus-run-session"), "--", "/bin/sh", "-c", SESSION, "sh", "login password"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self.environment,
        )
        address = self._session.stdout.readline().strip()
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = address
        assert address

    def lock(self) -> None:
        subprocess.run([sys.executable, "-c", LOCK], check=True, env=self.environment)

    def end(self) -> None:
        self._session.communicate("\n", timeout=10)


@pytest.fixture
def secret_service(tmp_path_factory):
    """Start a real Secret Service; give it, and end it."""
    find("gnome-keyring-daemon")
    directory = tmp_path_factory.mktemp("user")
    directory.chmod(0o700)
    service = SecretService(directory)
    yield service
    service.end()


def files_below(*directories: Path) -> dict[Path, bytes]:
    """Read every file below some directories."""
    found = [path for each in directories for path in each.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in found}


def holds_canary(content: bytes | str, canary: str = CANARY) -> bool:
    """Say whether a secret is in there, as it is or as JSON or a log would escape it."""
    content = content if isinstance(content, bytes) else content.encode()
    forms = {
        canary.encode(),
        canary.encode("utf-16-le"),
        canary.encode("unicode_escape"),
        canary.partition("-")[0].encode(),
    }
    return any(form in content for form in forms)

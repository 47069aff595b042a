"""A store on a pretended server, whose place is a URL and which holds two memory types only."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from memctl.backends import registry
from memctl.backends.base import READ_ONLY
from memctl.backends.memory import MemoryInProcess
from memctl.model.backend.capability import Capability
from memctl.model.backend.info import BackendInfo
from memctl.model.errors import InvalidSetting
from memctl.model.memory_type import MemoryType
from memctl.model.setting import Setting, SettingKind

TYPES = frozenset({MemoryType.LONG_TERM, MemoryType.DOCUMENT})


@dataclass
class Database:
    """What the server keeps of one database, by memory type; a type is made before it is used."""

    rows: dict[MemoryType, dict[str, Any]] = field(default_factory=dict)
    positions: Any = field(default_factory=lambda: count(1))


class Server(dict):
    """Databases by host and name."""

    def database(self, name: str) -> Database:
        host, _, database = name.partition("/")
        host = host if ":" in host else f"{host}:7700"
        return self.setdefault(f"{host}/{database}", Database())


@dataclass
class MakeType:
    """Makes room for one memory type."""

    database: Database
    type: MemoryType

    @property
    def name(self) -> str:
        return f"create {self.type}"

    def find(self) -> bool:
        return self.type in self.database.rows

    def do(self) -> None:
        self.database.rows[self.type] = {}

    def undo(self) -> None:
        del self.database.rows[self.type]


class SmallInfo(BackendInfo):
    """Its location is a URL."""

    def settings_at(self, place: str) -> dict[str, Any]:
        """Read `//HOST:PORT/NAME?pool=N`."""
        try:
            parts = urlsplit(f"//{place.removeprefix('//')}")
            port = parts.port
        except ValueError:
            parts, port = urlsplit("//@"), None
        if "@" in parts.netloc or parts.fragment:
            raise InvalidSetting(
                "the location holds a user, a password or a fragment",
                hint="give the password in `MEMCTL_SMALL_PASSWORD`",
            )
        more = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        return {
            "host": parts.hostname,
            "port": port,
            "database": parts.path.strip("/") or None,
            **more,
        }

    def place_of(self, settings) -> str:
        port = "" if settings["port"] == 7700 else f":{settings['port']}"
        more = "" if settings["pool"] == 4 else f"?pool={settings['pool']}"
        return f"//{settings['host']}{port}/{settings['database']}{more}"


class SmallStore(MemoryInProcess):
    """One database of the server."""

    server = Server()
    info = SmallInfo(
        name="small",
        title="a server for these tests",
        settings=(
            Setting("host", "the server", SettingKind.HOST, required=True, login="password"),
            Setting("port", "its port", SettingKind.INTEGER, default=7700, most=65535),
            Setting("database", "its name", required=True),
            Setting("pool", "how many connections", SettingKind.INTEGER, default=4),
            Setting("password", "to log in", secret=True),
        ),
        capabilities=MemoryInProcess.info.capabilities | {Capability.SETUP},
        location_setting="host",
        place="//HOST:PORT/DATABASE",
        has_setup=True,
        types=TYPES,
    )

    def __init__(self, settings, *, read_secret, access=READ_ONLY):
        super().__init__(settings, read_secret=read_secret, access=access)
        self._database = self.server.database(self._named)
        self._rows = self._database.rows
        self._positions = self._database.positions

    @property
    def _named(self) -> str:
        return "{host}:{port}/{database}".format_map(self.settings)

    @property
    def location(self) -> str:
        return f"small:{self.info.place_of(self.settings)}"

    @property
    def identity(self) -> str:
        return f"small:{self._named}"

    def exists(self) -> bool:
        return bool(self._rows)

    def _plan_setup(self, request):
        assert set(request.types) <= TYPES
        return [MakeType(self._database, each) for each in request.types]

    def _write(self, memory_type, records):
        assert {each.type for each in records} <= {memory_type} <= self._rows.keys()
        return super()._write(memory_type, records)


def install(monkeypatch) -> type[SmallStore]:
    """Let memctl know the backend `small`, with a server of the test's own."""
    monkeypatch.setitem(sys.modules, "memctl.backends.small", sys.modules[__name__])
    monkeypatch.setitem(registry.BACKENDS, "small", "small:SmallStore")
    monkeypatch.setattr(SmallStore, "server", Server())
    return SmallStore

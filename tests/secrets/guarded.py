"""A backend on a host that wants a secret, and memctl as a process that knows it."""

from __future__ import annotations

import sys
from hashlib import sha256

from memctl.backends import registry
from memctl.backends.memory import MemoryInProcess
from memctl.cli.app import app
from memctl.model.backend.check import Check, CheckStatus
from memctl.model.backend.info import BackendInfo
from memctl.model.setting import Setting

MODULE = "memctl.backends.guarded"
PLACE = {"guarded": "guarded:Guarded"}


class GuardedInfo(BackendInfo):
    def secret_host(self, settings):
        return settings["host"]


class Guarded(MemoryInProcess):
    """Says in `verify` which secret it got, by a hash."""

    info = GuardedInfo(
        name="guarded",
        title="a server for these tests",
        settings=(
            Setting("host", "where the server is"),
            Setting("token", "to log in", secret=True),
        ),
        capabilities=MemoryInProcess.info.capabilities,
        location_setting=None,
    )

    def check(self):
        secret = self.read_secret("token")
        found = fingerprint(secret.get_secret_value()) if secret else "none"
        return [Check("token", CheckStatus.OK, found, "any")]


def fingerprint(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()[:12]


def install() -> None:
    sys.modules[MODULE] = sys.modules[__name__]
    registry.BACKENDS.update(PLACE)


if __name__ == "__main__":
    install()
    app(prog_name="memctl")

"""A user's machine with what the vendor's tools keep on it, and memctl run there; no test."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from memctl.sandbox.server import Sandbox

    from ...conftest import Ran
    from .fresh import FreshProcesses

VENDOR = "vendor's environment and files"


@dataclass
class Machine:
    """A user's machine: their home with what the vendor's tools keep there, and their variables."""

    home: Path
    workspace: Sandbox
    processes: FreshProcesses
    memctl: Any

    @property
    def tokens(self) -> dict[str, str]:
        """Make a token of each user that nothing else has."""
        return {name: self.workspace.issue_token(name) for name in ("admin", "user")}

    def keep(self, **sections: dict[str, str]) -> str:
        """Write the vendor's file; each profile is of the workspace unless it names a host."""
        path = self.home / ".databrickscfg"
        lines: list[str] = []
        for name, values in sections.items():
            host = {} if name == "__settings__" else {"host": self.workspace.url}
            lines += [f"[{name}]", *(f"{key} = {value}" for key, value in (host | values).items())]
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    def command_line(self, name: str = "databricks") -> Path:
        """Put a stand-in for the vendor's command line on the path.

        It is logged in as the user, and in its profile `other` as the administrator.
        """
        path = self.home / "bin" / name
        path.parent.mkdir(exist_ok=True)
        own, other = (_answer(self.tokens[each]) for each in ("user", "admin"))
        path.write_text(
            "#!/bin/sh\n"
            'case "$*" in\n'
            """*version*) echo '{"Major": 0, "Minor": 300, "Patch": 0}' ;;\n"""
            f"*other*) echo '{other}' ;;\n"
            f"*) echo '{own}' ;;\n"
            "esac\n"
        )
        path.chmod(0o700)
        return path

    def verify(self, *words: str, auth_profile: str | None = None, **variables: str) -> Ran:
        """Run `memctl verify` in a fresh process, by a profile that has no secret of its own."""
        settings = {"workspace_url": self.workspace.url, "auth_profile": auth_profile}
        given = [f"--set={name}={value}" for name, value in settings.items() if value]
        made = self.memctl("config", "create", "work", "--backend", "databricks", *given)
        assert made.exit_code == 0, made.stderr
        environment = {
            "HOME": str(self.home),
            "MEMCTL_HOME": os.environ["MEMCTL_HOME"],
            "PATH": f"{self.home / 'bin'}:/usr/bin:/bin",
            "NO_PROXY": "127.0.0.1",
            **variables,
        }
        self.workspace.clear()
        return self.processes.run(environment, "verify", *(words or ("--json",)))

    def login(self, **given: Any) -> tuple[str, str]:
        """Say as whom `memctl verify` logs in and how; nobody else's credentials are ever sent."""
        ran = self.verify(**given)
        assert (ran.exit_code, ran.stderr) == (0, ""), ran
        login = ran.data["stores"][0]["login"]
        assert login["host"] == self.workspace.url
        assert {*self.workspace.callers()} == {None, login["user"]}
        assert login["method"].startswith(f"{VENDOR} (")
        return login["user"], login["method"].removeprefix(f"{VENDOR} (").removesuffix(")")

    def refusal(self, **given: Any) -> dict[str, str]:
        """Give the error of a `memctl verify` that sends nobody's credentials anywhere."""
        ran = self.verify(**given)
        assert ran.exit_code == 5, ran.stdout + ran.stderr
        assert {*self.workspace.callers()} <= {None}
        assert ran.data["stores"][0]["login"] is None
        return ran.document["errors"][0]


def _answer(token: str) -> str:
    return json.dumps(
        {"access_token": token, "token_type": "Bearer", "expiry": "2100-01-01 00:00:00"}
    )

"""Runs a command against a sandbox, with the variables that lead it there."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .server import Sandbox


def variables(sandbox: Sandbox) -> dict[str, str]:
    """Return the variables that lead a Databricks client, and memctl, to a sandbox."""
    settings = {
        "workspace_url": sandbox.url,
        "token": sandbox.token,
        "catalog": sandbox.options.catalog,
        "schema": sandbox.options.schema,
    }
    return {
        "DATABRICKS_HOST": sandbox.url,
        "DATABRICKS_TOKEN": sandbox.token,
        **{f"memctl_databricks_{name}".upper(): value for name, value in settings.items()},
        "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1"])),
    }


def run_command(sandbox: Sandbox, words: Sequence[str]) -> int:
    """Run a command against a sandbox, and give its exit code; 128 and more after a signal.

    Ctrl-C reaches the command too, which says itself what that means.

    Raises:
        OSError: when it can't be run.
    """
    given = variables(sandbox)
    environment = {**os.environ, **given, "no_proxy": given["NO_PROXY"]}
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.run([*words], env=environment, check=False).returncode  # noqa: S603 - the user's own
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code

"""Kills runs of memctl against a workspace, from forks that have loaded its clients; no test."""

from __future__ import annotations

from ..kills import COMMANDS, kill_again_and_again

WORKSPACES = (
    *COMMANDS,
    "databricks.sdk",
    "memctl.backends.databricks.backend",
    "memctl.workspace.login",
    "memctl.backends.databricks.provisioning.recreate",
    "memctl.backends.databricks.provisioning.setup",
    "memctl.core.index.create",
    "memctl.core.index.delete",
    "memctl.core.index.empty",
    "memctl.core.setup.provision",
    "memctl.secrets.lookup",
)


def kill_runs(count: int, steps: list[str], *words: object) -> None:
    """Kill so many runs, each soon after one of the steps, in turn, begins."""
    kill_again_and_again(count, steps, *words, longest_s=0.06, loaded=WORKSPACES)

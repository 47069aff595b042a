"""What the tests of screens share: an environment that says nothing, and one of a terminal."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    """Run as on a machine where no variable says how output should look."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "MEMCTL_GROUP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.fixture
def plain_terminal(monkeypatch):
    """Let terminals have 80 columns and no colours."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")

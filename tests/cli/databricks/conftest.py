"""A sandbox that memctl's environment leads to, and its endpoints and indexes; no test."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

import pytest

from memctl.core.setup.run import KEPT_BY_DEFAULT
from memctl.testing.records import make_records

from ...conftest import make_store
from ...workspace import sandbox  # noqa: F401 - a fixture
from .workspaces import lead_to


@pytest.fixture
def workspace(sandbox, monkeypatch):  # noqa: F811 - the fixture of that name
    """Lead memctl to the sandbox, as its administrator."""
    lead_to(sandbox, monkeypatch.setenv)
    return sandbox


@pytest.fixture
def setup(workspace, memctl):
    """Run `memctl setup databricks` with four dimensions, which must succeed; give its data."""

    def run(*arguments, exit_code=0):
        ran = memctl("setup", "databricks", "--dimension", "4", *arguments, "--json")
        assert ran.exit_code == exit_code, ran.stdout
        return ran.data if exit_code == 0 else ran

    return run


@pytest.fixture
def archive_of_four(tmp_path):
    """The location of an archive of memory of four dimensions, of every type that a setup makes."""
    records = [
        replace(record, group_id="default", type=memory_type)
        for record, memory_type in zip(make_records(20), cycle(KEPT_BY_DEFAULT), strict=False)
    ]
    return f"archive:{make_store('archive', tmp_path / 'four', records)}"

from __future__ import annotations

import pytest

from .workspaces import INDEXES, row_ids


@pytest.fixture
def local(memctl, setup, archive_of_four):
    """A group whose default is a Chroma store with memory in it, beside a workspace's indexes."""
    assert memctl("setup", "chroma", "--name", "old").exit_code == 0
    assert memctl("migrate", archive_of_four, "old").exit_code == 0
    setup("--name", "new")


def default(memctl):
    return memctl("config", "which", "--json").data["profile"]


def test_one_command_moves_a_group_to_databricks_and_another_one_back(local, memctl, workspace):
    before = memctl("records", "list", "--with-embeddings", "--json").data["records"]

    ran = memctl("migrate", "old", "new", "--set-default", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert default(memctl) == ran.data["default_profile"] == "new"
    (kept,) = memctl("backup", "list", "--json").data["backups"]
    assert kept["id"] == ran.data["backup"] == ran.data["operation_id"]
    assert len(row_ids(workspace, INDEXES["short_term"])) > 0
    assert memctl("stats", "--json").data["total"] == len(before)
    memctl("config", "set-default", "old")
    assert default(memctl) == "old"
    assert memctl("records", "list", "--with-embeddings", "--json").data["records"] == before


def test_a_copy_that_breaks_off_switches_nothing(local, memctl, workspace):
    details = {"status": 403, "error_code": "PERMISSION_DENIED", "times": 1000}
    workspace.fault("POST */upsert-data", **details)

    first = memctl("migrate", "old", "new", "--set-default", "--json")
    still = default(memctl)
    workspace.clear()
    second = memctl("migrate", "old", "new", "--set-default", "--no-backup", "--json")

    assert (first.exit_code, still) == (5, "old")
    assert (second.exit_code, default(memctl), second.data["backup"]) == (0, "new", None)

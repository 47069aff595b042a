from __future__ import annotations

import json

import pytest

from .workspaces import API, INDEXES, MEMORY, ask, describe, row_ids


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


def test_an_index_without_a_column_for_everything_is_refused_before_anything_is_written(
    setup, memctl, workspace, archive_of_four
):
    setup()
    name = INDEXES["entity"]
    spec = describe(workspace, name)["direct_access_index_spec"]
    columns = {"id": "string", "description": "string", "crew_id": "string", "group_id": "string"}
    spec["schema_json"] = json.dumps({**columns, "embedding": "array<float>"})
    body = {"name": name, "endpoint_name": MEMORY, "primary_key": "id"}
    ask(workspace, "DELETE", f"{API}/indexes/{name}")
    ask(
        workspace,
        "POST",
        f"{API}/indexes",
        {**body, "index_type": "DIRECT_ACCESS", "direct_access_index_spec": spec},
    )

    ran = memctl("migrate", archive_of_four, "databricks", "--json")

    assert ran.exit_code == 7, ran.stdout
    error = ran.document["errors"][0]
    assert error["code"] == "loss_refused"
    assert "5 entity records" in error["message"]
    assert "`session_id`" in error["message"]
    assert [row_ids(workspace, each) for each in INDEXES.values()] == [[], [], [], []]

from __future__ import annotations

import time

import pytest

from ...conftest import start_memctl
from .kills import kill_runs
from .workspaces import (
    DOCUMENTS,
    INDEXES,
    MEMORY,
    UNITY,
    ask,
    contents,
    describe,
    make_rows,
    put_rows,
    row_ids,
)

EVERYTHING = (sorted([MEMORY, DOCUMENTS]), sorted(INDEXES.values()))
STEPS = [
    f"create endpoint {MEMORY} ...",
    f"create endpoint {DOCUMENTS} ...",
    f"create index {INDEXES['short_term']} ...",
    f"create index {INDEXES['document']} ...",
    "save the profile ...",
]
WORDS = ("setup", "databricks", "--dimension", "4")
many = pytest.param(30, marks=pytest.mark.many_kills)


def spec_of(described):
    """Leave out what differs between two indexes that are made alike."""
    kept = ("name", "endpoint_name", "primary_key", "index_type", "direct_access_index_spec")
    return {key: described[key] for key in kept}


@pytest.mark.parametrize("count", [5, many])
@pytest.mark.parametrize("sandbox", [{"latency_ms": 10}], indirect=True, ids=[""])
def test_a_setup_that_is_killed_often_ends_like_an_undisturbed_one(workspace, memctl, count):
    kill_runs(count, STEPS, *WORDS)

    ran = memctl(*WORDS, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert contents(workspace) == EVERYTHING
    assert len(memctl("config", "list", "--json").data["profiles"]) == 1
    assert memctl("verify", "--strict").exit_code == 0


@pytest.mark.parametrize("count", [2, many])
@pytest.mark.parametrize("sandbox", [{"latency_ms": 10}], indirect=True, ids=[""])
def test_a_setup_that_is_killed_can_be_taken_back_whole(workspace, memctl, count):
    kill_runs(count, STEPS[:4], *WORDS)

    ran = memctl("setup", "databricks", "--rollback", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert contents(workspace) == ([], [])


@pytest.mark.parametrize("count", [3, many])
@pytest.mark.parametrize(
    "sandbox", [{"latency_ms": 10, "deletion_seconds": 0.3}], indirect=True, ids=[""]
)
def test_an_index_that_is_made_anew_survives_being_killed(setup, workspace, memctl, count):
    setup("-t", "short_term")
    name = INDEXES["short_term"]
    changes = [{"principal": "data-team", "add": ["SELECT"]}]
    ask(workspace, "PATCH", f"{UNITY}/permissions/table/{name}", {"changes": changes})
    put_rows(workspace, name, make_rows(10))
    before = spec_of(describe(workspace, name))
    words = ("index", "empty", "short_term", "--recreate", "--yes")

    kill_runs(count, [f"delete index {name} ...", f"make index {name} again ..."], *words)
    ran = memctl(*words, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert spec_of(describe(workspace, name)) == before
    assert row_ids(workspace, name) == []
    held = ask(workspace, "GET", f"{UNITY}/permissions/table/{name}")["privilege_assignments"]
    assert held == [{"principal": "data-team", "privileges": ["SELECT"]}]
    assert memctl("verify", "--strict").exit_code == 0


def test_a_migration_killed_while_an_answer_is_lost_is_gone_on_from(
    setup, workspace, memctl, archive_of_four
):
    setup()
    words = ("migrate", archive_of_four, "databricks", "--batch-size", "2")
    workspace.fault("POST */upsert-data", "hang", after=True, times=0)
    with start_memctl(*words) as process:
        wait_until(lambda: row_ids(workspace, INDEXES["short_term"]))
        process.kill()
    workspace.clear()

    ran = memctl(*words, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["comparison"]["same"] == 20
    found = [row_ids(workspace, each) for each in INDEXES.values()]
    assert [len(set(each)) for each in found] == [len(each) for each in found] == [5, 5, 5, 5]


def wait_until(is_so):
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)

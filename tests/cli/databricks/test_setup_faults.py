from __future__ import annotations

import pytest

from ..stores import error_of
from .workspaces import API, DOCUMENTS, INDEXES, MEMORY, ask, contents, outcomes, requested

ONE = ("-t", "entity")
MADE = ([MEMORY], [INDEXES["entity"]])
ALWAYS = 1_000_000
UNDISTURBED = 14
"""How many requests a setup of one index sends where nothing goes wrong."""
CREATE_INDEX = f"POST {API}/indexes"
CREATE_ENDPOINT = f"POST {API}/endpoints"


@pytest.mark.parametrize("place", ["first", pytest.param("middle", marks=pytest.mark.slow), "last"])
@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("status", {"status": 429, "error_code": "REQUEST_LIMIT_EXCEEDED", "retry_after": 0}),
        ("status", {"status": 503, "retry_after": 0}),
        ("status", {"status": 500, "error_code": "INTERNAL_ERROR"}),
        ("drop", {}),
        ("drop", {"after": True}),
        ("hang", {}),
        ("malformed", {}),
    ],
    ids=["429", "503", "500", "drop", "drop-after", "hang", "malformed"],
)
def test_one_fault_at_any_request_is_overcome_or_gone_on_from(
    workspace, memctl, kind, details, place
):
    words = ("setup", "databricks", "--dimension", "4", *ONE, "--timeout", "2", "--json")
    requests = UNDISTURBED
    skip = {"first": 0, "middle": requests // 2, "last": requests - 1}[place]
    workspace.fault("* /api/*", kind, skip=skip, **details)

    first = memctl(*words)
    workspace.control("POST", "clear")
    if first.exit_code:
        assert first.exit_code == 6, first.stdout
        assert memctl(*words).exit_code == 0

    assert contents(workspace) == MADE
    assert memctl("verify", "--strict").exit_code == 0
    assert len(memctl("config", "list", "--json").data["profiles"]) == 1


def test_the_figure_of_requests_is_that_of_an_undisturbed_setup(setup, workspace):
    setup(*ONE)

    assert len(requested(workspace)) == UNDISTURBED


@pytest.mark.parametrize(
    ("refusal", "exit_code"),
    [
        ((403, "PERMISSION_DENIED"), 5),
        ((500, "INTERNAL_ERROR"), 6),
        ((400, "INVALID_PARAMETER_VALUE"), 4),
    ],
)
def test_an_index_that_is_refused_breaks_the_setup_off_and_nothing_is_taken_back(
    setup, workspace, memctl, refusal, exit_code
):
    status, code = refusal
    workspace.fault(CREATE_INDEX, status=status, error_code=code, skip=2, times=ALWAYS)

    ran = setup("--timeout", "1", exit_code=exit_code)

    made = [INDEXES["long_term"], INDEXES["short_term"]]
    assert contents(workspace) == (sorted([MEMORY, DOCUMENTS]), made)
    assert (ran.data["success"], ran.data["backend_id"]) == (False, None)
    assert ran.data["indexes"]["short_term"]["status"] == "ready"
    assert ran.data["indexes"]["entity"]["status"] == "missing"
    assert "--resume" in error_of(ran)["hint"]
    assert "--rollback" in error_of(ran)["hint"]
    assert memctl("config", "list", "--json").data["profiles"] == []


def test_running_it_again_goes_on_and_makes_nothing_twice(setup, workspace, memctl):
    workspace.fault(CREATE_INDEX, status=403, error_code="PERMISSION_DENIED", skip=2, times=ALWAYS)
    first = setup(exit_code=5)
    workspace.clear()

    again = setup()

    assert again["operation_id"] == first.data["operation_id"]
    assert len(requested(workspace, "POST", f"{API}/indexes")) == 2
    assert requested(workspace, "POST", f"{API}/endpoints") == []
    assert memctl("verify", "--strict").exit_code == 0


def test_it_is_gone_on_with_without_saying_anew_what_is_wanted(workspace, memctl):
    workspace.fault(CREATE_INDEX, status=403, error_code="PERMISSION_DENIED", times=ALWAYS)
    wanted = ("--dimension", "4", "--suffix", "auto", "-t", "entity", "--grant", "data-team")
    first = memctl("setup", "databricks", *wanted, "--json")
    workspace.clear()

    again = memctl("setup", "databricks", "--resume", "--json")

    assert (first.exit_code, again.exit_code) == (5, 0)
    assert again.data["indexes"]["entity"]["name"] == first.data["indexes"]["entity"]["name"]
    assert f"grant SELECT on {again.data['indexes']['entity']['name']} to data-team" in outcomes(
        again.data
    )
    assert len(contents(workspace)[0]) == 1


def test_other_settings_are_refused_while_a_setup_is_broken_off(setup, workspace, memctl):
    workspace.fault(CREATE_INDEX, status=403, error_code="PERMISSION_DENIED", times=ALWAYS)
    setup(*ONE, exit_code=5)
    workspace.clear()

    ran = memctl("setup", "databricks", "--endpoint", "other", "--json")

    assert ran.exit_code == 4
    assert error_of(ran)["code"] == "setup_broke_off"
    assert "--rollback" in error_of(ran)["hint"]
    assert requested(workspace) == []


def test_a_setup_that_made_nothing_is_forgotten(setup, workspace):
    workspace.fault(CREATE_ENDPOINT, status=400, error_code="INVALID_PARAMETER_VALUE", times=1)
    setup(*ONE, exit_code=4)

    assert setup(*ONE, "--resume", exit_code=0)["success"]


def test_there_must_be_something_to_go_on_with(setup):
    assert error_of(setup("--resume", exit_code=4))["code"] == "nothing_to_resume"
    assert error_of(setup("--rollback", exit_code=4))["code"] == "nothing_to_resume"
    assert error_of(setup("--resume", "--rollback", exit_code=2))["code"] == "usage"


# What the service does


def test_what_was_just_made_and_is_not_seen_yet_is_waited_for(setup, workspace):
    workspace.fault(f"POST {API}/*", "stale", times=ALWAYS)

    assert setup(*ONE)["success"]
    assert contents(workspace) == MADE


def test_a_name_that_somebody_else_took_meanwhile_is_as_good(setup, workspace):
    details = {"status": 409, "error_code": "RESOURCE_ALREADY_EXISTS", "after": True}
    workspace.fault(f"POST {API}/*", times=ALWAYS, **details)

    assert setup(*ONE)["success"]
    assert contents(workspace) == MADE


@pytest.mark.parametrize("sandbox", [{"deletion_seconds": 1.0}], indirect=True)
def test_a_name_that_is_being_given_back_is_waited_for(setup, workspace):
    setup(*ONE)
    ask(workspace, "DELETE", f"{API}/indexes/{INDEXES['entity']}")

    again = outcomes(setup(*ONE))

    assert again[f"create index {INDEXES['entity']}"] == "done"
    assert "POST /api/2.0/vector-search/indexes" in requested(workspace)


@pytest.mark.parametrize("sandbox", [{"deletion_seconds": 3600.0}], indirect=True)
def test_a_name_that_is_not_given_back_in_time_takes_nothing_back(setup, workspace):
    setup(*ONE)
    ask(workspace, "DELETE", f"{API}/indexes/{INDEXES['entity']}")

    ran = setup(*ONE, "--wait-timeout", "1", exit_code=6)

    assert error_of(ran)["code"] == "timed_out"
    assert "pending deletion" in error_of(ran)["message"]
    assert contents(workspace)[0] == [MEMORY]


def test_a_full_endpoint_is_named_as_the_reason(setup, workspace):
    workspace.fault(
        CREATE_INDEX,
        status=400,
        error_code="QUOTA_EXCEEDED",
        message="Maximum number of indexes per endpoint exceeded",
    )

    ran = setup(*ONE, exit_code=4)

    assert error_of(ran)["code"] == "quota_exceeded"
    assert "another endpoint" in error_of(ran)["hint"]


@pytest.mark.parametrize("sandbox", [{"provision_seconds": 3600.0}], indirect=True)
def test_when_the_wait_is_over_nothing_is_deleted(setup, workspace, memctl):
    ran = setup(*ONE, "--wait-timeout", "1", exit_code=6)

    assert error_of(ran)["code"] == "timed_out"
    assert f"`{MEMORY}` is provisioning" in error_of(ran)["message"]
    assert requested(workspace, "DELETE") == []
    assert contents(workspace) == ([MEMORY], [])
    workspace.advance(3600)
    ran = memctl("setup", "databricks", "--resume", "--wait-timeout", "1", "--json")
    assert ran.exit_code == 6, ran.stdout
    workspace.advance(3600)
    assert memctl("setup", "databricks", "--resume", "--json").exit_code == 0
    assert contents(workspace) == MADE


@pytest.mark.parametrize("state", ["RED_STATE", "DELETED"])
def test_an_endpoint_that_will_never_serve_is_not_waited_for(setup, workspace, state):
    body = {"name": MEMORY, "endpoint_type": "STANDARD"}
    ask(workspace, "POST", f"{API}/endpoints", body)
    workspace.put(endpoint=MEMORY, state=state)

    ran = setup(*ONE, exit_code=6)

    assert error_of(ran)["code"] == "not_ready"


@pytest.mark.parametrize("state", ["NEVER_HEARD_OF", "STARTING"])
def test_a_state_that_nobody_knows_is_waited_out_and_shown(setup, workspace, state):
    body = {"name": MEMORY, "endpoint_type": "STANDARD"}
    ask(workspace, "POST", f"{API}/endpoints", body)
    workspace.put(endpoint=MEMORY, state=state)

    ran = setup(*ONE, "--wait-timeout", "1", exit_code=6)

    shown = "provisioning" if state == "STARTING" else state
    assert ran.data["endpoints"]["memory"]["status"] == shown


# Taking it back


def test_a_rollback_takes_back_what_the_setup_made_last_first(setup, workspace, memctl):
    data = setup("--grant", "data-team", "--schema", "fresh", "--create-schema")

    ran = memctl("setup", "databricks", "--rollback", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert contents(workspace) == ([], [])
    assert set(outcomes(ran.data).values()) == {"undone"}
    made = [name for name, outcome in outcomes(data).items() if outcome == "done"]
    assert list(outcomes(ran.data)) == made[::-1]
    assert memctl("config", "list", "--json").data["profiles"] == []
    (operation,) = memctl("history", "--json").data["operations"]
    assert operation["outcome"] == "undone"


def test_a_rollback_leaves_what_was_there_before(setup, workspace, memctl):
    setup("--name", "one", *ONE)
    setup("--name", "two")

    ran = memctl("setup", "databricks", "--name", "two", "--rollback", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert contents(workspace) == MADE
    assert memctl("verify", "--profile", "one").exit_code == 0


def test_a_rollback_of_a_setup_that_broke_off_leaves_nothing(setup, workspace, memctl):
    workspace.fault(CREATE_INDEX, "drop", after=True, times=ALWAYS, skip=1)
    setup("--timeout", "1", exit_code=6)
    workspace.clear()

    ran = memctl("setup", "databricks", "--rollback", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert contents(workspace) == ([], [])
    again = memctl("setup", "databricks", "--rollback", "--json")
    assert error_of(again)["code"] == "nothing_to_resume"


def test_a_rollback_that_breaks_off_is_run_again(setup, workspace, memctl):
    setup()
    workspace.fault("DELETE *", status=500, error_code="INTERNAL_ERROR", skip=2, times=ALWAYS)
    first = memctl("setup", "databricks", "--rollback", "--timeout", "1", "--json")
    workspace.clear()

    second = memctl("setup", "databricks", "--rollback", "--json")

    assert (first.exit_code, second.exit_code) == (6, 0), second.stdout
    assert contents(workspace) == ([], [])


def test_a_rollback_never_takes_memory(setup, workspace, memctl, archive_of_four):
    setup()
    assert memctl("migrate", archive_of_four, "databricks").exit_code == 0

    ran = memctl("setup", "databricks", "--rollback", "--json")

    assert ran.exit_code == 3
    assert error_of(ran)["code"] == "holds_memory"
    assert requested(workspace, "DELETE", f"{API}/indexes") == []
    assert memctl("verify").exit_code == 0


def test_a_rollback_leaves_an_endpoint_that_serves_others(setup, workspace, memctl):
    setup(*ONE)
    setup("--name", "two", "-t", "long_term", "-g", "acme")

    ran = memctl("setup", "databricks", "--rollback", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (3, "holds_memory")
    assert contents(workspace) == ([MEMORY], [INDEXES["entity"], INDEXES["long_term"]])
    assert memctl("verify").exit_code == 0


def test_a_dry_rollback_takes_nothing_back(setup, workspace, memctl):
    setup()

    ran = memctl("setup", "databricks", "--rollback", "-n", "--json")

    assert set(outcomes(ran.data).values()) == {"planned"}
    assert requested(workspace, "DELETE") == []
    assert len(contents(workspace)[1]) == 4

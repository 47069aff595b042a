from __future__ import annotations

import json

import pytest

from ..stores import error_of
from .workspaces import API, INDEXES, MEMORY, ask, make_rows, put_rows, requested, row_ids

ENTITY = INDEXES["entity"]


@pytest.fixture
def verify(memctl):
    """Run `memctl verify`; give its exit code and what it found: (check, collection) -> check."""

    def run(*arguments):
        ran = memctl("verify", *arguments, "--json")
        return ran.exit_code, {
            (each["name"], each["collection"]): each for each in ran.data["checks"]
        }

    return run


@pytest.fixture
def entity(setup, workspace):
    """A workspace with one index."""
    setup("-t", "entity")
    workspace.clear()
    return workspace


def make_index(workspace, **changed):
    """Make the index anew, otherwise than setup does."""
    ask(workspace, "DELETE", f"{API}/indexes/{ENTITY}")
    columns = changed.pop("columns", {"id": "string", "embedding": "array<float>"})
    vector = {"name": "embedding", "embedding_dimension": changed.pop("dimension", 4)}
    body = {
        "name": ENTITY,
        "endpoint_name": MEMORY,
        "primary_key": "id",
        "index_type": "DIRECT_ACCESS",
        "direct_access_index_spec": {
            "embedding_vector_columns": [vector],
            "schema_json": json.dumps(columns),
        },
        **changed,
    }
    ask(workspace, "POST", f"{API}/indexes", body)


def test_a_sound_store_has_one_describe_per_resource(setup, workspace, verify):
    setup()
    workspace.clear()

    code, checks = verify()

    assert code == 0
    assert {each["status"] for each in checks.values()} == {"ok"}
    described = requested(workspace, "GET", API)
    assert len(described) == len(set(described)) == 6
    assert len(requested(workspace)) == 7


def test_each_way_of_logging_in_is_told_with_its_outcome(entity, verify, monkeypatch, memctl):
    monkeypatch.setenv("MEMCTL_USER_TOKEN", "dapi-old-and-secret")

    code, checks = verify()

    assert code == 0
    found = {name: each for (name, _), each in checks.items() if name.startswith("login by")}
    assert found["login by user token"]["status"] == "warning"
    assert found["login by user token"]["found"].startswith("rejected")
    assert found["login by access token"]["found"] == "used: logged in as `admin@sandbox.test`"
    assert "dapi-old" not in json.dumps(found)


@pytest.mark.parametrize(
    ("state", "shown", "status"),
    [
        ("PROVISIONING", "provisioning", "problem"),
        ("YELLOW_STATE", "degraded", "warning"),
        ("STOPPED", "stopped", "problem"),
        ("OFFLINE", "stopped", "problem"),
        ("RED_STATE", "failed", "problem"),
        ("SLEEPWALKING", "SLEEPWALKING", "warning"),
    ],
)
def test_the_state_of_an_endpoint_is_told(entity, verify, state, shown, status):
    entity.put(endpoint=MEMORY, state=state)

    _, checks = verify()

    check = checks["endpoint", MEMORY]
    assert (check["found"], check["status"]) == (shown, status)


@pytest.mark.parametrize(
    ("state", "shown", "status"),
    [
        ("PROVISIONING_INITIAL_SNAPSHOT", "provisioning", "problem"),
        ("ONLINE_UPDATING_PIPELINE", "ready", "ok"),
        ("OFFLINE", "stopped", "problem"),
        ("OFFLINE_FAILED", "failed", "problem"),
        ("HIBERNATING", "HIBERNATING", "warning"),
    ],
)
def test_the_state_of_an_index_is_told(entity, verify, state, shown, status):
    entity.put(index=ENTITY, state=state)

    code, checks = verify()

    check = checks["index entity", ENTITY]
    assert (check["found"], check["status"]) == (shown, status)
    assert code == (3 if status == "problem" else 0)


def test_an_index_that_is_gone_is_told_apart_from_one_that_is_forbidden(setup, workspace, verify):
    setup()
    ask(workspace, "DELETE", f"{API}/indexes/{ENTITY}")
    details = {"status": 403, "error_code": "PERMISSION_DENIED"}
    workspace.fault(f"GET {API}/indexes/{INDEXES['long_term']}", **details)
    workspace.fault(f"GET {API}/indexes/{INDEXES['document']}", status=401, error_code="X")
    workspace.fault(
        f"GET {API}/indexes/{INDEXES['short_term']}", status=500, error_code="X", times=100
    )

    code, checks = verify("--timeout", "1")

    assert code == 3
    assert checks["index entity", ENTITY]["found"] == "not found"
    assert checks["index long_term", INDEXES["long_term"]]["found"] == "forbidden"
    assert checks["index document", INDEXES["document"]]["found"] == "unauthenticated"
    assert checks["index short_term", INDEXES["short_term"]]["found"] == "unreachable"


def test_a_wrong_token_ends_it_with_5_and_a_silent_host_with_6(entity, memctl, monkeypatch):
    entity.fault("* /api/*", "hang", times=100)
    silent = memctl("verify", "--timeout", "0.5", "--json")
    entity.clear()
    monkeypatch.setenv("MEMCTL_DATABRICKS_TOKEN", "dapi-wrong")
    wrong = memctl("verify", "--json")

    assert (silent.exit_code, wrong.exit_code) == (6, 5)
    assert error_of(wrong)["code"] == "credential_rejected"


@pytest.mark.parametrize(
    ("changed", "check", "told"),
    [
        ({"dimension": 8}, "dimension", ("8", "4")),
        (
            {
                "primary_key": "memory_id",
                "columns": {"memory_id": "string", "embedding": "array<float>"},
            },
            "primary key",
            ("memory_id", "id"),
        ),
        ({}, "column crew_id", ("missing", "string")),
        (
            {"columns": {"id": "string", "embedding": "array<float>", "crew_id": "long"}},
            "column crew_id",
            ("bigint", "string"),
        ),
    ],
    ids=["dimension", "primary-key", "missing-column", "mistyped-column"],
)
def test_what_an_index_is_made_of_is_compared(entity, verify, changed, check, told):
    make_index(entity, **changed)

    _, checks = verify()

    found = checks[check, ENTITY]
    assert (found["found"], found["expected"]) == told
    assert found["status"] == ("warning" if told[0] == "missing" else "problem")
    assert found["hint"]


def test_the_services_own_spelling_of_types_is_no_difference(setup, verify):
    setup("-t", "short_term")

    assert verify("--strict")[0] == 0


def test_an_index_on_another_endpoint_is_told(entity, verify):
    ask(entity, "POST", f"{API}/endpoints", {"name": "other", "endpoint_type": "STANDARD"})
    columns = {"id": "string", "embedding": "array<float>"}
    make_index(entity, endpoint_name="other", columns=columns)

    _, checks = verify()

    assert checks["endpoint", ENTITY]["found"] == "other"
    assert checks["endpoint", ENTITY]["status"] == "problem"


@pytest.mark.parametrize("is_made_again", [True, False])
def test_an_index_whose_endpoint_was_deleted_is_an_orphan(entity, verify, is_made_again):
    ask(entity, "DELETE", f"{API}/endpoints/{MEMORY}")
    if is_made_again:
        ask(entity, "POST", f"{API}/endpoints", {"name": MEMORY, "endpoint_type": "STANDARD"})

    code, checks = verify()

    assert code == 3
    assert checks["index entity", ENTITY]["found"] == "orphaned"


def test_the_metric_is_told(entity, verify):
    assert verify()[1]["metric", ENTITY]["found"].startswith("l2, which ranks like cosine for")


def test_deep_reads_every_row_and_judges_it(setup, workspace, verify):
    setup("-t", "short_term")
    name = INDEXES["short_term"]
    odd = make_rows(7, group="acme")
    odd[0]["group_id"] = None
    odd[1]["crew_id"] = None
    odd[2]["embedding"] = [0.0] * 4
    odd[3]["embedding"] = [2.0] * 4
    odd[4]["metadata"] = "{not json"
    odd[5]["group_id"] = "default"
    put_rows(workspace, name, odd)

    code, checks = verify("--deep")

    assert code == 0
    found = {what: each for (what, where), each in checks.items() if where == name}
    assert found["rows by scan"]["found"] == "7"
    assert found["rows by scan"]["status"] == "ok"
    assert found["rows of other groups"]["found"] == "5"
    for what in (
        "rows without a group",
        "rows without a crew",
        "zero vectors",
        "vectors not of length 1",
        "metadata that is no JSON",
    ):
        assert (found[what]["found"], found[what]["status"]) == ("1", "warning"), what


@pytest.mark.parametrize("sandbox", [{}, {"stale_reads": True}], indirect=True)
def test_a_probe_writes_reads_and_deletes_one_row(setup, workspace, verify):
    setup("-t", "short_term")

    code, checks = verify("--probe")

    assert (code, checks["probe", None]["found"]) == (0, "written, read, deleted")
    assert len(requested(workspace, "POST", f"{API}/indexes/{INDEXES['short_term']}/upsert")) == 1
    row_ids(workspace, INDEXES["short_term"])
    assert row_ids(workspace, INDEXES["short_term"]) == []


def test_looking_changes_nothing(setup, workspace, memctl):
    setup("-t", "short_term")
    workspace.clear()

    memctl("verify", "--deep")
    memctl("index", "list")
    memctl("index", "show", "short_term", "--count")

    made = {each.split()[0] for each in requested(workspace)}
    assert made == {"GET"}

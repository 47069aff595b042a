from __future__ import annotations

import json

import pytest

from ...conftest import start_memctl
from ..stores import error_of
from ..terminal import Conversation
from .workspaces import (
    CREATED,
    DOCUMENTS,
    INDEXES,
    MEMORY,
    UNITY,
    ask,
    contents,
    describe,
    endpoints,
    indexes,
    outcomes,
    requested,
)

# From nothing


def test_setup_makes_endpoints_indexes_and_a_profile(setup, workspace, memctl):
    data = setup()

    assert list(outcomes(data)) == CREATED
    assert contents(workspace) == (sorted([MEMORY, DOCUMENTS]), sorted(INDEXES.values()))
    assert (data["profile"]["name"], data["profile"]["is_default"]) == ("databricks", True)
    assert memctl("verify", "--strict").exit_code == 0


def test_the_answer_has_the_shape_of_a_one_click_response(setup, memctl):
    data = setup()

    assert data["success"] is True
    assert data["message"] == "profile `databricks` is ready"
    assert data["endpoints"] == {
        "memory": {"name": MEMORY, "type": "STANDARD", "status": "ready"},
        "document": {"name": DOCUMENTS, "type": "STANDARD", "status": "ready"},
    }
    assert data["indexes"] == {
        role: {"name": name, "status": "ready"} for role, name in INDEXES.items()
    }
    assert data["backend_id"] == data["profile"]["id"] != ""


def test_the_profile_names_what_was_made_and_no_secret(setup, workspace):
    profile = setup()["profile"]

    assert profile["settings"] == {
        "workspace_url": workspace.url,
        "catalog": "ml",
        "schema": "agents",
        "dimension": 4,
        "endpoint": MEMORY,
        "document_endpoint": DOCUMENTS,
        **{f"{role}_index": name for role, name in INDEXES.items()},
    }


@pytest.mark.parametrize("role", INDEXES)
def test_an_index_has_the_columns_that_memory_needs(setup, workspace, role):
    setup("--type", role)

    described = describe(workspace, INDEXES[role])
    columns = json.loads(described["direct_access_index_spec"]["schema_json"])
    assert {"id", "metadata", "group_id", "crew_id", "embedding"} <= columns.keys()
    assert columns["embedding"] == "array<float>"
    assert described["primary_key"] == "id"


def test_only_some_types_are_made_when_asked(setup, workspace, memctl):
    data = setup("--type", "entity", "-t", "long_term")

    assert endpoints(workspace) == [MEMORY]
    assert indexes(workspace) == [INDEXES["entity"], INDEXES["long_term"]]
    assert data["indexes"].keys() == {"entity", "long_term"}
    assert "document_endpoint" not in data["profile"]["settings"]
    assert memctl("verify").exit_code == 0
    assert set(outcomes(setup()).values()) == {"found"}


def test_one_endpoint_may_serve_both_roles(setup, workspace):
    data = setup("--endpoint", "one", "--document-endpoint", "one")

    assert endpoints(workspace) == ["one"]
    assert data["endpoints"]["memory"] == data["endpoints"]["document"]


def test_a_suffix_ends_the_names_of_what_is_not_named(setup, workspace):
    setup("--suffix", "team_a", "--endpoint", "mine")

    assert endpoints(workspace) == [f"{DOCUMENTS}_team_a", "mine"]
    assert indexes(workspace) == sorted(f"{each}_team_a" for each in INDEXES.values())


def test_an_index_may_have_a_name_of_ones_own(setup, workspace):
    data = setup("--entity-index", "ml.agents.names", "--unified-index", "ml.agents.whole")

    assert indexes(workspace) == sorted(
        {*INDEXES.values(), "ml.agents.names", "ml.agents.whole"} - {INDEXES["entity"]}
    )
    assert data["indexes"]["unified"] == {"name": "ml.agents.whole", "status": "ready"}


def test_an_automatic_suffix_makes_another_set_each_time(setup, workspace):
    first = setup("--suffix", "auto", "-t", "entity", "--name", "one")
    second = setup("--suffix", "auto", "-t", "entity", "--name", "two")

    assert first["indexes"]["entity"]["name"] != second["indexes"]["entity"]["name"]
    assert len(indexes(workspace)) == len(endpoints(workspace)) == 2


def test_setup_twice_makes_nothing_twice(setup, workspace):
    first = setup()
    workspace.clear()

    second = setup()

    assert set(outcomes(second).values()) == {"found"}
    assert second["profile"] == first["profile"]
    assert requested(workspace, "POST") == []


def test_setup_again_makes_what_is_missing(setup, workspace, memctl):
    setup()
    memctl("index", "delete", INDEXES["entity"], "--yes")
    ask(workspace, "DELETE", f"/api/2.0/vector-search/indexes/{INDEXES['long_term']}")

    again = outcomes(setup())

    assert again[f"create index {INDEXES['long_term']}"] == "done"
    assert INDEXES["long_term"] in indexes(workspace)


def test_two_groups_may_share_the_indexes(setup, memctl):
    setup("-g", "acme")

    again = setup("-g", "globex")

    made = {name for name, outcome in outcomes(again).items() if outcome == "done"}
    assert made == {"save the profile"}


def test_the_schema_is_made_when_that_is_allowed(setup, workspace):
    data = setup("--schema", "fresh", "--create-schema", "-t", "entity")

    assert outcomes(data)["create schema ml.fresh"] == "done"
    assert ask(workspace, "GET", f"{UNITY}/schemas/ml.fresh")["full_name"] == "ml.fresh"
    assert indexes(workspace) == ["ml.fresh.entity_memory"]


def test_another_may_be_let_read(setup, workspace):
    data = setup("-t", "entity", "--grant", "data-team")

    made = {name for name, outcome in outcomes(data).items() if outcome == "done"}
    assert {
        "grant USE CATALOG on ml to data-team",
        "grant USE SCHEMA on ml.agents to data-team",
        f"grant SELECT on {INDEXES['entity']} to data-team",
        f"let data-team use endpoint {MEMORY}",
    } <= made
    held = ask(workspace, "GET", f"{UNITY}/permissions/table/{INDEXES['entity']}")
    assert held["privilege_assignments"] == [{"principal": "data-team", "privileges": ["SELECT"]}]
    assert set(outcomes(setup("--grant", "data-team")).values()) == {"found"}


@pytest.mark.parametrize("sandbox", [{"provision_seconds": 0.5}], indirect=True)
def test_setup_waits_until_all_of_it_is_ready(setup):
    data = setup("-t", "entity")

    assert data["indexes"]["entity"]["status"] == "ready"
    assert outcomes(data)[f"wait for {MEMORY}"] == "done"


@pytest.mark.parametrize("sandbox", [{"provision_seconds": 3600}], indirect=True)
def test_without_waiting_the_profile_names_what_is_still_coming_up(setup, workspace, memctl):
    data = setup("-t", "entity", "--no-wait")

    assert data["endpoints"]["memory"]["status"] == "provisioning"
    assert data["indexes"]["entity"]["status"] == "provisioning"
    assert memctl("verify").exit_code == 3
    workspace.advance(3600)
    workspace.advance(3600)
    assert memctl("verify").exit_code == 0


# Before anything is changed


def test_a_dry_run_makes_nothing(setup, workspace, home):
    data = setup("-n")

    assert set(outcomes(data).values()) == {"planned"}
    assert (data["dry_run"], data["operation_id"], data["backend_id"]) == (True, None, None)
    assert {method.split()[0] for method in requested(workspace)} == {"GET"}
    assert list(home.iterdir()) == []


def test_host_user_method_and_the_bill_are_shown_first(workspace, memctl):
    ran = memctl("setup", "databricks", "--dimension", "4", "-t", "entity")

    head = ran.stderr.partition("waiting")[0]
    assert f"host     {workspace.url}" in head
    assert "user     admin@sandbox.test" in head
    assert "method   access token" in head
    assert "billed while it exists" in head
    assert workspace.token not in ran.stdout + ran.stderr


@pytest.mark.parametrize("url", ["{}/?o=123", "{}/sql/editor?o=1#x", "{}/", " {} "])
def test_an_address_is_taken_as_it_is_pasted(setup, workspace, url):
    data = setup("-t", "entity", "--workspace-url", url.format(workspace.url))

    assert data["profile"]["settings"]["workspace_url"] == workspace.url


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--dimension", "0"], "dimension"),
        (["--dimension", "4097"], "dimension"),
        (["--dimension", "24", "--endpoint-type", "STORAGE_OPTIMIZED"], "divisible by 16"),
        (["--catalog", "my-catalog"], "my-catalog"),
        (["--schema", "a.b"], "a.b"),
        (["--suffix", "team-a"], "team-a"),
        (["--endpoint", "-x"], "-x"),
        (["--endpoint", "e" * 51], "50"),
        (["--endpoint-type", "SERVERLESS"], "SERVERLESS"),
        (["--type", "unified"], "unified"),
        (["--suffix", "s" * 120], "128"),
        (["--wait-timeout", "0"], "wait_timeout"),
        (["--workspace-url", "http://example.com"], "clear text"),
        (["--workspace-url", "ftp://x"], "workspace_url"),
    ],
    ids=" ".join,
)
def test_what_the_service_would_refuse_is_refused_before_anything_is_asked(
    workspace, memctl, home, option, said
):
    ran = memctl("setup", "databricks", *option, "--json")

    assert ran.exit_code == 4
    assert said in error_of(ran)["message"] + (error_of(ran)["hint"] or "")
    assert requested(workspace) == []
    assert memctl("config", "list", "--json").data["profiles"] == []


@pytest.mark.parametrize(
    ("options", "names"),
    [(["--catalog", "nowhere"], "`nowhere`"), (["--schema", "nowhere"], "`ml.nowhere`")],
    ids=["catalog", "schema"],
)
def test_what_the_indexes_are_to_lie_in_must_be_there(setup, workspace, options, names):
    ran = setup(*options, exit_code=4)

    assert error_of(ran)["code"] == "missing_container"
    assert names in error_of(ran)["message"]
    assert ("--create-schema" in error_of(ran)["hint"]) == ("--schema" in options)
    assert contents(workspace) == ([], [])


def test_who_may_not_make_indexes_is_told_before_anything_is_made(workspace, memctl):
    user = "user@sandbox.test"
    for kind, name, privilege in (
        ("catalog", "ml", "USE_CATALOG"),
        ("schema", "ml.agents", "USE_SCHEMA"),
    ):
        changes = [{"principal": user, "add": [privilege]}]
        ask(workspace, "PATCH", f"{UNITY}/permissions/{kind}/{name}", {"changes": changes})

    ran = memctl(
        "setup", "databricks", "--token-stdin", "--json", stdin=workspace.user_token + "\n"
    )

    assert ran.exit_code == 5
    assert error_of(ran)["code"] == "not_permitted"
    assert "CREATE TABLE" in error_of(ran)["message"]
    assert contents(workspace) == ([], [])


def test_who_may_not_even_see_the_catalog_gets_nothing_made(workspace, memctl):
    ran = memctl("setup", "databricks", "--token-stdin", "--json", stdin=workspace.user_token)

    assert ran.exit_code == 5
    assert contents(workspace) == ([], [])


def test_an_index_of_another_dimension_is_refused(setup, workspace, memctl):
    setup()
    workspace.clear()

    ran = memctl("setup", "databricks", "--name", "two", "--dimension", "8", "--json")

    assert ran.exit_code == 4
    assert error_of(ran)["code"] == "other_resource"
    assert "dimension is 4, not 8" in error_of(ran)["message"]
    assert requested(workspace, "POST") == []


def test_an_endpoint_of_another_type_is_refused_only_where_the_type_was_asked_for(setup, workspace):
    body = {"name": MEMORY, "endpoint_type": "STORAGE_OPTIMIZED"}
    ask(workspace, "POST", "/api/2.0/vector-search/endpoints", body)

    ran = setup("-t", "entity", "--endpoint-type", "STANDARD", exit_code=4)
    indivisible = setup("-t", "entity", exit_code=4)

    assert error_of(ran)["code"] == "other_resource"
    assert "divisible by 16" in error_of(indivisible)["message"]
    made = setup("-t", "entity", "--dimension", "16")
    assert made["endpoints"]["memory"]["type"] == "STORAGE_OPTIMIZED"


def test_a_wrong_token_is_refused_and_never_shown(workspace, memctl, monkeypatch, tmp_path):
    monkeypatch.setenv("MEMCTL_DATABRICKS_TOKEN", "dapi-wrong-and-secret")
    log = tmp_path / "log"

    ran = memctl("setup", "databricks", "--json", "--no-input", "-vv", "--log-file", log)

    assert ran.exit_code == 5
    assert error_of(ran)["code"] == "credential_rejected"
    assert "dapi-wrong" not in ran.stdout + ran.stderr + log.read_text()


def test_without_an_address_or_a_token_nothing_is_asked_for(memctl, home):
    ran = memctl("setup", "databricks", "--no-input", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "invalid_setting")
    assert "workspace_url" in error_of(ran)["message"]


def test_a_secret_is_kept_with_the_profile_and_goes_with_it(workspace, memctl, monkeypatch):
    monkeypatch.delenv("MEMCTL_DATABRICKS_TOKEN")
    monkeypatch.setenv("MEMCTL_VAULT_PASSWORD", "of the vault")
    client = ("--client-id", workspace.client_id, "--client-secret-stdin", "--vault")

    made = memctl("setup", "databricks", "-t", "entity", *client, stdin=workspace.client_secret)
    verified = memctl("verify", "-v")
    undone = memctl("setup", "databricks", "--rollback", "--json")

    assert (made.exit_code, verified.exit_code, undone.exit_code) == (0, 0, 0), made.stderr
    assert "by client credentials" in verified.stdout
    assert workspace.client_secret not in made.stdout + made.stderr + verified.stdout
    assert memctl("config", "secret", "list", "--json").data["secrets"] == []


def test_on_a_terminal_what_is_missing_is_asked_for(sandbox, memctl, monkeypatch):
    monkeypatch.setenv("MEMCTL_VAULT_PASSWORD", "of the vault")

    with Conversation("setup", "databricks", "-t", "entity", "--vault") as talk:
        talk.read_until("workspace_url")
        talk.type(f"{sandbox.url}/?o=123")
        talk.read_until("token for http://127.0.0.1")
        talk.type(sandbox.token)
        talk.end()

    assert talk.exit_code == 0, talk.said
    assert sandbox.token not in talk.said + talk.stdout
    assert memctl("verify").exit_code == 0


@pytest.mark.parametrize("option", [("--dimension", "8"), ("--catalog", "other")])
def test_setup_again_with_other_settings_is_refused(setup, memctl, workspace, option):
    setup("-t", "entity")
    workspace.clear()

    ran = memctl("setup", "databricks", *option, "--json")

    assert ran.exit_code == 4
    assert error_of(ran)["code"] == "profile_exists"
    assert requested(workspace) == []


def test_two_setups_at_once_for_one_group_make_nothing_twice(setup, workspace, memctl):
    workspace.delay(30)
    words = ("setup", "databricks", "--dimension", "4", "--json")
    runs = [start_memctl(*words, "-t", "entity") for _ in range(2)]
    codes = sorted([run.communicate() and run.returncode for run in runs])

    assert codes in ([0, 0], [0, 6])
    assert contents(workspace) == ([MEMORY], [INDEXES["entity"]])
    created = requested(workspace, "POST", "/api/2.0/vector-search")
    assert len(created) == 2
    assert len(memctl("config", "list", "--json").data["profiles"]) == 1

from __future__ import annotations

import pytest

from ..stores import error_of
from ..terminal import Conversation
from .workspaces import (
    API,
    DOCUMENTS,
    INDEXES,
    MEMORY,
    UNITY,
    ask,
    contents,
    describe,
    indexes,
    make_rows,
    outcomes,
    put_rows,
    requested,
    row_ids,
)

SHORT_TERM = INDEXES["short_term"]


@pytest.fixture
def filled(setup, workspace):
    """A workspace with one index that two groups and nobody have rows in."""
    setup("-t", "short_term")
    put_rows(workspace, SHORT_TERM, make_rows(5))
    put_rows(workspace, SHORT_TERM, make_rows(3, group="acme", start=5))
    put_rows(workspace, SHORT_TERM, make_rows(2, group=None, start=8))
    workspace.clear()
    return workspace


# Looking


def test_list_shows_the_profiles_indexes_and_the_others_on_their_endpoints(setup, memctl):
    setup("-t", "short_term")
    setup("-t", "entity", "--name", "two")

    listed = memctl("index", "list", "--json").data["indexes"]

    assert [(each["name"], each["type"]) for each in listed] == [
        (SHORT_TERM, "short_term"),
        (INDEXES["entity"], None),
    ]
    assert {each["state"] for each in listed} == {"ready"}
    assert listed[0]["endpoint"] == MEMORY


def test_list_goes_on_where_one_can_not_be_looked_at(setup, workspace, memctl):
    setup()
    details = {"status": 403, "error_code": "PERMISSION_DENIED"}
    workspace.fault(f"GET {API}/indexes/{SHORT_TERM}", **details)

    listed = memctl("index", "list", "--json").data["indexes"]

    states = {each["name"]: each["state"] for each in listed}
    assert states.pop(SHORT_TERM) == "forbidden"
    assert set(states.values()) == {"ready"}


@pytest.mark.parametrize("name", ["short_term", SHORT_TERM, "short_term_memory"])
def test_show_tells_of_one_index_however_it_is_named(filled, memctl, name):
    data = memctl("index", "show", name, "--count", "--json").data

    assert data["index"]["name"] == SHORT_TERM
    assert data["index"]["dimension"] == 4
    assert data["index"]["columns"]["interaction_sequence"] == "bigint"
    assert data["index"]["owner"] == "admin@sandbox.test"
    counted = {each["group_id"]: each["records"] for each in data["rows"]}
    assert counted == {"default": 5, "acme": 3, None: 2}


@pytest.mark.parametrize("command", ["show", "empty"])
def test_an_index_that_is_none_is_refused(filled, memctl, command):
    more = ["--yes"] if command == "empty" else []

    missing = memctl("index", command, "document", *more, "--json")
    unknown = memctl("index", command, "ml.agents.nothing", *more, "--json")

    assert (missing.exit_code, unknown.exit_code) == (4, 4)
    assert "memctl index create document" in error_of(missing)["hint"]


def test_a_store_of_another_kind_has_none(memctl):
    memctl("setup", "chroma")

    ran = memctl("index", "list", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (7, "unsupported_operation")


# Making


def test_create_makes_the_index_of_one_more_type(setup, workspace, memctl):
    setup("-t", "short_term")

    ran = memctl("index", "create", "document", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert contents(workspace) == (
        sorted([MEMORY, DOCUMENTS]),
        sorted([SHORT_TERM, INDEXES["document"]]),
    )
    settings = memctl("config", "show", "databricks", "--json").data["profile"]["settings"]
    assert settings["document_index"] == INDEXES["document"]
    assert settings["document_endpoint"] == DOCUMENTS
    assert memctl("verify", "--strict").exit_code == 0
    again = memctl("index", "create", "document", "--json")
    assert set(outcomes(again.data).values()) == {"found"}


def test_create_that_breaks_off_is_run_again(setup, workspace, memctl):
    setup("-t", "short_term")
    workspace.fault(f"POST {API}/indexes", status=403, error_code="PERMISSION_DENIED")

    first = memctl("index", "create", "entity", "--json")
    second = memctl("index", "create", "entity", "--json")

    assert (first.exit_code, second.exit_code) == (5, 0)
    assert indexes(workspace) == sorted([SHORT_TERM, INDEXES["entity"]])


def test_a_dry_run_of_create_makes_nothing(setup, workspace, memctl):
    setup("-t", "short_term")
    workspace.clear()

    ran = memctl("index", "create", "entity", "-n", "--json")

    assert ran.data["dry_run"]
    assert requested(workspace, "POST") == []


def test_create_refuses_a_type_that_setup_makes_no_index_for(setup, memctl):
    setup("-t", "short_term")

    ran = memctl("index", "create", "unified", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "invalid_setting")


# Emptying


def test_empty_deletes_the_groups_rows_and_keeps_all_else(filled, memctl):
    before = describe(filled, SHORT_TERM)

    ran = memctl("index", "empty", "short_term", "--yes", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert (ran.data["deleted"], ran.data["left"], ran.data["total"]) == (5, 0, 5)
    assert row_ids(filled, SHORT_TERM) == [f"row-{each:04}" for each in range(5, 10)]
    assert describe(filled, SHORT_TERM)["id"] == before["id"]


def test_empty_deletes_the_rows_of_all_groups_when_told_so(filled, memctl):
    ran = memctl("index", "empty", "short_term", "--all-groups", "--yes", "--json")

    assert (ran.exit_code, ran.data["deleted"]) == (0, 10)
    assert row_ids(filled, SHORT_TERM) == []


def test_empty_counts_until_nothing_is_left(filled, memctl):
    filled.fault("DELETE *", "stale", times=3)

    ran = memctl(
        "index", "empty", "short_term", "--all-groups", "--batch-size", "2", "--yes", "--json"
    )

    assert (ran.exit_code, ran.data["left"]) == (0, 0)
    assert row_ids(filled, SHORT_TERM) == []


def test_rows_that_the_service_does_not_delete_are_told(filled, memctl):
    filled.fault("DELETE *", "partial", rows=1, times=1000)

    ran = memctl("index", "empty", "short_term", "--yes", "--json")

    assert ran.exit_code == 8
    assert row_ids(filled, SHORT_TERM)[0] == "row-0000"


@pytest.mark.parametrize("done", [False, True], ids=["undone", "done all the same"])
def test_rows_that_are_gone_and_left_are_counted_where_emptying_breaks_off(filled, memctl, done):
    filled.fault(
        f"DELETE {API}/indexes/*/delete-data",
        status=403,
        error_code="PERMISSION_DENIED",
        after=done,
        skip=1,
        times=1000,
    )

    ran = memctl("index", "empty", "short_term", "--batch-size", "2", "--yes", "--json")

    deleted = 4 if done else 2
    assert len(row_ids(filled, SHORT_TERM)) == 10 - deleted
    assert (ran.exit_code, error_of(ran)["code"]) == (8, "partial")
    assert (ran.data["deleted"], ran.data["left"]) == (deleted, 5 - deleted)
    assert f"{deleted} of 5 rows" in error_of(ran)["message"]


def test_where_emptying_deletes_nothing_the_error_keeps_its_code(filled, memctl):
    filled.fault(
        f"DELETE {API}/indexes/*/delete-data",
        status=403,
        error_code="PERMISSION_DENIED",
        times=1000,
    )

    ran = memctl("index", "empty", "short_term", "--yes", "--json")

    assert (ran.exit_code, ran.data["deleted"], ran.data["left"]) == (5, 0, 5)
    assert "nothing was deleted" in error_of(ran)["message"]


@pytest.mark.parametrize("done", [False, True], ids=["undone", "done all the same"])
def test_the_indexes_that_are_gone_and_left_are_named_where_deleting_breaks_off(
    setup, workspace, memctl, done
):
    setup()
    before = indexes(workspace)
    workspace.fault(
        f"DELETE {API}/indexes/*", status=403, error_code="PERMISSION_DENIED", after=done, skip=1,
        times=1000,
    )  # fmt: skip

    ran = memctl("index", "delete", "--all", "--yes", "--json")

    left = indexes(workspace)
    assert len(left) == len(before) - (2 if done else 1)
    assert (ran.exit_code, error_of(ran)["code"]) == (8, "partial")
    told, _, rest = error_of(ran)["message"].partition("; still there: ")
    for each in before:
        assert (each in rest.partition(": ")[0]) == (each in left)
        assert (each in told) == (each not in left)


def test_an_empty_index_stays_as_it_is(filled, memctl):
    ran = memctl("index", "empty", "short_term", "-g", "nobody", "-p", "databricks", "--yes")

    assert ran.exit_code == 4  # a profile is its group's
    memctl("index", "empty", "short_term", "--yes")
    filled.clear()
    again = memctl("index", "empty", "short_term", "--yes", "--json")
    assert (again.exit_code, again.data["operation_id"]) == (0, None)
    assert requested(filled, "DELETE") == []


def test_made_anew_it_has_the_same_columns_and_grants(filled, memctl):
    changes = [{"principal": "data-team", "add": ["SELECT"]}]
    ask(filled, "PATCH", f"{UNITY}/permissions/table/{SHORT_TERM}", {"changes": changes})
    before = describe(filled, SHORT_TERM)

    ran = memctl("index", "empty", "short_term", "--recreate", "--all-groups", "--yes", "--json")

    assert (ran.exit_code, ran.data["change"], ran.data["total"]) == (0, "recreated", 10)
    after = describe(filled, SHORT_TERM)
    assert after["id"] != before["id"]
    assert row_ids(filled, SHORT_TERM) == []
    for key in ("direct_access_index_spec", "primary_key", "endpoint_name", "index_subtype"):
        assert after[key] == before[key]
    held = ask(filled, "GET", f"{UNITY}/permissions/table/{SHORT_TERM}")
    assert held["privilege_assignments"] == [{"principal": "data-team", "privileges": ["SELECT"]}]


def test_making_it_anew_is_refused_while_others_have_rows_in_it(filled, memctl):
    ran = memctl("index", "empty", "short_term", "--recreate", "--yes", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (3, "other_groups_rows")
    assert "5 rows of group `acme`, no group" in error_of(ran)["message"]
    assert requested(filled, "DELETE") == []


def test_deleting_it_is_refused_while_others_have_rows_in_it(filled, memctl):
    ran = memctl("index", "delete", "short_term", "--yes", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (3, "other_groups_rows")
    assert requested(filled, "DELETE") == []
    assert memctl("index", "delete", "short_term", "--all-groups", "--yes").exit_code == 0
    assert SHORT_TERM not in indexes(filled)


def test_rows_that_others_write_while_the_user_is_asked_keep_an_index(setup, workspace):
    setup("-t", "short_term")
    put_rows(workspace, SHORT_TERM, make_rows(3))
    for words in (("empty", "short_term", "--recreate"), ("delete", "short_term")):
        with Conversation("index", *words) as talk:
            talk.read_until(f"type `{SHORT_TERM}` to delete it: ")
            put_rows(workspace, SHORT_TERM, make_rows(2, group="acme", start=100))
            talk.type(SHORT_TERM)
            talk.end()
        assert talk.exit_code == 3
        theirs = ["row-0100", "row-0101"]
        assert {*theirs} <= {*row_ids(workspace, SHORT_TERM)}
        keys = {"primary_keys": theirs}
        ask(workspace, "DELETE", f"{API}/indexes/{SHORT_TERM}/delete-data", keys)


@pytest.mark.parametrize("step", ["delete", "create", "grant"])
def test_making_it_anew_goes_on_where_it_broke_off(setup, workspace, memctl, step):
    setup("-t", "short_term")
    changes = [{"principal": "data-team", "add": ["SELECT"]}]
    ask(workspace, "PATCH", f"{UNITY}/permissions/table/{SHORT_TERM}", {"changes": changes})
    put_rows(workspace, SHORT_TERM, make_rows(4))
    before = describe(workspace, SHORT_TERM)
    pattern = {
        "delete": f"DELETE {API}/indexes/*",
        "create": f"POST {API}/indexes",
        "grant": f"PATCH {UNITY}/*",
    }[step]
    workspace.fault(pattern, status=500, error_code="INTERNAL_ERROR", after=True, times=1000)

    words = ("index", "empty", "short_term", "--recreate", "--yes", "--json")
    first = memctl(*words, "--timeout", "0.5")
    workspace.clear()
    second = memctl(*words)

    assert (first.exit_code, second.exit_code) == (8, 0), second.stdout
    assert "4 of 4 rows" in error_of(first)["message"]
    assert first.data["left"] == 0
    assert "--recreate" in error_of(first)["hint"]
    assert second.data["resumed"]
    after = describe(workspace, SHORT_TERM)
    assert after["direct_access_index_spec"] == before["direct_access_index_spec"]
    assert row_ids(workspace, SHORT_TERM) == []
    held = ask(workspace, "GET", f"{UNITY}/permissions/table/{SHORT_TERM}")
    assert held["privilege_assignments"] == [{"principal": "data-team", "privileges": ["SELECT"]}]


def test_an_index_that_was_filled_after_it_broke_off_is_emptied_all_the_same(
    setup, workspace, memctl
):
    setup("-t", "short_term")
    workspace.fault(f"POST {API}/indexes", status=403, error_code="PERMISSION_DENIED")
    words = ("index", "empty", "short_term", "--recreate", "--yes", "--json")
    broken = memctl(*words)
    assert broken.exit_code == 8
    assert "it is not made anew yet: " in error_of(broken)["message"]
    assert memctl("setup", "databricks").exit_code == 0
    put_rows(workspace, SHORT_TERM, make_rows(4))

    ran = memctl(*words)

    assert (ran.exit_code, ran.data["total"]) == (0, 4), ran.stdout
    assert row_ids(workspace, SHORT_TERM) == []


@pytest.mark.parametrize("sandbox", [{"deletion_seconds": 0.5}], indirect=True, ids=[""])
def test_its_name_is_waited_for_when_it_is_made_anew(setup, workspace, memctl):
    setup("-t", "short_term")

    ran = memctl("index", "empty", "short_term", "--recreate", "--yes")

    assert ran.exit_code == 0
    assert "pending deletion" in ran.stderr
    assert indexes(workspace) == [SHORT_TERM]


def test_an_index_of_another_program_is_made_anew_as_it_was(setup, workspace, memctl):
    setup("-t", "short_term")
    ask(workspace, "DELETE", f"{API}/indexes/{SHORT_TERM}")
    spec = {
        "embedding_vector_columns": [{"name": "v", "embedding_dimension": 4}],
        "schema_json": '{"key": "string", "v": "array<double>", "n": "short"}',
    }
    body = {
        "name": SHORT_TERM,
        "endpoint_name": MEMORY,
        "primary_key": "key",
        "index_type": "DIRECT_ACCESS",
        "direct_access_index_spec": spec,
    }
    ask(workspace, "POST", f"{API}/indexes", body)
    before = describe(workspace, SHORT_TERM)

    assert memctl("index", "empty", "short_term", "--recreate", "--yes").exit_code == 0

    after = describe(workspace, SHORT_TERM)
    assert after["direct_access_index_spec"] == before["direct_access_index_spec"]
    assert after["primary_key"] == "key"


# Deleting


def test_delete_takes_the_index_and_its_name_in_the_profile(setup, workspace, memctl):
    setup()

    ran = memctl("index", "delete", "entity", "--yes", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert INDEXES["entity"] not in indexes(workspace)
    settings = memctl("config", "show", "databricks", "--json").data["profile"]["settings"]
    assert "entity_index" not in settings
    assert memctl("verify", "--strict").exit_code == 0


def test_delete_all_takes_the_endpoints_too_when_told_so(setup, workspace, memctl):
    setup()

    ran = memctl("index", "delete", "--all", "--with-endpoint", "--yes", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert contents(workspace) == ([], [])


def test_an_endpoint_that_serves_others_is_refused_before_anything_is_deleted(
    setup, workspace, memctl
):
    setup("-t", "short_term")
    setup("-t", "entity", "--name", "two")
    workspace.clear()

    ran = memctl("index", "delete", "short_term", "--with-endpoint", "--yes", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (3, "holds_memory")
    assert INDEXES["entity"] in error_of(ran)["message"]
    assert requested(workspace, "DELETE") == []


@pytest.mark.parametrize("words", [(), ("short_term", "--all")])
def test_delete_must_be_told_which(setup, memctl, words):
    assert memctl("index", "delete", *words, "--yes").exit_code == 2


# Asking first


@pytest.mark.parametrize("command", ["empty", "delete"])
def test_without_a_terminal_nothing_is_deleted_nor_even_asked(filled, memctl, command):
    ran = memctl("index", command, "short_term", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (2, "usage")
    assert requested(filled) == []


@pytest.mark.parametrize("command", ["empty", "delete"])
def test_a_dry_run_changes_nothing(filled, memctl, command):
    ran = memctl("index", command, "short_term", "--all-groups", "-n", "--json")

    assert (ran.exit_code, ran.data["dry_run"]) == (0, True)
    assert {each.split()[0] for each in requested(filled)} == {"GET"}


def test_on_a_terminal_the_name_of_the_index_is_typed(filled):
    with Conversation("index", "empty", "short_term") as talk:
        talk.read_until(f"type `{SHORT_TERM}` to delete it: ")
        assert "acme" not in talk.said
        talk.type("short_term")
        talk.end()

    assert talk.exit_code == 1
    assert requested(filled, "DELETE") == []


def test_what_was_done_is_in_the_history(filled, memctl):
    memctl("index", "empty", "short_term", "--yes")

    operation = memctl("history", "--json").data["operations"][0]

    assert (operation["command"], operation["outcome"]) == ("index empty", "done")


def test_an_index_that_an_earlier_run_found_deleted_is_not_deleted_again(setup, workspace, memctl):
    setup("-t", "short_term")
    changes = [{"principal": "data-team", "add": ["SELECT"]}]
    ask(workspace, "PATCH", f"{UNITY}/permissions/table/{SHORT_TERM}", {"changes": changes})
    words = ("index", "empty", "short_term", "--recreate", "--yes", "--timeout", "0.5", "--json")

    codes = []
    for pattern in (f"DELETE {API}/indexes/*", f"PATCH {UNITY}/*", "GET /nothing"):
        workspace.clear()
        workspace.fault(pattern, status=500, error_code="INTERNAL_ERROR", after=True, times=1000)
        codes.append(memctl(*words).exit_code)

    assert codes == [8, 8, 0]
    assert [each for each in workspace.requests() if each["method"] == "DELETE"] == []
    assert indexes(workspace) == [SHORT_TERM]


@pytest.mark.parametrize(
    "words",
    [
        ("delete", "entity", "--yes"),
        ("empty", "entity", "--yes"),
        ("empty", "entity", "--recreate", "--yes"),
        ("create", "unified"),
    ],
    ids=" ".join,
)
def test_a_mistyped_group_changes_no_index_of_the_shared_group(setup, memctl, workspace, words):
    setup()
    profile = memctl("config", "show", "databricks", "--json").data["profile"]
    before = contents(workspace)

    ran = memctl("index", *words, "-g", "typo", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "no_profile_in_force")
    assert contents(workspace) == before
    assert memctl("config", "show", "databricks", "--json").data["profile"] == profile

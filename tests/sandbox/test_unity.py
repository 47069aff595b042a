from __future__ import annotations

import pytest

from .conftest import INDEX, row

USER = "user@sandbox.test"


@pytest.fixture
def user(as_user, sandbox):
    """Send requests as somebody without rights."""
    return as_user(sandbox.user_token)


@pytest.fixture
def grant(rest):
    def change(kind, name, *privileges, principal=USER, **others):
        changes = [{"principal": principal, "add": [*privileges], **others}]
        return rest.uc("PATCH", f"permissions/{kind}/{name}", {"changes": changes})

    return change


def test_names_are_kept_in_lower_case(rest):
    made = rest.uc("POST", "schemas", {"name": "Team_A", "catalog_name": "ML"})

    assert made.json["full_name"] == "ml.team_a"
    assert rest.uc("GET", "schemas/ML.TEAM_A").json["owner"] == "admin@sandbox.test"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("catalogs/none", "CATALOG_DOES_NOT_EXIST"),
        ("schemas/ml.none", "SCHEMA_DOES_NOT_EXIST"),
        ("schemas/none.agents", "CATALOG_DOES_NOT_EXIST"),
        ("tables/ml.agents.none", "TABLE_DOES_NOT_EXIST"),
        ("permissions/schema/ml.none", "SCHEMA_DOES_NOT_EXIST"),
    ],
)
def test_what_is_not_there_is_named(rest, path, code):
    assert rest.uc("GET", path).error == (404, code)


def test_what_is_there_is_not_made_again(rest):
    assert rest.uc("POST", "catalogs", {"name": "ml"}).error == (409, "CATALOG_ALREADY_EXISTS")
    again = rest.uc("POST", "schemas", {"name": "AGENTS", "catalog_name": "ml"})
    assert again.error == (409, "SCHEMA_ALREADY_EXISTS")
    nameless = rest.uc("POST", "schemas", {"name": "", "catalog_name": "ml"})
    assert nameless.error == (400, "INVALID_PARAMETER_VALUE")


def test_lists_come_in_pages(rest):
    for number in range(5):
        rest.uc("POST", "schemas", {"name": f"s{number}", "catalog_name": "ml"})
    found, token = [], ""
    for _ in range(3):
        answer = rest.uc(
            "GET",
            "schemas",
            params={"catalog_name": "ml", "max_results": 2, "page_token": token},
        ).json
        found += [each["name"] for each in answer["schemas"]]
        token = answer.get("next_page_token")

    assert found == ["agents", "s0", "s1", "s2", "s3", "s4"]
    assert token is None


def test_what_holds_something_is_not_deleted(rest, index):
    assert rest.uc("DELETE", "catalogs/ml").error == (400, "INVALID_STATE")
    assert rest.uc("DELETE", "catalogs/ml?force=true").error == (400, "INVALID_STATE")
    assert rest.uc("DELETE", "schemas/ml.agents").error == (400, "INVALID_STATE")
    assert rest.uc("DELETE", f"tables/{INDEX}").error == (400, "INVALID_PARAMETER_VALUE")

    rest("DELETE", f"indexes/{INDEX}")
    assert rest.uc("DELETE", "catalogs/ml?force=true").status == 200
    assert rest.uc("GET", "schemas/ml.agents").status == 404


def test_grants_are_added_and_removed(rest, grant):
    grant("schema", "ml.agents", "SELECT", "USE_SCHEMA")
    left = grant("schema", "ml.agents", "MODIFY", remove=["SELECT"])

    held = {"principal": USER, "privileges": ["MODIFY", "USE_SCHEMA"]}
    assert left.json == {"privilege_assignments": [held]}
    gone = grant("schema", "ml.agents", remove=["ALL_PRIVILEGES"])
    assert gone.json == {"privilege_assignments": []}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"principal": "nobody"}, (404, "PRINCIPAL_DOES_NOT_EXIST")),
        ({"remove": ["SELECT"]}, (400, "INVALID_PARAMETER_VALUE")),
        ({"remove": ["FLY"]}, (400, "INVALID_PARAMETER_VALUE")),
    ],
)
def test_a_grant_that_makes_no_sense_changes_nothing(rest, grant, options, code):
    assert grant("schema", "ml.agents", "SELECT", **options).error == code
    assert rest.uc("GET", "permissions/schema/ml.agents").json == {"privilege_assignments": []}


def test_effective_permissions_name_where_they_come_from(user, grant):
    grant("catalog", "ml", "USE_CATALOG")
    grant("schema", "ml.agents", "USE_SCHEMA", principal="account users")

    found = user.uc("GET", f"effective-permissions/schema/ml.agents?principal={USER}").json

    assert found["privilege_assignments"] == [
        {"principal": "account users", "privileges": [{"privilege": "USE_SCHEMA"}]},
        {
            "principal": USER,
            "privileges": [
                {
                    "privilege": "USE_CATALOG",
                    "inherited_from_type": "CATALOG",
                    "inherited_from_name": "ml",
                }
            ],
        },
    ]
    assert user.uc("GET", "effective-permissions/schema/ml.agents").status == 403


def test_a_user_without_rights_may_not_look_or_make(user):
    assert user.uc("GET", "catalogs/ml").error == (403, "PERMISSION_DENIED")
    assert user.uc("GET", "catalogs").json == {"catalogs": []}
    assert user.uc("POST", "catalogs", {"name": "own"}).status == 403
    assert user.uc("POST", "schemas", {"name": "own", "catalog_name": "ml"}).status == 403
    assert user.uc("GET", "permissions/schema/ml.agents").status == 403


def test_making_an_index_needs_each_of_its_privileges(rest, user, grant):
    endpoint = rest.make_endpoint().json
    acl = {"access_control_list": [{"user_name": USER, "permission_level": "CAN_USE"}]}
    steps = [
        ("USE CATALOG", lambda: grant("catalog", "ml", "USE_CATALOG")),
        ("USE SCHEMA", lambda: grant("schema", "ml.agents", "USE_SCHEMA")),
        ("CREATE TABLE", lambda: grant("schema", "ml.agents", "CREATE_TABLE")),
        (
            "CAN_USE",
            lambda: rest(
                "PATCH", f"/api/2.0/permissions/vector-search-endpoints/{endpoint['id']}", acl
            ),
        ),
    ]
    for missing, give in steps:
        refused = user.make_index()
        assert refused.error == (403, "PERMISSION_DENIED")
        assert missing in refused.json["message"]
        assert give().status == 200

    assert user.make_index().json["creator"] == USER


def test_reading_rows_needs_select_and_writing_them_modify(rest, index, user, grant):
    grant("catalog", "ml", "USE_CATALOG", "USE_SCHEMA")
    assert user("GET", f"indexes/{INDEX}").status == 403
    assert user("POST", f"indexes/{INDEX}/scan", {}).status == 403

    grant("table", INDEX, "SELECT")
    assert user("GET", f"indexes/{INDEX}").status == 200
    assert user("POST", f"indexes/{INDEX}/scan", {}).status == 200
    assert user.upsert([row(1)]).status == 403
    assert user("DELETE", f"indexes/{INDEX}").status == 403

    grant("table", INDEX, "MODIFY")
    assert user.upsert([row(1)]).status == 200


def test_grants_on_an_index_go_with_it(rest, index, grant):
    grant("table", INDEX, "SELECT")

    rest("DELETE", f"indexes/{INDEX}")
    rest.make_index()

    found = rest.uc("GET", f"permissions/table/{INDEX}").json
    assert found == {"privilege_assignments": []}


def test_a_grant_can_be_made_without_hearing_who_holds_what(rest):
    changes = [{"principal": USER, "add": ["SELECT"]}]
    body = {"changes": changes, "omit_permissions_in_response": True}

    assert rest.uc("PATCH", "permissions/schema/ml.agents", body).json == {}
    found = rest.uc("GET", f"permissions/schema/ml.agents?principal={USER}").json
    assert found["privilege_assignments"] == [{"principal": USER, "privileges": ["SELECT"]}]

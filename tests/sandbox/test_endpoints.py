from __future__ import annotations

import pytest


def state(answer):
    return answer.json["endpoint_status"]["state"]


def test_a_new_endpoint_is_never_online_at_once(rest):
    made = rest.make_endpoint()

    assert state(made) == "PROVISIONING"
    assert made.json["num_indexes"] == 0
    assert made.json["creator"] == "admin@sandbox.test"
    assert state(rest("GET", "endpoints/ep")) == "ONLINE"


@pytest.mark.parametrize("sandbox", [{"provision_seconds": 60}], indirect=True)
def test_an_endpoint_comes_up_in_its_time(sandbox, rest):
    rest.make_endpoint()
    sandbox.advance(59)
    before = state(rest("GET", "endpoints/ep"))
    sandbox.advance(1)

    assert (before, state(rest("GET", "endpoints/ep"))) == ("PROVISIONING", "ONLINE")


def test_names_are_taken_once(rest):
    rest.make_endpoint()
    again = rest.make_endpoint()

    assert again.error == (409, "RESOURCE_ALREADY_EXISTS")
    assert again.json["message"] == "Vector search endpoint with name ep already exists"


@pytest.mark.parametrize("name", ["", "-ep", "e p", "ep_", "x" * 50, "ep/1"])
def test_names_have_rules(rest, name):
    assert rest.make_endpoint(name).error == (400, "INVALID_PARAMETER_VALUE")


def test_types_are_two(rest):
    assert rest.make_endpoint(endpoint_type="SERVERLESS").status == 400
    assert rest.make_endpoint(endpoint_type="STORAGE_OPTIMIZED").status == 200


def test_what_is_not_there_is_not_found(rest):
    answer = rest("GET", "endpoints/none")

    assert answer.error == (404, "RESOURCE_DOES_NOT_EXIST")
    assert answer.json["message"] == "Vector search endpoint none not found"
    assert rest("DELETE", "endpoints/none").status == 404


def test_a_hundred_endpoints_are_enough_and_come_in_pages(rest):
    for number in range(100):
        assert rest.make_endpoint(f"ep{number}").status == 200
    assert rest.make_endpoint("one-more").error == (400, "QUOTA_EXCEEDED")

    first = rest("GET", "endpoints").json
    last = rest("GET", "endpoints", params={"page_token": "75"}).json

    assert len(first["endpoints"]) == 25
    assert int(first["next_page_token"]) == 25
    assert [each["name"] for each in last["endpoints"]][-1] == "ep99"
    assert "next_page_token" not in last


def test_an_endpoint_that_goes_leaves_its_indexes_as_orphans(rest, index):
    old = rest("GET", "endpoints/ep").json
    assert old["num_indexes"] == 1

    rest("DELETE", "endpoints/ep")
    rest.make_endpoint()

    orphan = rest("GET", f"indexes/{index}").json
    assert orphan["endpoint_id"] == old["id"] != rest("GET", "endpoints/ep").json["id"]
    assert orphan["status"]["detailed_state"] == "OFFLINE"
    assert rest("GET", "endpoints/ep").json["num_indexes"] == 0


@pytest.mark.parametrize("sandbox", [{"orphans_indexes": False}], indirect=True)
def test_an_endpoint_with_indexes_can_be_made_to_stay(rest, index):
    assert rest("DELETE", "endpoints/ep").error == (400, "INVALID_STATE")


def test_who_may_use_an_endpoint_is_kept_by_its_uuid(rest):
    made = rest.make_endpoint().json
    path = f"/api/2.0/permissions/vector-search-endpoints/{made['id']}"
    team = {"group_name": "data-team", "permission_level": "CAN_USE"}
    users = {"group_name": "users", "permission_level": "CAN_MANAGE"}

    merged = rest("PATCH", path, {"access_control_list": [team]}).json["access_control_list"]
    replaced = rest("PUT", path, {"access_control_list": [users]}).json["access_control_list"]

    assert [each["display_name"] for each in merged] == [
        "admin@sandbox.test",
        "data-team",
        "admins",
    ]
    assert [each["display_name"] for each in replaced] == ["users", "admins"]
    levels = rest("GET", f"{path}/permissionLevels").json["permission_levels"]
    assert [each["permission_level"] for each in levels] == ["CAN_USE", "CAN_MANAGE"]
    by_name = path.replace(made["id"], "ep")
    assert rest("GET", by_name).status == 404


@pytest.mark.parametrize(
    ("entry", "status"),
    [
        ({"group_name": "nobody", "permission_level": "CAN_USE"}, 404),
        ({"group_name": "users", "permission_level": "CAN_FLY"}, 400),
        ({"permission_level": "CAN_USE"}, 400),
    ],
)
def test_permissions_that_make_no_sense_are_refused(rest, entry, status):
    made = rest.make_endpoint().json
    path = f"/api/2.0/permissions/vector-search-endpoints/{made['id']}"

    assert rest("PATCH", path, {"access_control_list": [entry]}).status == status


def test_only_who_manages_an_endpoint_deletes_it(sandbox, rest, as_user):
    rest.make_endpoint()

    assert as_user(sandbox.user_token)("DELETE", "endpoints/ep").status == 403
    assert as_user(sandbox.user_token)("GET", "endpoints/ep").status == 200


def test_an_endpoint_can_be_put_into_any_state_and_back(sandbox, rest):
    rest.make_endpoint()
    sandbox.put(endpoint="ep", state="SOMETHING_NEW")
    assert state(rest("GET", "endpoints/ep")) == "SOMETHING_NEW"

    sandbox.put(endpoint="ep", state="")

    assert state(rest("GET", "endpoints/ep")) == "ONLINE"

from __future__ import annotations

import json

import pytest
import requests

from .conftest import INDEX

ME = "/api/2.0/preview/scim/v2/Me"


def mint(sandbox, secret=None, **form):
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            f"{sandbox.url}/oidc/v1/token",
            auth=(sandbox.client_id, secret or sandbox.client_secret),
            data={"grant_type": "client_credentials", "scope": "all-apis", **form},
            timeout=20,
        )
        return answer.status_code, answer.json()


def test_without_a_token_nobody_comes_in(as_user):
    assert as_user(None)("GET", ME).error == (401, 401)


@pytest.mark.parametrize(
    ("sandbox", "status"), [({}, 403), ({"unknown_token_status": 401}, 401)], indirect=["sandbox"]
)
def test_an_unknown_token_is_refused(as_user, status):
    answer = as_user("dapi-nobody")("GET", ME)

    assert answer.error == (status, status)
    assert answer.json["message"] == "Invalid access token."


def test_each_token_says_who_it_is(sandbox, as_user):
    tokens = {"admin": sandbox.token, "user": sandbox.user_token, "obo": sandbox.obo_token}

    found = {name: as_user(token)("GET", ME).json for name, token in tokens.items()}

    assert found["admin"]["userName"] == "admin@sandbox.test"
    assert found["user"] == found["obo"]
    assert {each["display"] for each in found["user"]["groups"]} == {"users"}


def test_a_token_expires(sandbox, as_user):
    user = as_user(sandbox.issue_token("admin", lifetime=60))
    assert user("GET", ME).status == 200

    sandbox.advance(60)

    assert user("GET", ME).error == (401, 401)


def test_a_revoked_token_is_worth_nothing(sandbox, rest):
    sandbox.revoke(sandbox.token)

    assert rest("GET", ME).status == 403


@pytest.mark.parametrize("sandbox", [{"token_lifetime": 90}], indirect=True)
def test_a_minted_token_expires_when_it_says_so(sandbox, as_user):
    _, minted = mint(sandbox)
    principal = as_user(minted["access_token"])
    assert minted["expires_in"] == 90
    assert minted["token_type"] == "Bearer"  # noqa: S105 - its type
    assert principal("GET", ME).json["userName"] == sandbox.client_id

    sandbox.advance(91)

    assert principal("GET", ME).status == 401


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "all-apis sql"}, 403, "access_denied"),
        ({"authorization_details": "{"}, 400, "invalid_authorization_details"),
        ({"authorization_details": "[]"}, 400, "invalid_authorization_details"),
    ],
)
def test_the_token_endpoint_refuses_in_the_words_of_oauth(sandbox, form, status, error):
    answer = mint(sandbox, **form)

    assert answer[0] == status
    assert answer[1]["error"] == error


def test_the_token_endpoint_knows_its_fields(sandbox, breaks_rules):
    assert mint(sandbox, audience="x")[0] == 400


def test_a_token_for_one_index_is_good_there_only(sandbox, rest, index, as_user):
    host = rest("GET", f"indexes/{INDEX}").json["status"]["index_url"].split("/api/")[0]
    detail = {
        "type": "unity_catalog_permission",
        "securable_type": "table",
        "securable_object_name": INDEX,
        "operation": "ReadVectorIndex",
    }
    _, minted = mint(sandbox, authorization_details=json.dumps([detail]))
    token = minted["access_token"]
    rest.make_index("ml.agents.entity")
    on_host = as_user(token)
    on_host.url = host

    assert on_host("GET", f"endpoints/ep/indexes/{INDEX}/scan", {}).status == 200
    assert on_host("GET", "endpoints/ep/indexes/ml.agents.entity/scan", {}).status == 403
    assert as_user(token)("GET", f"indexes/{INDEX}/scan", {}).status == 403


def test_a_whole_token_is_refused_by_the_indexs_own_host(sandbox, rest, index, as_user):
    whole = as_user(sandbox.token)
    whole.url = rest("GET", f"indexes/{INDEX}").json["status"]["index_url"].split("/api/")[0]

    assert whole("GET", f"endpoints/ep/indexes/{INDEX}/scan", {}).status == 403


def test_an_apps_token_fails_on_the_path_that_names_the_endpoint(sandbox, rest, index, as_user):
    for kind, name in (("catalog", "ml"), ("schema", "ml.agents"), ("table", INDEX)):
        change = {"principal": "user@sandbox.test", "add": ["ALL_PRIVILEGES"]}
        assert rest.uc("PATCH", f"permissions/{kind}/{name}", {"changes": [change]}).status == 200
    app = as_user(sandbox.obo_token)

    refused = app("GET", f"endpoints/ep/indexes/{INDEX}")

    assert app("GET", f"indexes/{INDEX}").status == 200
    assert refused.json["message"] == "Invalid scope"
    assert as_user(sandbox.user_token)("GET", f"endpoints/ep/indexes/{INDEX}").status == 200

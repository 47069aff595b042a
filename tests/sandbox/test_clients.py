from __future__ import annotations

import json
from datetime import timedelta

import pytest
from databricks.ai_search.client import AISearchClient
from databricks.ai_search.exceptions import PermissionDenied, ResourceConflict
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import AlreadyExists, NotFound, ResourceAlreadyExists
from databricks.sdk.service.catalog import PermissionsChange, Privilege
from databricks.sdk.service.vectorsearch import (
    DirectAccessVectorIndexSpec,
    EmbeddingVectorColumn,
    EndpointStatusState,
    EndpointType,
    UpsertDataStatus,
    VectorIndexType,
    VectorSearchEndpointAccessControlRequest,
    VectorSearchEndpointPermissionLevel,
)

from .conftest import INDEX, SCHEMA, row

ROWS = [row(number, content=f"größer {number}") for number in range(5)]


def pat_config(sandbox):
    return Config(host=sandbox.url, token=sandbox.token, auth_type="pat")


def m2m_config(sandbox):
    return Config(
        host=sandbox.url,
        client_id=sandbox.client_id,
        client_secret=sandbox.client_secret,
        auth_type="oauth-m2m",
    )


@pytest.fixture
def sdk(sandbox):
    return WorkspaceClient(config=pat_config(sandbox))


@pytest.fixture
def by_token(sandbox):
    return AISearchClient(
        workspace_url=sandbox.url, personal_access_token=sandbox.token, disable_notice=True
    )


@pytest.fixture
def by_principal(sandbox):
    return AISearchClient(
        workspace_url=sandbox.url,
        service_principal_client_id=sandbox.client_id,
        service_principal_client_secret=sandbox.client_secret,
        disable_notice=True,
    )


def create_with_sdk(client):
    client.vector_search_endpoints.create_endpoint(
        name="ep", endpoint_type=EndpointType.STANDARD
    ).result()
    return client.vector_search_indexes.create_index(
        name=INDEX,
        endpoint_name="ep",
        primary_key="id",
        index_type=VectorIndexType.DIRECT_ACCESS,
        direct_access_index_spec=DirectAccessVectorIndexSpec(
            embedding_vector_columns=[
                EmbeddingVectorColumn(name="embedding", embedding_dimension=4)
            ],
            schema_json=json.dumps(SCHEMA),
        ),
    )


@pytest.mark.parametrize("config", [pat_config, m2m_config])
def test_the_sdk_knows_who_it_is(sandbox, config):
    client = WorkspaceClient(config=config(sandbox))

    me = client.current_user.me()

    assert me.user_name in {"admin@sandbox.test", sandbox.client_id}
    assert "admins" in {each.display for each in me.groups}
    assert client.get_workspace_id() == 6051921418418893


@pytest.mark.parametrize("config", [pat_config, m2m_config])
def test_the_sdk_makes_fills_reads_and_deletes_an_index(sandbox, config):
    client = WorkspaceClient(config=config(sandbox))
    indexes = client.vector_search_indexes

    assert not create_with_sdk(client).status.ready
    written = indexes.upsert_data_vector_index(INDEX, json.dumps([*ROWS, {"id": "x", "n": 1}]))
    found = indexes.get_index(INDEX)
    scanned = indexes.scan_index(INDEX, num_results=2)
    asked = indexes.query_index(INDEX, columns=["id"], query_vector=[3, 0, 0, 1], num_results=1)
    deleted = indexes.delete_data_vector_index(INDEX, ["row-00000", "row-00001"])

    assert written.status is UpsertDataStatus.PARTIAL_SUCCESS
    assert written.result.failed_primary_keys == ["x"]
    assert found.status.ready
    assert int(found.status.indexed_row_count) == 5
    assert scanned.last_primary_key == "row-00001"
    assert [each.key for each in scanned.data[0].fields] == sorted(SCHEMA)
    assert asked.result.data_array == [["row-00003", 1.0]]
    assert int(deleted.result.success_row_count) == 2
    assert [each.name for each in indexes.list_indexes("ep")] == [INDEX]
    indexes.delete_index(INDEX)
    client.vector_search_endpoints.delete_endpoint("ep")
    with pytest.raises(NotFound, match=f"Vector index {INDEX} not found"):
        indexes.get_index(INDEX)


def test_the_sdk_names_what_is_there_already(sdk):
    create_with_sdk(sdk)

    with pytest.raises(ResourceAlreadyExists):
        sdk.vector_search_endpoints.create_endpoint("ep", EndpointType.STANDARD)
    with pytest.raises(Exception, match="already exists") as caught:
        sdk.schemas.create("agents", "ml")

    assert not isinstance(caught.value, AlreadyExists)
    assert caught.value.error_code == "SCHEMA_ALREADY_EXISTS"


def test_the_sdk_sees_an_endpoint_come_up(sandbox, sdk):
    sdk.vector_search_endpoints.create_endpoint("ep", EndpointType.STORAGE_OPTIMIZED)
    sandbox.put(endpoint="ep", state="YELLOW_STATE", message="one node is gone")

    found = sdk.vector_search_endpoints.get_endpoint("ep")

    assert found.endpoint_status.state is EndpointStatusState.YELLOW_STATE
    assert found.endpoint_status.message == "one node is gone"
    assert found.endpoint_type is EndpointType.STORAGE_OPTIMIZED


def test_the_sdk_makes_catalogs_schemas_and_grants(sdk):
    sdk.catalogs.create("Team", comment="ours")
    sdk.schemas.create("Memory", "team")
    granted = sdk.grants.update(
        "schema",
        "team.memory",
        changes=[PermissionsChange(add=[Privilege.USE_SCHEMA], principal="data-team")],
    )
    effective = sdk.grants.get_effective("schema", "team.memory")

    assert [each.name for each in sdk.catalogs.list()] == ["ml", "team"]
    assert [each.full_name for each in sdk.schemas.list("team")] == ["team.memory"]
    assert granted.privilege_assignments[0].privileges == [Privilege.USE_SCHEMA]
    assert effective.privilege_assignments[0].principal == "data-team"
    sdk.schemas.delete("team.memory")
    sdk.catalogs.delete("team")


def test_the_sdk_sees_an_index_as_a_table_and_lets_others_use_its_endpoint(sdk):
    create_with_sdk(sdk)
    endpoint = sdk.vector_search_endpoints.get_endpoint("ep")
    level = VectorSearchEndpointPermissionLevel.CAN_USE

    sdk.vector_search_endpoints.update_permissions(
        endpoint.id,
        access_control_list=[
            VectorSearchEndpointAccessControlRequest(group_name="data-team", permission_level=level)
        ],
    )

    found = sdk.vector_search_endpoints.get_permissions(endpoint.id).access_control_list
    assert [each.group_name for each in found] == [None, "data-team", "admins"]
    assert found[1].all_permissions[0].permission_level is level
    assert sdk.tables.get(INDEX).owner == "admin@sandbox.test"


def create_with_ai_search(client):
    client.create_endpoint("ep")
    client.wait_for_endpoint("ep", timeout=timedelta(seconds=5))
    return client.create_direct_access_index(
        endpoint_name="ep",
        index_name=INDEX,
        primary_key="id",
        embedding_dimension=4,
        embedding_vector_column="embedding",
        schema=SCHEMA,
    )


@pytest.mark.parametrize("which", ["by_token", "by_principal"])
def test_ai_search_makes_fills_reads_and_deletes_an_index(request, which, capsys):
    client = request.getfixturevalue(which)
    index = create_with_ai_search(client)

    index.wait_until_ready()
    index.upsert(ROWS)
    scanned = index.scan(num_results=3, last_primary_key="row-00001")
    asked = index.similarity_search(
        columns=["id", "n"],
        query_vector=[3, 0, 0, 1],
        num_results=2,
        filters={"n <": 3},
        disable_notice=True,
    )
    index.delete(["row-00003"])

    assert scanned["last_primary_key"] == "row-00004"
    fields = {each["key"]: each["value"] for each in scanned["data"][0]["fields"]}
    assert fields["content"] == {"string_value": "größer 2"}
    assert fields["score"] == {}
    assert asked["result"]["data_array"] == [["row-00002", 2.0, 0.5], ["row-00001", 1.0, 0.2]]
    assert len(index.scan(num_results=10)["data"]) == 4
    assert client.list_indexes("ep")["vector_indexes"][0]["name"] == INDEX
    assert client.index_exists("ep", INDEX)
    with pytest.raises(ResourceConflict):
        client.create_endpoint("ep")
    client.delete_index("ep", INDEX)
    client.delete_endpoint("ep")
    assert not client.index_exists(index_name=INDEX)
    assert capsys.readouterr() == ("", "")


def test_a_service_principal_goes_to_the_indexs_own_host(sandbox, by_principal):
    index = create_with_ai_search(by_principal)
    sandbox.clear()

    index.upsert(ROWS)
    index.scan()

    direct = f"/api/2.0/vector-search/endpoints/ep/indexes/{INDEX}"
    assert not index.index_url.startswith(sandbox.url)
    assert [(each["method"], each["path"]) for each in sandbox.requests()] == [
        ("POST", "/oidc/v1/token"),
        ("POST", f"{direct}/upsert-data"),
        ("POST", "/oidc/v1/token"),
        ("GET", f"{direct}/scan"),
    ]


def test_the_indexs_own_host_answers_in_camel_case(by_principal):
    index = create_with_ai_search(by_principal)

    assert index.upsert(ROWS) == {
        "status": "SUCCESS",
        "result": {"successRowCount": "5", "failedPrimaryKeys": []},
    }


def test_a_token_for_reading_can_not_write(by_principal):
    index = create_with_ai_search(by_principal)
    index.scan()
    index._write_oauth_token = index._read_oauth_token
    index._write_oauth_token_expiry_ts = index._read_oauth_token_expiry_ts

    with pytest.raises(PermissionDenied, match="WriteVectorIndex"):
        index.upsert(ROWS)


@pytest.mark.parametrize("sandbox", [{"client_scopes": ("vector-search",)}], indirect=True)
def test_ai_search_falls_back_to_the_scope_that_its_secret_has(sandbox, by_principal):
    by_principal.list_endpoints()

    statuses = [each["status"] for each in sandbox.requests()]
    assert statuses == [403, 403, 403, 403, 200, 200]


def test_ai_search_reads_all_pages_of_a_query(by_token):
    index = create_with_ai_search(by_token)
    index.upsert([row(number) for number in range(2500)])

    found = index.similarity_search(columns=["id"], query_vector=[0, 0, 0, 1], num_results=2400)[
        "result"
    ]

    assert found["row_count"] == 2400
    assert [each[0] for each in found["data_array"]] == [f"row-{n:05}" for n in range(2400)]

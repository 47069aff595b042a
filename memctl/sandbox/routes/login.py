"""Routes of discovery, of tokens, and of who the caller is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

from ..requests.operation import TEXT, Operation
from ..service.credentials import EXCHANGE

if TYPE_CHECKING:
    from starlette.responses import Response

    from ..requests.operation import Call


def databricks_config(call: Call) -> dict[str, Any]:
    """Return where the token endpoint is described."""
    return {
        "oidc_endpoint": f"{call.workspace.url}/oidc",
        "account_id": call.workspace.account_id,
        "workspace_id": call.workspace.id,
        "cloud": "AWS",
    }


def oauth_server(call: Call) -> dict[str, Any]:
    """Return where tokens are minted."""
    return {
        "issuer": f"{call.workspace.url}/oidc",
        "authorization_endpoint": f"{call.workspace.url}/oidc/v1/authorize",
        "token_endpoint": f"{call.workspace.url}/oidc/v1/token",
        "grant_types_supported": ["client_credentials", EXCHANGE],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    }


def mint(call: Call) -> dict[str, Any]:
    """Mint a token for the service principal."""
    return call.workspace.credentials.mint(call.basic, call.body)


def me(call: Call) -> Response:
    """Return who the caller is."""
    principal = call.principal
    found = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": principal.id,
        "userName": principal.name,
        "displayName": principal.display_name,
        "active": True,
        "groups": [{"display": each, "value": each} for each in sorted(principal.groups)],
    }
    if not principal.is_service_principal:
        found["emails"] = [{"type": "work", "value": principal.name, "primary": True}]
    return JSONResponse(found, headers={"X-Databricks-Org-Id": call.workspace.id})


TOKEN_FORM = {
    "grant_type": TEXT,
    "scope": TEXT,
    "authorization_details": TEXT,
    "client_id": TEXT,
    "subject_token": TEXT,
    "subject_token_type": TEXT,
}
LOGIN = (
    Operation("GET", "/.well-known/databricks-config", databricks_config, is_open=True),
    Operation("GET", "/oidc/.well-known/oauth-authorization-server", oauth_server, is_open=True),
    Operation("POST", "/oidc/v1/token", mint, body=TOKEN_FORM, is_open=True, takes_form=True),
    Operation("GET", "/api/2.0/preview/scim/v2/Me", me),
)

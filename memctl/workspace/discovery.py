"""What a workspace says of itself before a login: taken from its own host, and naming no other."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, cast

from databricks.sdk.oauth import HostMetadata, OidcEndpoints

from ..model.address.url import leads_elsewhere
from ..model.errors import CredentialRejected, MemctlError
from .transport import Transport

if TYPE_CHECKING:
    from databricks.sdk.core import Config

METADATA_PATH = "/.well-known/databricks-config"
_ENDPOINTS_PATH = "/.well-known/oauth-authorization-server"


class OwnDiscovery:
    """A part of a `Config`: asks for what the SDK asks for, along no redirect.

    The SDK sends a client's secret, or an assertion, wherever such a document says.
    """

    def _resolve_host_metadata(self) -> None:
        """Fill in what the host tells of itself and nobody gave; most hosts need none of it."""
        config = cast("Config", self)
        try:
            told = HostMetadata.from_dict(_ask(config, f"{config.host}{METADATA_PATH}"))
        except MemctlError:
            return
        account_id = config.account_id or told.account_id
        audiences = told.token_federation_default_oidc_audiences or []
        root = told.oidc_endpoint.replace("{account_id}", account_id or "").rstrip("/")
        is_own = bool(root) and not leads_elsewhere(str(config.host), root)
        found = {
            "account_id": account_id,
            "workspace_id": told.workspace_id,
            "cloud": told.cloud,
            "discovery_url": f"{root}{_ENDPOINTS_PATH}" if is_own else None,
            "token_audience": next(iter(audiences), None if told.workspace_id else account_id),
        }
        for name, value in found.items():
            if value and not getattr(config, name):
                setattr(config, name, value)

    @property
    def databricks_oidc_endpoints(self) -> OidcEndpoints:
        """Where tokens are minted.

        Raises:
            CredentialRejected: when that is another host than the one that was asked.
            MemctlError: when it does not say.
        """
        config = cast("Config", self)
        url = config.discovery_url or f"{config.host}/oidc{_ENDPOINTS_PATH}"
        found = OidcEndpoints.from_dict(_ask(config, url))
        if leads_elsewhere(url, str(found.token_endpoint)):
            raise CredentialRejected(
                f"`{config.host}` lets tokens be minted by another host, and memctl logs in to its "
                "own alone",
                hint="name the discovery document of that host in `DATABRICKS_DISCOVERY_URL`, if "
                "it is to be trusted",
            )
        return found


def _ask(config: Config, url: str) -> dict[str, Any]:
    seconds = float(config.http_timeout_seconds or 1)
    with closing(Transport()) as transport:
        return transport.send(
            "GET", url, seconds=seconds, host=str(config.host), what="how to log in"
        )

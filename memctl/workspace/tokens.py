"""Tokens of a service principal, minted when they are needed and renewed before they expire."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from databricks.sdk.credentials_provider import CredentialsStrategy
from databricks.sdk.oauth import Refreshable, Token

from .errors import malformed

if TYPE_CHECKING:
    from collections.abc import Callable

    from databricks.sdk.core import Config
    from pydantic import SecretStr

    from ..model.redaction import Redactor
    from ..model.requests.retries import Retries
    from .transport import Transport

TOKEN_PATH = "/oidc/v1/token"  # noqa: S105 - an address, no secret
SCOPE = "all-apis"
READ, WRITE = "ReadVectorIndex", "WriteVectorIndex"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ServicePrincipal:
    """An OAuth client: mints tokens for the whole workspace, and narrower ones for one index.

    Attributes:
        host: the workspace's origin.
        client_id: of the OAuth client.
        client_secret: sent to this host only.
        transport: sends the requests.
        retries: tries them again.
        redactor: learns every token that is minted.
    """

    host: str
    client_id: str
    client_secret: SecretStr
    transport: Transport
    retries: Retries
    redactor: Redactor
    _lock: Lock = field(default_factory=Lock, init=False)
    _kept: dict[tuple[str, str] | None, MintedToken] = field(default_factory=dict, init=False)

    def header(self, index: str | None = None, operation: str = READ) -> dict[str, str]:
        """Return the header for the workspace, or for reading or writing the rows of one index.

        Raises:
            MemctlError: when no token is to be had.
        """
        place = (index, operation) if index is not None else None
        with self._lock:
            kept = self._kept.get(place)
            if kept is None:
                details = _details(index, operation) if index is not None else None
                kept = self._kept[place] = MintedToken(lambda: self._mint(details))
        return {"Authorization": f"Bearer {kept.token().access_token}"}

    def forget(self) -> None:
        """Mint new tokens next time: the workspace rejected one before it expired."""
        with self._lock:
            self._kept.clear()

    def _mint(self, details: str | None) -> Token:
        form = {"grant_type": "client_credentials", "scope": SCOPE}
        if details is not None:
            form["authorization_details"] = details
        answer = self.retries.run(
            lambda seconds: self.transport.send(
                "POST",
                self.host + TOKEN_PATH,
                seconds=seconds,
                host=self.host,
                what="a token for the OAuth client",
                form=form,
                basic=(self.client_id, self.client_secret.get_secret_value()),
            )
        )
        token, lifetime = answer.get("access_token"), str(answer.get("expires_in", ""))
        if not isinstance(token, str) or not lifetime.isdecimal():
            raise malformed(self.host, "a token for the OAuth client")
        self.redactor.add(token)
        expiry = datetime.now() + timedelta(seconds=int(lifetime))  # noqa: DTZ005 - the SDK compares naive times
        return Token(token, "Bearer", expiry=expiry)


class MintedToken(Refreshable):
    """The SDK's own rule of when a token is too old, for one that is minted by us.

    The SDK's `ClientCredentials` sets no limit of time on its request.
    """

    def __init__(self, mint: Callable[[], Token]) -> None:
        super().__init__(disable_async=True)
        self._mint = mint

    def refresh(self) -> Token:
        """Mint another one."""
        return self._mint()


class PrincipalStrategy(CredentialsStrategy):
    """Hands a service principal's tokens to the SDK."""

    def __init__(self, principal: ServicePrincipal) -> None:
        self._principal = principal

    def auth_type(self) -> str:
        """Name it as the SDK does."""
        return "oauth-m2m"

    def __call__(self, cfg: Config) -> Callable[[], dict[str, str]]:  # noqa: ARG002 - the SDK's protocol
        """Return what makes the header of each request."""
        return self._principal.header


def _details(index: str, operation: str) -> str:
    """Return the claim of a token for rows, in the form that databricks-ai-search sends."""
    permission = {
        "type": "unity_catalog_permission",
        "securable_type": "table",
        "securable_object_name": index,
        "operation": operation,
    }
    return json.dumps([permission])

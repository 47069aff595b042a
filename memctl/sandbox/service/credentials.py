"""Authentication: users, the service principal, and their tokens."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..refusal import Refusal, TokenRefusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..options import Options
    from .clock import Clock

ADMINS = "admins"
EVERYBODY = "account users"
WRITE = "WriteVectorIndex"
READ = "ReadVectorIndex"
UNKNOWN = "somebody unknown"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or a service principal.

    Attributes:
        name: the user name, or the service principal's client id.
    """

    name: str
    id: str
    display_name: str
    groups: frozenset[str]
    is_service_principal: bool = False

    @property
    def is_admin(self) -> bool:
        """Whether everything is allowed."""
        return ADMINS in self.groups

    @property
    def names(self) -> frozenset[str]:
        """Every name under which a privilege reaches them."""
        return self.groups | {self.name, EVERYBODY}


@dataclass(frozen=True, slots=True)
class Access:
    """What a token stands for.

    Attributes:
        expires_at: the clock's second after which it is refused; `None`: never.
        operation: on an index, if that is all the token is good for.
        index: the index that `operation` is about.
        is_on_behalf: whether an app holds it on behalf of its user.
    """

    principal: Principal
    expires_at: float | None = None
    operation: str | None = None
    index: str | None = None
    is_on_behalf: bool = False


class Credentials:
    """The users of a workspace, and the tokens that are valid.

    Attributes:
        admin: who may do everything, by `token`.
        user: a user without any right, by `user_token`; `obo_token` is one that an app holds for
            them.
        service_principal: by `client_id` and `client_secret`, or by `identity_token`, which its
            own machine gives it; an administrator, as the one who sets a workspace up is.
        password: the user's, where a workspace still takes passwords.
    """

    def __init__(self, options: Options, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        admins, nobody = frozenset({ADMINS, "users"}), frozenset({"users"})
        self.client_id = str(uuid4())
        self.client_secret = "dose" + secrets.token_hex(16)
        self.admin = Principal("admin@sandbox.test", "1001", "Ada Admin", admins)
        self.user = Principal("user@sandbox.test", "1002", "Uma User", nobody)
        self.service_principal = Principal(
            self.client_id, "1003", "memctl", admins, is_service_principal=True
        )
        self.token = options.token or _new_token()
        self.user_token = _new_token()
        self.obo_token = _new_token()
        self.password = secrets.token_hex(16)
        self._password_of_user = (self.user.name, self.password)
        self.identity_token = "ey" + secrets.token_hex(16)
        self._accesses = {
            self.token: Access(self.admin),
            self.user_token: Access(self.user),
            self.obo_token: Access(self.user, is_on_behalf=True),
        }

    @property
    def principals(self) -> frozenset[str]:
        """Every name that a privilege can be granted to."""
        users = {self.admin.name, self.user.name, self.service_principal.name}
        return frozenset({*users, ADMINS, "users", EVERYBODY, *self._options.groups})

    def issue(self, who: str, *, lifetime: float | None, is_on_behalf: bool = False) -> str:
        """Make another token for a user, given by name."""
        known = (self.admin, self.user, self.service_principal)
        principal = next((each for each in known if each.name == who), None)
        if principal is None:
            raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"there is no user {who}")
        expires_at = None if lifetime is None else self._clock.now() + lifetime
        return self._keep(Access(principal, expires_at, is_on_behalf=is_on_behalf))

    def revoke(self, token: str) -> None:
        """Make a token worthless."""
        self._accesses.pop(token, None)

    def access(self, header: str | None) -> Access:
        """Return what the ``Authorization`` header stands for.

        Raises:
            Refusal: when there is none, or it is not valid, or no longer.
        """
        scheme, _, token = (header or "").partition(" ")
        if self._options.takes_passwords and read_basic(header or "") == self._password_of_user:
            return Access(self.user)
        if scheme.lower() != "bearer" or not token:
            message = "Credential was not sent or was of an unsupported type for this API."
            raise Refusal(401, 401, message)
        access = self._accesses.get(token.strip())
        if access is None:
            status = self._options.unknown_token_status
            raise Refusal(status, status, "Invalid access token.")
        if access.expires_at is not None and self._clock.now() >= access.expires_at:
            raise Refusal(401, 401, "Access token has expired.")
        return access

    def name_of(self, header: str | None) -> str | None:
        """Name whose credentials an ``Authorization`` header holds; `None` for no header."""
        if header is None:
            return None
        if basic := read_basic(header):
            return basic[0]
        access = self._accesses.get(header.partition(" ")[2].strip())
        return access.principal.name if access else UNKNOWN

    def mint(self, basic: tuple[str, str] | None, form: dict[str, str]) -> dict[str, Any]:
        """Mint a token for the service principal, as RFC 6749 section 4.4 and RFC 8693 have it.

        Raises:
            TokenRefusal: when the client, the grant or a scope is not allowed.
        """
        given, needed = basic, (self.client_id, self.client_secret)
        if form.get("grant_type") == EXCHANGE:
            given = form.get("client_id", ""), form.get("subject_token", "")
            needed = self.client_id, self.identity_token
        elif form.get("grant_type") != "client_credentials":
            raise TokenRefusal(400, "unsupported_grant_type", "The grant type is not supported.")
        if given != needed:
            raise TokenRefusal(401, "invalid_client", "Client authentication failed")
        scopes = form.get("scope", "all-apis")
        self._check_scopes(scopes.split())
        expires_at = self._clock.now() + self._options.token_lifetime
        operation, index = _detail(form.get("authorization_details"))
        token = self._keep(Access(self.service_principal, expires_at, operation, index))
        return {
            "access_token": token,
            "token_type": "Bearer",
            "scope": scopes,
            "expires_in": round(self._options.token_lifetime),
        }

    def _check_scopes(self, scopes: Iterable[str]) -> None:
        refused = [each for each in scopes if each not in self._options.client_scopes]
        if refused:
            said = f"Scopes [{', '.join(refused)}] are not assigned to the client"
            raise TokenRefusal(403, "access_denied", said)

    def _keep(self, access: Access) -> str:
        token = _new_token()
        self._accesses[token] = access
        return token


def _detail(text: str | None) -> tuple[str | None, str | None]:
    """Read what a token is to be good for: an operation and an index, or anything."""
    if not text:
        return None, None
    try:
        detail = next(
            each for each in json.loads(text) if each["type"] == "unity_catalog_permission"
        )
        operation, index = detail["operation"], detail["securable_object_name"]
    except (ValueError, TypeError, KeyError, StopIteration) as exc:
        raise TokenRefusal(400, "invalid_authorization_details", "can't be read") from exc
    if detail.get("securable_type") != "table" or operation not in {READ, WRITE}:
        raise TokenRefusal(400, "invalid_authorization_details", f"no operation {operation}")
    return operation, index


def read_basic(header: str) -> tuple[str, str] | None:
    """Read HTTP Basic, RFC 7617; `None` for another header."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, password


def _new_token() -> str:
    return "dapi" + secrets.token_hex(16)

"""Who logs in to a workspace, by which method, and what became of the others; no other request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.core import DefaultCredentials
from databricks.sdk.credentials_provider import CredentialsStrategy
from pydantic import SecretStr

from ... import __version__
from ...model.errors import CredentialMissing, CredentialRejected, NotPermitted
from ..wrappers import Retries
from .api import Api
from .config import PinnedConfig, VendorConfig, sensitive_values
from .errors import malformed, without_debug_info
from .tokens import PrincipalStrategy, ServicePrincipal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from databricks.sdk.core import Config

    from ...model.redaction import Redactor
    from ..base import ReadSecret
    from .transport import Transport

    Prepared: TypeAlias = tuple[Config, ServicePrincipal | None]

VENDOR = "vendor's environment and files"
NOTHING_FOUND = "cannot configure default credentials"
ME_PATH = "/api/2.0/preview/scim/v2/Me"


class Outcome(StrEnum):
    """What became of one method of logging in."""

    SKIPPED = "skipped"
    REJECTED = "rejected"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One method of logging in, and what became of it; never the secret itself."""

    method: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Login:
    """A login that the workspace accepted.

    Attributes:
        api: the workspace's API.
        principal: the service principal, where it is one.
        user: as the workspace names it.
        method: how it was done.
        attempts: every method, in the order of preference.
    """

    api: Api
    principal: ServicePrincipal | None
    user: str
    method: str
    attempts: tuple[Attempt, ...]


class Skipped(Exception):
    """A method has nothing to log in with."""


class Chain:
    """The methods of logging in to one workspace, the preferred one first.

    Args:
        host: the workspace's origin; no other is ever sent a secret.
        settings: the profile's.
        read_secret: gives the secrets that are kept for this host.
        transport: sends requests for tokens.
        retries: tries requests again.
        redactor: learns the secrets of the vendor's ways, and every token that is minted.
    """

    def __init__(
        self,
        host: str,
        settings: Mapping[str, Any],
        read_secret: ReadSecret,
        transport: Transport,
        retries: Retries,
        *,
        redactor: Redactor,
    ) -> None:
        self._host = host
        self._settings = settings
        self._read_secret = read_secret
        self._transport = transport
        self._retries = retries
        self._redactor = redactor

    def log_in(self) -> Login:
        """Log in by the first method that the workspace accepts.

        Raises:
            CredentialMissing: when nothing was given at all.
            CredentialRejected: when the workspace accepts none; names each method and why.
            Unreachable: when it does not answer.
        """
        attempts: list[Attempt] = []
        methods = self._methods()
        for name, prepare in methods.items():
            try:
                config, principal = prepare()
                renew = principal.forget if principal else None
                api = Api(WorkspaceClient(config=config), self._host, self._retries, renew)
                user = self._who_am_i(api)
            except Skipped as exc:
                attempts.append(Attempt(name, Outcome.SKIPPED, str(exc)))
                continue
            except (CredentialRejected, NotPermitted) as exc:
                attempts.append(Attempt(name, Outcome.REJECTED, exc.message))
                continue
            method = f"{name} ({config.auth_type})" if name == VENDOR else name
            attempts.append(Attempt(name, Outcome.USED, f"logged in as `{user}`"))
            rest = list(methods)[len(attempts) :]
            attempts += [Attempt(each, Outcome.SKIPPED, "not needed") for each in rest]
            return Login(api, principal, user, method, tuple(attempts))
        raise self._nobody(attempts)

    def _methods(self) -> dict[str, Callable[[], Prepared]]:
        return {
            "user token": lambda: self._prepare_token("user_token"),
            "client credentials": self._prepare_client,
            "access token": lambda: self._prepare_token("token"),
            VENDOR: self._prepare_vendor,
        }

    def _prepare_token(self, setting: str) -> Prepared:
        token = self._read_secret(setting)
        if token is None:
            raise Skipped("not given")
        config = PinnedConfig(self._host, self._options, token=token.get_secret_value())
        return config, None

    def _prepare_client(self) -> Prepared:
        client_id = self._settings["client_id"]
        if client_id is None:
            raise Skipped("the profile names no `client_id`")
        secret = self._read_secret("client_secret")
        if secret is None:
            raise Skipped("no `client_secret` is given")
        principal = self._principal(client_id, secret)
        strategy = PrincipalStrategy(principal)
        config = PinnedConfig(self._host, self._options, credentials_strategy=strategy)
        return config, principal

    def _prepare_vendor(self) -> Prepared:
        strategy = VendorStrategy(self._principal, self._redactor)
        try:
            config = VendorConfig(
                self._host,
                {**self._options, "http_timeout_seconds": self._retries.timeout / 3},
                profile=self._settings["auth_profile"],
                credentials_strategy=strategy,
            )
        except ValueError as exc:
            if NOTHING_FOUND in str(exc):
                raise Skipped("they name no credentials") from None
            raise CredentialRejected(without_debug_info(str(exc))) from None
        return config, strategy.principal

    def _principal(self, client_id: str, secret: SecretStr) -> ServicePrincipal:
        # A pace of its own: tokens are minted in the middle of requests that keep to ours.
        retries = Retries(self._retries.timeout)
        return ServicePrincipal(
            self._host, client_id, secret, self._transport, retries, redactor=self._redactor
        )

    @property
    def _options(self) -> dict[str, Any]:
        """Give what holds of every client: one attempt of its own, and less time than we have."""
        return {
            "http_timeout_seconds": self._retries.timeout * 0.45,
            "retry_timeout_seconds": 1,
            "product": "memctl",
            "product_version": __version__,
        }

    def _who_am_i(self, api: Api) -> str:
        user = api.request("GET", ME_PATH, what="the user")
        name = user.get("userName") or user.get("displayName")
        if not isinstance(name, str):
            raise malformed(self._host, "the user")
        return name

    def _nobody(self, attempts: Sequence[Attempt]) -> CredentialMissing | CredentialRejected:
        rejected = [each for each in attempts if each.outcome is Outcome.REJECTED]
        if not rejected:
            return CredentialMissing(
                f"there are no credentials for `{self._host}`",
                hint="keep a token with `memctl config secret set PROFILE token`, or set "
                "`MEMCTL_DATABRICKS_TOKEN`",
            )
        listed = "; ".join(f"{each.method}: {each.reason}" for each in rejected)
        return CredentialRejected(
            f"no credentials for `{self._host}` are accepted: {listed}",
            hint="keep others with `memctl config secret set PROFILE token`, or set "
            "`MEMCTL_DATABRICKS_TOKEN`",
        )


class VendorStrategy(CredentialsStrategy):
    """The SDK's own chain, but for a service principal: its tokens are minted by us.

    Args:
        make_principal: makes one of a client id and its secret.
        redactor: learns the secrets that the vendor's environment and files hold.
    """

    def __init__(
        self,
        make_principal: Callable[[str, SecretStr], ServicePrincipal],
        redactor: Redactor,
    ) -> None:
        self.principal: ServicePrincipal | None = None
        self._make_principal = make_principal
        self._redactor = redactor
        self._chain: CredentialsStrategy | DefaultCredentials = DefaultCredentials()

    def auth_type(self) -> str:
        """Name the method that was found."""
        return self._chain.auth_type()

    def __call__(self, cfg: Config) -> Callable[[], dict[str, str]]:
        """Find a method, and return what makes the header of each request."""
        for each in sensitive_values(cfg):
            self._redactor.add(each)
        is_client = bool(cfg.client_id and cfg.client_secret) and not cfg.token
        if is_client and cfg.auth_type in {None, "oauth-m2m"}:
            secret = SecretStr(cfg.client_secret)
            self.principal = self._make_principal(cfg.client_id, secret)
            self._chain = PrincipalStrategy(self.principal)
        make_header: Callable[[], dict[str, str]] | None = self._chain(cfg)
        if make_header is None:
            raise ValueError("not configured")  # as the SDK itself says then
        return partial(self._noted, make_header)

    def _noted(self, make_header: Callable[[], dict[str, str]]) -> dict[str, str]:
        """Return the header, its token noted: many ways of the vendor mint one."""
        header = make_header()
        for value in header.values():
            self._redactor.add(value.rpartition(" ")[2])
        return header

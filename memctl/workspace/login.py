"""Logs in to a workspace by the first method that it accepts, and keeps the outcome of each."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from databricks.sdk import WorkspaceClient

from .. import __version__
from ..model.errors import CredentialMissing, CredentialRejected, MemctlError, NotPermitted
from ..model.requests.retries import Retries
from .api import Api
from .config import NOTHING_FOUND, PinnedConfig, VendorConfig
from .databrickscfg import way_to_profiles
from .errors import malformed, quiet_root_logger, without_debug_info
from .tokens import PrincipalStrategy, ServicePrincipal
from .vendor import VendorStrategy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from databricks.sdk.core import Config
    from pydantic import SecretStr

    from ..model.redaction import Redactor
    from .transport import Transport

    ReadSecret: TypeAlias = Callable[[str], SecretStr | None]
    Prepared: TypeAlias = tuple[Config, ServicePrincipal | None]

logger = logging.getLogger(__name__)

VENDOR = "vendor's environment and files"
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
    hint: str | None = None

    @property
    def told(self) -> str:
        """What became of it, in words."""
        return f"{self.outcome}: {self.reason}"


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
    attempts: tuple[Attempt, ...] = ()


class Skipped(Exception):
    """A method has nothing to log in with."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Chain:
    """The methods of logging in to one workspace, the preferred one first.

    Attributes:
        host: the workspace's origin; no other is ever sent a secret.
        settings: the profile's.
        read_secret: gives the secrets that are kept for this host.
        transport: sends requests for tokens.
        retries: tries requests again.
        redactor: learns the secrets of the vendor's ways, and every token that is minted.
    """

    host: str
    settings: Mapping[str, Any]
    read_secret: ReadSecret
    transport: Transport
    retries: Retries
    redactor: Redactor

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
            attempt, login = self._try(name, prepare)
            logger.info("login to %s by %s %s", self.host, name, attempt.told)
            attempts.append(attempt)
            if login is not None:
                rest = [*methods][len(attempts) :]
                attempts += [Attempt(each, Outcome.SKIPPED, "not needed") for each in rest]
                return replace(login, attempts=tuple(attempts))
        raise self._nobody(attempts)

    def _try(self, name: str, prepare: Callable[[], Prepared]) -> tuple[Attempt, Login | None]:
        """Log in by one method, and return what became of it.

        Raises:
            MemctlError: when something else than the credentials is wrong.
        """
        try:
            config, principal = prepare()
        except Skipped as exc:
            return Attempt(name, Outcome.SKIPPED, str(exc)), None
        except CredentialRejected as exc:
            return Attempt(name, Outcome.REJECTED, exc.message, exc.hint), None
        renew = principal.forget if principal else None
        api = Api(WorkspaceClient(config=config), self.host, self.retries, renew)
        try:
            user = self._who_am_i(api)
        except (CredentialRejected, NotPermitted) as exc:
            return Attempt(name, Outcome.REJECTED, exc.message), None
        except MemctlError as exc:
            logger.info("login to %s by %s failed: %s", self.host, name, exc.message)
            raise
        method = f"{name} ({config.method})" if isinstance(config, VendorConfig) else name
        attempt = Attempt(name, Outcome.USED, f"logged in as `{user}`")
        return attempt, Login(api, principal, user, method)

    def _methods(self) -> dict[str, Callable[[], Prepared]]:
        return {
            "user token": lambda: self._prepare_token("user_token"),
            "client credentials": self._prepare_client,
            "access token": lambda: self._prepare_token("token"),
            VENDOR: self._prepare_vendor,
        }

    def _prepare_token(self, setting: str) -> Prepared:
        token = self.read_secret(setting)
        if token is None:
            raise Skipped("not given")
        config = PinnedConfig(self.host, self._options, token=token.get_secret_value())
        return config, None

    def _prepare_client(self) -> Prepared:
        client_id = self.settings["client_id"]
        if client_id is None:
            raise Skipped("the profile names no `client_id`")
        secret = self.read_secret("client_secret")
        if secret is None:
            raise Skipped("no `client_secret` is given")
        principal = self._principal(client_id, secret)
        strategy = PrincipalStrategy(principal)
        config = PinnedConfig(self.host, self._options, credentials_strategy=strategy)
        return config, principal

    def _prepare_vendor(self) -> Prepared:
        profile = self.settings["auth_profile"]
        strategy = VendorStrategy(self._principal, self.redactor, is_file_alone=profile is not None)
        try:
            with quiet_root_logger():
                config = VendorConfig(
                    self.host,
                    {**self._options, "http_timeout_seconds": self.retries.timeout / 3},
                    profile=profile,
                    credentials_strategy=strategy,
                )
        except ValueError as exc:
            if NOTHING_FOUND in str(exc):
                raise Skipped("they name no credentials") from None
            said = without_debug_info(str(exc)).removeprefix("default auth: ")
            raise CredentialRejected(said) from None
        return config, strategy.principal

    def _principal(self, client_id: str, secret: SecretStr) -> ServicePrincipal:
        # A pace of its own: tokens are minted in the middle of requests that keep to ours.
        retries = Retries(self.retries.timeout)
        return ServicePrincipal(
            self.host, client_id, secret, self.transport, retries, self.redactor
        )

    @property
    def _options(self) -> dict[str, Any]:
        """Return the options of every client: a single attempt, and less time than ours."""
        return {
            "http_timeout_seconds": self.retries.timeout * 0.45,
            "retry_timeout_seconds": 1,
            # Tokens are renewed where they are asked for: there, no redirect is followed.
            "disable_async_token_refresh": True,
            "product": "memctl",
            "product_version": __version__,
        }

    def _who_am_i(self, api: Api) -> str:
        user = api.request("GET", ME_PATH, what="the user")
        name = user.get("userName") or user.get("displayName")
        if not isinstance(name, str):
            raise malformed(self.host, "the user")
        return name

    def _nobody(self, attempts: Sequence[Attempt]) -> CredentialMissing | CredentialRejected:
        rejected = [each for each in attempts if each.outcome is Outcome.REJECTED]
        if not rejected:
            return CredentialMissing(
                f"there are no credentials for `{self.host}`",
                hint=way_to_profiles(self.host)
                or "keep a token with `memctl config secret set PROFILE token`, or set "
                "`MEMCTL_DATABRICKS_TOKEN`",
            )
        listed = "; ".join(f"{each.method}: {each.reason}" for each in rejected)
        return CredentialRejected(
            f"no credentials for `{self.host}` are accepted: {listed}",
            hint=next((each.hint for each in rejected if each.hint), None)
            or "keep others with `memctl config secret set PROFILE token`, or set "
            "`MEMCTL_DATABRICKS_TOKEN`",
        )

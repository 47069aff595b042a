"""The SDK's own chain of ways to log in, with each attempt logged."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

import requests
from databricks.sdk import credentials_provider, oauth, oidc_token_supplier
from databricks.sdk.core import DefaultCredentials
from pydantic import SecretStr

from ..model.errors import MemctlError
from .config import sensitive_values
from .errors import redirect_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from databricks.sdk.core import Config

    from ..model.redaction import Redactor
    from .tokens import ServicePrincipal

    Header: TypeAlias = Callable[[], dict[str, str]]

_PRINCIPAL: Final = "oauth-m2m"
_OF_THE_ENVIRONMENT: Final = frozenset({"env-oidc", "runtime", "runtime-oauth", "model-serving"})
"""Ways that take what they find in the environment although no setting names it."""

_patching: Final = RLock()
"""Held while the SDK's modules are changed: threads renew tokens at any time."""

logger = logging.getLogger(__name__)


class VendorStrategy(DefaultCredentials):
    """The SDK's own chain, but for a service principal: its tokens are minted by us.

    Args:
        make_principal: makes one of a client id and its secret.
        redactor: learns the secrets that the environment and the file hold, and minted tokens.
        is_file_alone: whether the environment has no say in who logs in.
    """

    def __init__(
        self,
        make_principal: Callable[[str, SecretStr], ServicePrincipal],
        redactor: Redactor,
        *,
        is_file_alone: bool,
    ) -> None:
        super().__init__()
        self._redactor = redactor
        self.principal: ServicePrincipal | None = None
        self._make_principal = make_principal
        own = {_PRINCIPAL: self._prepare_principal}
        self._auth_providers: list[Any] = [
            Way(each.auth_type(), own.get(each.auth_type(), each), is_file_alone=is_file_alone)
            for each in self._auth_providers
        ]

    def __call__(self, cfg: Config) -> Header:
        """Return what makes the header of each request; no secret of it is told from now on.

        Raises:
            MemctlError: when a way met one of ours, which the SDK would hide.
            ValueError: when a way met another one, or there is none.
        """
        for each in sensitive_values(cfg):
            self._redactor.add(each)
        try:
            with _following_nothing():
                return partial(self._noted, super().__call__(cfg))
        except ValueError as exc:
            if isinstance(exc.__cause__, MemctlError):
                raise exc.__cause__ from None
            raise

    def _noted(self, make_header: Header) -> dict[str, str]:
        """Return the header, its token noted: many ways mint one."""
        with _following_nothing():
            header = make_header()
        for value in header.values():
            self._redactor.add(value.rpartition(" ")[2])
        return header

    def _prepare_principal(self, cfg: Config) -> Header | None:
        if not (cfg.client_id and cfg.client_secret):
            return None
        self.principal = self._make_principal(cfg.client_id, SecretStr(cfg.client_secret))
        return self.principal.header


class _Unfollowing:
    """The `requests` module as the SDK's ways use it, but for redirects: they are refused."""

    def __getattr__(self, name: str) -> Any:
        return getattr(requests, name)

    def __init__(self) -> None:
        self.get = partial(_first_answer, requests.get)
        self.post = partial(_first_answer, requests.post)


def _first_answer(
    send: Callable[..., requests.Response], *given: Any, **named: Any
) -> requests.Response:
    """Return the answer to a request.

    Raises:
        InvalidSetting: when it sends the request elsewhere.
    """
    response = send(*given, **{**named, "allow_redirects": False})
    if response.is_redirect:
        raise redirect_error(response)
    return response


@contextmanager
def _following_nothing() -> Iterator[None]:
    """Let the SDK's own ways follow no redirect: it has no setting for that.

    What else uses these modules of the SDK follows none either, as long as this lasts.
    """
    modules = [vars(each) for each in (oauth, oidc_token_supplier, credentials_provider)]
    with _patching:
        before = [each["requests"] for each in modules]
        for each in modules:
            each["requests"] = _Unfollowing()
        try:
            yield
        finally:
            for each, module in zip(modules, before, strict=True):
                each["requests"] = module


@dataclass(frozen=True, slots=True)
class Way:
    """One way of the chain; what becomes of it is logged.

    Attributes:
        name: as the SDK has it.
        prepare: returns what makes the header of each request, `None` where it has nothing.
        is_file_alone: whether the environment has no say in who logs in.
    """

    name: str
    prepare: Callable[[Config], Header | None]
    is_file_alone: bool

    def auth_type(self) -> str:
        """Name it as the SDK does."""
        return self.name

    def __call__(self, cfg: Config) -> Header | None:
        """Return what makes the header of each request, or `None` where it has nothing."""
        outcome, header = "failed", None
        try:
            is_of_environment = self.name in _OF_THE_ENVIRONMENT and cfg.auth_type != self.name
            if self.is_file_alone and is_of_environment:
                outcome = "skipped, as a profile of the file is named"
            else:
                header = self.prepare(cfg)
                outcome = "found credentials" if header else "skipped, nothing to log in with"
        finally:
            logger.debug("login to %s by the vendor's %s: %s", cfg.host, self.name, outcome)
        return header

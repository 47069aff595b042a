"""Requests to a workspace's own API through the SDK's client."""

from __future__ import annotations

import logging
from threading import local
from typing import TYPE_CHECKING, Any, TypeVar

from ..model.address.url import leads_elsewhere
from ..model.errors import CredentialRejected
from ..model.requests.log import log_request
from .errors import malformed, redirect_error, translate_sdk_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from databricks.sdk import WorkspaceClient
    from requests import Response

    from ..model.requests.retries import Retries

T = TypeVar("T")


class Api:
    """A workspace's API: every request is logged, limited in time, and tried again where safe.

    Args:
        sdk: the SDK's client, logged in.
        host: the workspace's origin.
        retries: tries requests again.
        renew: makes the next request take a new token, where that can be had.
    """

    def __init__(
        self,
        sdk: WorkspaceClient,
        host: str,
        retries: Retries,
        renew: Callable[[], None] | None = None,
    ) -> None:
        self.sdk = sdk
        self._host = host
        self._retries = retries
        self._renew = renew
        self._session = sdk.api_client._api_client._session  # noqa: SLF001 - the SDK has no public place for hooks, nor a way to close
        self._session.hooks["response"].append(self._note_answer)
        self._answered = local()
        logging.getLogger("databricks.sdk").addHandler(logging.NullHandler())

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        *,
        what: str | None = None,
        is_safe: bool | None = None,
    ) -> dict[str, Any]:
        """Send a request and return the answer, `{}` where it is empty.

        The arguments are those of `Workspace.request`.

        Raises:
            MemctlError: when there is no answer, or it is an error.
        """
        what = what or f"`{path}`"
        answer = self.call(
            lambda: self.sdk.api_client.do(
                method, path, body=None if body is None else dict(body), query=_plain(query)
            ),
            what=what,
            is_safe=method != "POST" if is_safe is None else is_safe,
        )
        if not isinstance(answer, dict):
            raise malformed(self._host, what)
        return answer

    def call(self, do: Callable[[], T], *, what: str, is_safe: bool) -> T:
        """Do something with the SDK's client under the same rules.

        Raises:
            MemctlError: instead of what the SDK raises.
        """

        def attempt(_: float) -> T:
            self._answered.status = None
            with translate_sdk_errors(self._host, what, lambda: self._answered.status):
                return do()

        return run_with_renewal(lambda: self._retries.run(attempt, is_safe=is_safe), self._renew)

    def header(self) -> dict[str, str]:
        """Return the credentials of a request; a token that is about to expire is renewed.

        Raises:
            MemctlError: when the token can't be renewed.
        """
        with translate_sdk_errors(self._host, "a token"):
            return self.sdk.config.authenticate()

    def _note_answer(self, response: Response, **_: object) -> None:
        """Log an answer, and end what would follow a redirect to another host.

        Of a redirect within the host the SDK makes the error that says more: a login page.
        """
        self._answered.status = response.status_code
        request = response.request
        log_request(str(request.method), str(request.url), response.status_code, response.elapsed)
        target = response.headers.get("Location")
        if response.is_redirect and leads_elsewhere(str(request.url), str(target)):
            response.close()
            raise redirect_error(response)

    def close(self) -> None:
        """Close every connection of the SDK's client."""
        self._session.close()


def run_with_renewal(do: Callable[[], T], renew: Callable[[], None] | None) -> T:
    """Do something again, once, where a token is rejected and another one can be had.

    Raises:
        CredentialRejected: when the new one is rejected too, or there is none.
    """
    try:
        return do()
    except CredentialRejected:
        if renew is None:
            raise
    renew()
    return do()


def _plain(query: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if query is None else {k: v for k, v in query.items() if v is not None}

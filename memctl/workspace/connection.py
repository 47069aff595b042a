"""One workspace that memctl is logged in to, and requests to it."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from ..model.requests.retries import Pace, Retries
from .transport import Transport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model.redaction import Redactor
    from .login import Attempt, Login, ReadSecret

MOST_AT_ONCE = 4
"""How many requests of a connection are under way at once."""


class Workspace:
    """A workspace: whose it is, how memctl is logged in, and its API.

    Nothing is sent before it is needed; `log_in` does it at a moment of one's choice.

    Args:
        settings: of the backend, parsed.
        read_secret: gives the secrets that are kept for this host.
        timeout: seconds for one request, all of its attempts together.
        redactor: learns the tokens that are found or minted.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        read_secret: ReadSecret,
        *,
        timeout: float,
        redactor: Redactor,
    ) -> None:
        self.host: str = settings["workspace_url"]
        self._settings = settings
        self._read_secret = read_secret
        self._redactor = redactor
        self.retries = Retries(timeout, pace=Pace(MOST_AT_ONCE))
        self.transport = Transport()
        self._login: Login | None = None
        self._logging_in = Lock()

    def log_in(self) -> Login:
        """Log in, once.

        Raises:
            CredentialMissing: when there is nothing to log in with.
            CredentialRejected: when the workspace accepts none of it; names each method and why.
            Unreachable: when it does not answer.
        """
        with self._logging_in:
            if self._login is None:
                from .login import Chain

                chain = Chain(
                    host=self.host,
                    settings=self._settings,
                    read_secret=self._read_secret,
                    transport=self.transport,
                    retries=self.retries,
                    redactor=self._redactor,
                )
                self._login = chain.log_in()
            return self._login

    @property
    def user(self) -> str:
        """The user or service principal, as the workspace names it."""
        return self.log_in().user

    @property
    def method(self) -> str:
        """The method of the login, in words."""
        return self.log_in().method

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every method of logging in, and what became of it."""
        return self.log_in().attempts

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
        """Send a request to the workspace's API and return the answer.

        The SDK's own classes drop some of what is answered, such as an index's ``detailed_state``.

        Args:
            method: of HTTP.
            path: from ``/api`` on; names in it are quoted already.
            body: is sent as JSON.
            query: behind the path.
            what: what it is about, for errors, such as ``index `ml.agents.x```; else the path.
            is_safe: whether sending it twice does no harm; by default all but ``POST``.

        Raises:
            StoreNotFound: for status 404.
            CredentialError: for 401 and 403.
            RequestRefused: for other statuses below 500, with the service's own code and words.
            Unreachable: when there is no answer that helps.
        """
        api = self.log_in().api
        return api.request(method, path, body, query, what=what, is_safe=is_safe)

    def close(self) -> None:
        """Close every connection; closing twice is fine."""
        self.transport.close()
        if self._login is not None:
            self._login.api.close()

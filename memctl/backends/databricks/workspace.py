"""One workspace that memctl is logged in to; which indexes are whose memory is said elsewhere."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...model.requests.retries import Pace, Retries
from .hosts import check_data_plane, normalise_host
from .transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from databricks.sdk import WorkspaceClient

    from ..base import Access, ReadSecret
    from .data_plane import Index
    from .login import Attempt, Login

    T = TypeVar("T")

API = "/api/2.0/vector-search"
MOST_AT_ONCE = 4
"""How many requests of a connection are under way at once."""


class Workspace:
    """A workspace: whose it is and how memctl is logged in, its API, and its indexes.

    Nothing is sent before it is needed; `log_in` does it at a moment of one's choice.

    Args:
        settings: of the backend, parsed.
        read_secret: gives the secrets that are kept for this host.
        access: how long one request may take, all of its attempts together, and what learns the
            tokens that are found or minted.
    """

    def __init__(
        self, settings: Mapping[str, Any], read_secret: ReadSecret, access: Access
    ) -> None:
        self.host = normalise_host(settings["workspace_url"])
        self._settings = settings
        self._read_secret = read_secret
        self._redactor = access.redactor
        self._retries = Retries(access.timeout, pace=Pace(MOST_AT_ONCE))
        self._transport = Transport()
        self._login: Login | None = None
        self._logging_in = Lock()
        self._looking = Lock()
        self._described: dict[str, dict[str, Any]] = {}
        self._endpoints: dict[str, dict[str, Any]] = {}
        self._indexes: dict[str, Index] = {}

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
                    self.host,
                    self._settings,
                    self._read_secret,
                    self._transport,
                    self._retries,
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

    @property
    def sdk(self) -> WorkspaceClient:
        """The SDK's client; use it inside `call`, which sets the rules for its requests."""
        return self.log_in().api.sdk

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
            what: what it is about, for errors, such as ``index `ml.agents.x```.
            is_safe: whether sending it twice does no harm; by default all but ``POST``.

        Raises:
            StoreNotFound: for status 404.
            CredentialError: for 401 and 403.
            RequestRefused: for other statuses below 500, with the service's own code and words.
            Unreachable: when there is no answer that helps.
        """
        api = self.log_in().api
        return api.request(method, path, body, query, what=what, is_safe=is_safe)

    def call(self, do: Callable[[], T], *, what: str, is_safe: bool) -> T:
        """Do something with `sdk` under the rules of `request`.

        Raises:
            MemctlError: as `request` does.
        """
        return self.log_in().api.call(do, what=what, is_safe=is_safe)

    def describe(self, index_name: str, *, fresh: bool = False) -> dict[str, Any]:
        """Return what the service says of an index; asked once per connection unless ``fresh``.

        Raises:
            StoreNotFound: when there is no such index.
            MemctlError: as `request` does.
        """
        path, what = f"{API}/indexes/{quote(index_name, safe='')}", f"index `{index_name}`"
        with self._looking:
            if fresh or index_name not in self._described:
                self._described[index_name] = self.request("GET", path, what=what)
            return self._described[index_name]

    def endpoint(self, name: str, *, fresh: bool = False) -> dict[str, Any]:
        """Return what the service says of an endpoint; asked once per connection unless ``fresh``.

        Raises:
            StoreNotFound: when there is no such endpoint.
            MemctlError: as `request` does.
        """
        path, what = f"{API}/endpoints/{quote(name, safe='')}", f"endpoint `{name}`"
        with self._looking:
            if fresh or name not in self._endpoints:
                self._endpoints[name] = self.request("GET", path, what=what)
            return self._endpoints[name]

    def forget(self, index_name: str) -> None:
        """Describe an index anew next time: it was made, changed or deleted."""
        self._described.pop(index_name, None)
        self._indexes.pop(index_name, None)

    def data_plane(self, index_name: str) -> Index:
        """Return the client for the rows of an index.

        Raises:
            StoreNotFound: when there is no such index.
            MemctlError: as `request` does.
        """
        if index_name not in self._indexes:
            self._indexes[index_name] = self._open_index(index_name)
        return self._indexes[index_name]

    def _open_index(self, index_name: str) -> Index:
        from .data_plane import open_index

        login, described = self.log_in(), self.describe(index_name)
        url = (described.get("status") or {}).get("index_url")
        return open_index(
            self.host,
            index_name,
            described.get("endpoint_name"),
            url=check_data_plane(url)
            if url and login.principal is not None
            else f"{self.host}{API}/indexes/{quote(index_name, safe='')}",
            login=login,
            transport=self._transport,
            retries=self._retries,
        )

    def close(self) -> None:
        """Close every connection; closing twice is fine."""
        self._transport.close()
        if self._login is not None:
            self._login.api.close()

"""The vendor's client for an index's rows, with what it lacks: timeouts, retries, fresh tokens."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any, Final

from ....workspace.api import run_with_renewal
from ....workspace.hosts import check_data_plane
from ....workspace.tokens import READ, WRITE
from .wire_format import write_rows

with warnings.catch_warnings():
    # mlflow, which comes with it, reports every import to its makers unless it is told not to.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    warnings.simplefilter("ignore")
    from databricks.ai_search.index import AISearchIndex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ....model.requests.retries import Retries
    from ....workspace.login import Login
    from ....workspace.transport import Transport
    from ..indexes.service import VectorSearch

_WRITES: Final = ("/upsert-data", "/delete-data")


class Index(AISearchIndex):  # type: ignore[misc] # the client has no types
    """The rows of one index.

    The client itself knows no limit of time, does not repeat an upsert, keeps a token as text for
    as long as it lives, and prints notices on standard output. Here every attempt asks for the
    header anew and has its time; all requests of the client can be repeated without harm.

    Args:
        url: where requests go: the workspace, or the index's own host for a service principal.
        login: gives the header of each request.
        transport: sends requests.
        retries: tries them again.
        named: the workspace's origin and the index's name, as the client takes them.
    """

    def __init__(
        self,
        url: str,
        login: Login,
        transport: Transport,
        retries: Retries,
        **named: Any,
    ) -> None:
        self._login = login
        self._transport = transport
        self._retries = retries
        super().__init__(index_url=url, use_user_passed_credentials=True, **named)

    def scan_page(self, limit: int, after: str | None) -> dict[str, Any]:
        """Return up to ``limit`` rows in the order of their keys, as the service writes them.

        The client's own `scan` rewrites every key of the answer, down to each number of a vector.
        """
        return self._issue_request(
            url=f"{self.index_url}/scan",
            method="GET",
            json=self._build_scan_payload(limit, after),
        )

    def write(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Insert or replace rows; the answer may name some that failed."""
        answer: dict[str, Any] = self.upsert(list(rows))
        return answer

    def remove(self, keys: Sequence[str]) -> dict[str, Any]:
        """Delete rows; the answer may name some that failed."""
        answer: dict[str, Any] = self.delete(list(keys))
        return answer

    def nearest(
        self,
        vector: Sequence[float],
        columns: Sequence[str],
        limit: int,
        filters: str | Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        """Return the rows nearest to a vector, page after page."""
        answer: dict[str, Any] = self.similarity_search(
            columns=list(columns),
            query_vector=list(vector),
            filters=filters,
            num_results=limit,
            disable_notice=True,
        )
        return answer

    def _build_upsert_payload(self, inputs: list[dict[str, Any]]) -> dict[str, str]:
        """Write rows as JSON within JSON, vectors as short as float32 allows."""
        return {"inputs_json": write_rows(inputs)}

    def _get_token_for_request(self, *_: Any, **__: Any) -> None:
        """Keep no token: `_issue_request` asks for one on every attempt."""

    def _issue_request(
        self, *, url: str, method: str, json: Any = None, **_: Any
    ) -> dict[str, Any]:
        """Send what the client has put together; its own options of retrying are not heeded."""
        operation = WRITE if url.endswith(_WRITES) else READ

        def attempt(seconds: float) -> dict[str, Any]:
            return self._transport.send(
                method,
                url,
                seconds=seconds,
                host=self.workspace_url,
                what=f"index `{self.name}`",
                headers=self._header(url, operation),
                json=json,
            )

        principal = self._login.principal
        return run_with_renewal(
            lambda: self._retries.run(attempt), principal.forget if principal else None
        )

    def _header(self, url: str, operation: str) -> dict[str, str]:
        principal = self._login.principal
        if principal is None or url.startswith(f"{self.workspace_url}/api/"):
            return self._login.api.header()
        return principal.header(self.name, operation)


def open_data_plane(service: VectorSearch, name: str) -> Index:
    """Return the client for the rows of an index; they are not asked for yet.

    Raises:
        StoreNotFound: when there is no such index.
        MemctlError: when it can't be described.
    """
    workspace, described = service.workspace, service.describe(name)
    login = workspace.log_in()
    url = (described.get("status") or {}).get("index_url")
    return Index(
        check_data_plane(url, name)
        if url and login.principal is not None
        else service.rows_url(name),
        login,
        workspace.transport,
        workspace.retries,
        workspace_url=workspace.host,
        name=name,
        endpoint_name=described.get("endpoint_name"),
    )

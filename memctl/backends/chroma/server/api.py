"""Requests to one Chroma server: time limit, token, log; what is asked, `database` knows."""

from __future__ import annotations

import json
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import httpx

from ....model.bounded import TooLarge, join_pieces, parse_json
from ....model.errors import InvalidSetting
from ....model.requests.log import log_request
from .errors import Answer, no_answer, not_chroma, refusal, too_much

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import SecretStr

    from .address import Address

_PREFIXES: Final = {"Authorization": "Bearer "}
_NO_PROXY: Final = {"http://": None, "https://": None}


class Token(httpx.Auth):
    """Puts the token on each request; it is unwrapped nowhere else."""

    def __init__(self, header: str, value: SecretStr) -> None:
        self._header = header
        self._value = value

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]  # a generator that is sent nothing
        """Send the request with the token."""
        token = self._value.get_secret_value()
        request.headers[self._header] = f"{_PREFIXES.get(self._header, '')}{token}"
        yield request


class Api:
    """The HTTP API of one server.

    Redirects are not followed, so that a token reaches no other host; a server on this machine is
    reached without the proxy that the environment may name.

    Args:
        address: where it is.
        token: what it wants, `None` if nothing.
        header: the header that carries the token.
        timeout: how many seconds one answer may take.

    Raises:
        InvalidSetting: when the token would travel unencrypted, or fits in no header.
    """

    def __init__(
        self, address: Address, token: SecretStr | None, *, header: str, timeout: float
    ) -> None:
        self.address = address
        self._timeout = timeout
        self._token = token
        if token is not None:
            _check_token(address, token)
        self._client = httpx.Client(
            auth=Token(header, token) if token is not None else None,
            timeout=timeout,
            follow_redirects=False,
            mounts=_NO_PROXY if address.origin.is_loopback else None,
        )

    def get(self, path: str, **params: int) -> Any:
        """Ask for something.

        Raises:
            MemctlError: when the server does not answer, or not as Chroma does.
        """
        return self._request("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send something, as `get` does."""
        return self._request("POST", path, content=json.dumps(body).encode())

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Change something, as `get` does."""
        return self._request("PUT", path, content=json.dumps(body).encode())

    def delete(self, path: str) -> Any:
        """Delete something, as `get` does."""
        return self._request("DELETE", path)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _request(self, method: str, path: str, **options: Any) -> Any:
        answer = self._answer(method, path, **options)
        if not answer.is_success:
            raise refusal(self.address, answer, self._token)
        try:
            return parse_json(answer.text)
        except ValueError as exc:
            raise not_chroma(self.address, answer) from exc

    def _answer(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request and read all of the answer, within the time limit for both."""
        url = f"{self.address.origin}{path}"
        started = monotonic()
        said: int | str = "no answer"
        try:
            with self._client.stream(
                method, url, headers={"Content-Type": "application/json"}, **options
            ) as response:
                said = response.status_code
                content = join_pieces(self._in_time(response, started + self._timeout))
        except httpx.HTTPError as exc:
            said = type(exc).__name__
            raise no_answer(self.address, exc, self._timeout) from exc
        except TooLarge as exc:
            said = "too much"
            raise too_much(self.address, f"{method} {path}", exc) from exc
        finally:
            log_request(method, url, said, timedelta(seconds=monotonic() - started))
        text = content.decode(errors="replace")
        target = response.headers.get("Location")
        return Answer(method, path, response.status_code, text, target)

    def _in_time(self, response: httpx.Response, deadline: float) -> Iterator[bytes]:
        """Read on until the deadline: httpx's own limit is on each piece, not on the whole."""
        for piece in response.iter_bytes():
            if monotonic() > deadline:
                raise httpx.ReadTimeout("the answer comes too slowly")
            yield piece


def _check_token(address: Address, token: SecretStr) -> None:
    if not address.origin.is_private:
        raise InvalidSetting(
            f"the token for `{address.origin}` would travel unencrypted, so it is not sent",
            hint="switch `ssl` on: `memctl config update NAME --set ssl=true`, "
            "or write the location as https://",
        )
    value = token.get_secret_value()
    if not (value.isascii() and value.isprintable() and value == value.strip()):
        raise InvalidSetting(
            "the token holds characters that no HTTP header can carry",
            hint="set it again, without line breaks and spaces around it",
        )

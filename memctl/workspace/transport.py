"""Single HTTP requests with a limit of time each; who is asked for what is said elsewhere."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import orjson

from .. import __version__
from ..model.bounded import TooLarge, join_pieces, parse_json
from ..model.requests.log import log_request
from .errors import answer_error, malformed, request_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from requests import PreparedRequest, Response, Session

_PIECE: Final = 2**16


class Transport:
    """Sends requests; sessions are shared by threads, but never used by two at once.

    Neither a `.netrc` nor a redirection changes where a secret goes.
    """

    def __init__(self) -> None:
        self._idle: deque[Session] = deque()

    def send(
        self,
        method: str,
        url: str,
        *,
        seconds: float,
        host: str,
        what: str,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send one request and return the answer, which must be a JSON object.

        Args:
            method: of HTTP.
            url: where to.
            seconds: how long connecting, and each wait for bytes, may take.
            host: the name of the other side in errors.
            what: what it is about, for errors.
            headers: the credentials.
            json: a body.
            form: another form of body.
            basic: user and password, instead of headers.

        Raises:
            MemctlError: when there is no answer, or it is an error.
        """
        response, content = self._exchange(
            method,
            url,
            host,
            what,
            data=form if json is None else orjson.dumps(json),
            auth=basic or _setting({"Content-Type": "application/json", **(headers or {})}),
            timeout=max(seconds, 0.001),
        )
        return _read(response, content, host, what)

    def _exchange(
        self, method: str, url: str, host: str, what: str, **options: Any
    ) -> tuple[Response, bytes]:
        import requests

        session = self._take_session()
        began = monotonic()
        try:
            with session.request(
                method, url, allow_redirects=False, stream=True, **options
            ) as response:
                content = join_pieces(response.iter_content(_PIECE))
        except requests.RequestException as exc:
            error = request_error(exc, host)
            log_request(method, url, error.code, timedelta(seconds=monotonic() - began))
            raise error from None
        except TooLarge as exc:
            log_request(method, url, "too much", timedelta(seconds=monotonic() - began))
            raise malformed(host, what) from exc
        finally:
            self._idle.append(session)
        log_request(method, url, response.status_code, timedelta(seconds=monotonic() - began))
        return response, content

    def _take_session(self) -> Session:
        try:
            return self._idle.pop()
        except IndexError:
            return _new_session()

    def close(self) -> None:
        """Close every connection."""
        while self._idle:
            self._idle.pop().close()


def _read(response: Response, content: bytes, host: str, what: str) -> dict[str, Any]:
    if response.status_code >= 300:  # noqa: PLR2004 - redirections, then errors
        raise answer_error(response, content, host, what)
    try:
        body = parse_json(content, decode=orjson.loads)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise malformed(host, what)
    return body


def _setting(headers: Mapping[str, str]) -> Callable[[PreparedRequest], PreparedRequest]:
    """Return what sets headers last, so that no `.netrc` of the user replaces the credentials."""

    def put(request: PreparedRequest) -> PreparedRequest:
        request.headers.update(headers)
        return request

    return put


def _new_session() -> Session:
    import requests
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    session.headers["User-Agent"] = f"memctl/{__version__}"
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=1, max_retries=0))
    return session

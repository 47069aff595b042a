"""Translates what the Databricks clients raise, and a workspace answers, to memctl's errors."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ..model.address.url import redirected
from ..model.bounded import parse_json
from ..model.errors import (
    BadAnswer,
    CredentialRejected,
    MemctlError,
    NotPermitted,
    RequestRefused,
    StoreNotFound,
    Throttled,
    TimedOut,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from requests import RequestException, Response

_MOST_SHOWN: Final = 500
_DEBUG_INFO: Final = (". Config: ", ". Env: ")
"""What the SDK puts behind a message: its whole configuration."""


def answer_error(response: Response, content: bytes, host: str, what: str) -> MemctlError:
    """Make the error that an answer of status 300 or more is.

    Args:
        response: the answer.
        content: its body.
        host: who gave it.
        what: what it is about, such as ``index `ml.agents.x```.
    """
    if response.status_code < 400:  # noqa: PLR2004 - where HTTP's errors begin
        return redirect_error(response)
    try:
        body = parse_json(content)
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    reason = body.get("error_code") or body.get("error")
    detail = body.get("message") or body.get("error_description") or ""
    wait = response.headers.get("Retry-After", "")
    return status_error(
        response.status_code,
        str(reason or ""),
        str(detail),
        host,
        what,
        retry_after=float(wait) if wait.isdecimal() else None,
    )


def redirect_error(response: Response) -> MemctlError:
    """Make the error that an answer is which sends the request elsewhere."""
    return redirected(
        str(response.request.url),
        response.status_code,
        response.headers.get("Location"),
        hint="give the workspace's own address as `workspace_url`; where it is, look what stands "
        "between this machine and it",
    )


def status_error(
    status: int | None,
    reason: str,
    detail: str,
    host: str,
    what: str,
    *,
    retry_after: float | None = None,
) -> MemctlError:
    """Make the error that a status is; ``reason`` and ``detail`` are the service's own words."""
    detail = without_debug_info(detail)[:_MOST_SHOWN]
    said = ": ".join(each for each in (reason[:100], detail) if each)
    tail = f": {said}" if said else ""
    if status == 401:  # noqa: PLR2004 - statuses of HTTP, here and below
        return CredentialRejected(
            f"`{host}` does not accept the credentials{tail}",
            hint="run `memctl verify` to see which were tried, and keep a new one with "
            "`memctl config secret set`",
        )
    if status == 403:  # noqa: PLR2004
        return NotPermitted(f"`{host}` does not permit this on {what}{tail}")
    if status == 404:  # noqa: PLR2004
        return StoreNotFound(
            f"there is no {what} at `{host}`{tail}",
            hint="run `memctl setup databricks`, or name what is there in the profile",
        )
    if status is None or status == 429 or status >= 500:  # noqa: PLR2004
        return _failure(status, host, what, tail, retry_after)
    return RequestRefused(
        f"`{host}` refuses a request on {what} with status {status}{tail}",
        status=status,
        reason=reason,
        detail=detail,
    )


def _failure(
    status: int | None, host: str, what: str, tail: str, retry_after: float | None
) -> MemctlError:
    """Make the error that waiting may mend."""
    if status == 429:  # noqa: PLR2004
        return Throttled(
            f"`{host}` takes no more requests for now{tail}",
            hint="run the same command again later",
            retry_after=1.0 if retry_after is None else retry_after,
        )
    shown = "without a status" if status is None else f"with status {status}"
    return BadAnswer(
        f"`{host}` failed {shown} on {what}{tail}",
        hint="run the same command again",
        retry_after=retry_after or 0.0,
    )


def request_error(exc: RequestException, host: str) -> MemctlError:
    """Make the error that a request without an answer is."""
    import requests

    if isinstance(exc, requests.Timeout):
        return TimedOut(f"`{host}` did not answer in time", hint="raise `--timeout`, or try again")
    if isinstance(exc, requests.exceptions.SSLError):
        return Unreachable(
            f"`{host}` offers no connection that is safe: {_root_cause(exc)}",
            hint="set `REQUESTS_CA_BUNDLE` where your network uses certificates of its own",
        )
    return Unreachable(
        f"`{host}` can't be reached: {_root_cause(exc)}",
        hint="check the address and the network",
    )


def malformed(host: str, what: str) -> BadAnswer:
    """Make the error that an answer of another form than the API's is."""
    return BadAnswer(
        f"`{host}` answered on {what} with what is no answer of its API",
        hint="check that the address is the workspace's own, not a proxy's or a login page's",
    )


@contextmanager
def translate_sdk_errors(
    host: str, what: str, status: Callable[[], int | None] = lambda: None
) -> Iterator[None]:
    """Turn what databricks-sdk raises into memctl's errors.

    Args:
        host: who was asked.
        what: what it was about.
        status: gives the status of the answer, which the SDK's exceptions don't have.

    Raises:
        MemctlError: instead of the SDK's own.
    """
    import requests
    from databricks.sdk.errors.base import DatabricksError

    try:
        with quiet_root_logger():
            yield
    except DatabricksError as exc:
        raise status_error(
            status(),
            str(exc.error_code or ""),
            str(exc),
            host,
            what,
            retry_after=exc.retry_after_secs,
        ) from None
    except requests.exceptions.JSONDecodeError:
        raise malformed(host, what) from None
    except requests.RequestException as exc:
        raise request_error(exc, host) from None
    except ValueError as exc:
        # What gets the header of a request: the vendor's command line, a metadata service.
        said = without_debug_info(str(exc))[:_MOST_SHOWN]
        raise CredentialRejected(f"no token for `{host}` is to be had: {said}") from None
    except (TypeError, AttributeError, KeyError, NotImplementedError):
        # What the SDK stumbles over in an answer that is JSON of another form.
        raise malformed(host, what) from None


@contextmanager
def quiet_root_logger() -> Iterator[None]:
    """Keep the SDK from configuring logging: `logging.debug` prints from then on, if nothing has.

    It logs the lack of a ``Retry-After`` so, and each call of the vendor's command line.
    """
    root, nowhere = logging.getLogger(), logging.NullHandler()
    root.addHandler(nowhere)
    try:
        yield
    finally:
        root.removeHandler(nowhere)


def without_debug_info(text: str) -> str:
    """Leave out the configuration that the SDK puts behind its messages."""
    for mark in _DEBUG_INFO:
        text = text.partition(mark)[0]
    return text


def _root_cause(exc: BaseException) -> str:
    """Return in a few words why a connection failed; the libraries wrap the cause several times."""
    found: list[BaseException] = [exc]
    for cause in found:  # grows: each is followed by what it wraps
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        wrapped = [getattr(cause, "reason", None), cause.__cause__, *cause.args]
        found += [each for each in wrapped if isinstance(each, BaseException)]
    return "the connection was closed"

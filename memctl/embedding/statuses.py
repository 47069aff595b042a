"""What a server's answer, or its silence, means as an error of memctl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx

from ..model.address.url import redirected
from ..model.bounded import parse_json
from ..model.errors import (
    BadAnswer,
    CredentialMissing,
    CredentialRejected,
    MemctlError,
    NotPermitted,
    RequestRefused,
    Throttled,
    TimedOut,
    Unreachable,
)
from ..model.redaction import Redactor

if TYPE_CHECKING:
    from pydantic import SecretStr

_MOST_TEXT: Final = 300
_NO_CREDIT: Final = "insufficient_quota"
"""OpenAI's code, under status 429, for an account that has no credit left: waiting won't help."""

_MAY_PASS: Final = frozenset({httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS})
_GOES_ON: Final = "run the same command again later: it goes on from there"
_KEYS: Final = {
    False: (CredentialMissing, "wants a key"),
    True: (CredentialRejected, "does not accept the key"),
}
"""By whether one was sent."""
_SET_KEY: Final = (
    "set `MEMCTL_EMBEDDER_KEY`, or keep one with `memctl config secret set PROFILE embedder_key`"
)


def refusal(response: httpx.Response, text: str, place: str, key: SecretStr | None) -> MemctlError:
    """Name what a status other than success means; no text repeats the key."""
    status, error = response.status_code, _error(text)
    said = _said(error.get("message") or text, key)
    if status == httpx.codes.UNAUTHORIZED:
        kind, what = _KEYS[key is not None]
        return kind(f"`{place}` {what}", hint=_SET_KEY)
    if status == httpx.codes.FORBIDDEN:
        return NotPermitted(f"`{place}` does not permit this{said}")
    if _NO_CREDIT in {error.get("code"), error.get("type")}:
        return NotPermitted(f"the account at `{place}` has no credit left{said}", hint=_GOES_ON)
    if status in _MAY_PASS or response.is_server_error:
        return _failure(response, place, said)
    if httpx.codes.is_redirect(status):
        target = response.headers.get("Location")
        hint = "give the server's own address with `--embedder-url`"
        return redirected(str(response.request.url), status, target, hint=hint)
    return RequestRefused(
        f"`{place}` refuses a request with status {status}{said}",
        hint="check the model's name, and that the URL is the one before `/embeddings`",
        status=status,
        reason=str(error.get("code") or ""),
    )


def _failure(response: httpx.Response, place: str, said: str) -> MemctlError:
    """Name what waiting may mend."""
    wait = _seconds(response.headers.get("Retry-After", ""))
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        message = f"`{place}` takes no more requests for now{said}"
        return Throttled(message, hint=_GOES_ON, retry_after=1.0 if wait is None else wait)
    message = f"`{place}` failed with status {response.status_code}{said}"
    return BadAnswer(message, hint=_GOES_ON, retry_after=wait or 0.0)


def no_answer(place: str, exc: httpx.HTTPError, seconds: float) -> MemctlError:
    """Return why there is no answer."""
    if isinstance(exc, httpx.TimeoutException):
        return TimedOut(
            f"`{place}` did not answer within {seconds:.1f} seconds",
            hint="try again, or wait longer with `--timeout SECONDS`",
        )
    said = " ".join(str(exc).split())[:_MOST_TEXT] or type(exc).__name__
    return Unreachable(
        f"`{place}` can't be reached: {said}",
        hint="check the address and whether the server runs, then try again",
    )


def _error(text: str) -> dict[str, Any]:
    """Find what the server says went wrong: an object under ``error``, else nothing."""
    try:
        body = parse_json(text)
    except ValueError:
        return {}
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str):
        return {"message": error}
    return error if isinstance(error, dict) else {}


def _said(text: object, key: SecretStr | None) -> str:
    """Repeat what the server says, the key left out, for it may say that back."""
    if not isinstance(text, str) or not text.strip():
        return ""
    if key is not None:
        text = Redactor([key.get_secret_value()]).redact(text)
    return f": {' '.join(text.split())[:_MOST_TEXT]}"


def _seconds(value: str) -> float | None:
    """Read the seconds of a ``Retry-After``; the form of a date is left alone."""
    return float(value) if value.replace(".", "", 1).isdecimal() else None

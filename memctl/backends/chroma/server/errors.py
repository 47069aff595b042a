"""What a server's answer, or its silence, means as an error of memctl."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx

from ....model.address.url import redirected
from ....model.bounded import TooLarge, parse_json
from ....model.errors import (
    BadAnswer,
    ConfigurationError,
    CredentialError,
    CredentialMissing,
    CredentialRejected,
    MemctlError,
    NotAStore,
    NotPermitted,
    RequestRefused,
    StoreNotFound,
    TimedOut,
    Unreachable,
    UnsupportedSchema,
    WrongDimension,
)
from ....model.redaction import Redactor

if TYPE_CHECKING:
    from pydantic import SecretStr

    from .address import Address

_MOST_TEXT: Final = 300
_ANOTHER_DIMENSION: Final = "expecting embedding with dimension"
"""In the message of Chroma 1.0 to 1.5, whose error names only an invalid argument."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a request.

    Attributes:
        method: of the request.
        path: of the request.
        status: the HTTP status.
        text: the body.
        target: where it sends the request instead, if anywhere.
    """

    method: str
    path: str
    status: int
    text: str
    target: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether the server did what it was asked."""
        return httpx.codes.is_success(self.status)

    @property
    def error(self) -> dict[str, Any] | None:
        """What Chroma says went wrong: ``error`` and ``message``; `None` where it is not Chroma."""
        try:
            body = parse_json(self.text)
        except ValueError:
            return None
        is_chromas = isinstance(body, dict) and isinstance(body.get("error"), str)
        return body if is_chromas else None


class NotFound(StoreNotFound):
    """The server knows no such thing."""


class Gone(UnsupportedSchema):
    """The server no longer offers what was asked."""


class TooMuchAtOnce(RequestRefused):
    """The server takes no request that large; several smaller ones may do."""


def refusal(address: Address, answer: Answer, token: SecretStr | None) -> MemctlError:
    """Name what a status other than success means; no text repeats the token."""
    if httpx.codes.is_redirect(answer.status):
        url, hint = f"{address.origin}{answer.path}", "give the server's own host, port and `ssl`"
        return redirected(url, answer.status, answer.target, hint=hint)
    error, hint = _meaning(answer, has_token=token is not None)
    said = "" if issubclass(error, CredentialError) else _said(answer, token)
    message = f"`{address.origin}` answers {answer.status} to `{answer.method} {answer.path}`{said}"
    if issubclass(error, RequestRefused):
        return error(message, hint=hint, status=answer.status)
    return error(message, hint=hint)


_SET_IT_ANEW: Final = (
    "set the right token with `memctl config secret set PROFILE token`, "
    "and check the setting `token_header`"
)
_SET_IT: Final = (
    "the server wants a token: run `memctl config secret set PROFILE token`, "
    "or set `MEMCTL_CHROMA_TOKEN`"
)
_QUOTA: Final = "look up the server's quota"
_SEE_LOG: Final = "look into the server's log for why it refuses this"
_OF_WHAT_WAS_SENT: Final = frozenset({400, 409, 422})
"""Statuses that are about the content of a request, so that another content may be taken."""

_MEANINGS: Final[dict[int, tuple[type[MemctlError], str]]] = {
    401: (CredentialRejected, _SET_IT_ANEW),
    403: (NotPermitted, "ask the server's administrator what this token may do, or for another"),
    404: (NotFound, "check host, port, tenant and database"),
    408: (TimedOut, "try again"),
    410: (Gone, "check which Chroma runs there"),
    413: (TooMuchAtOnce, "let the server take larger requests"),
    429: (Unreachable, "the server is asked too often: try again later"),
}


def _meaning(answer: Answer, *, has_token: bool) -> tuple[type[MemctlError], str]:
    if answer.status == httpx.codes.UNAUTHORIZED and not has_token:
        return CredentialMissing, _SET_IT
    if answer.status in _MEANINGS:
        return _MEANINGS[answer.status]
    if httpx.codes.is_server_error(answer.status):
        return Unreachable, "look into the server's log, then try again"
    return _meaning_of_text(answer)


def _meaning_of_text(answer: Answer) -> tuple[type[MemctlError], str]:
    """Tell apart what Chroma answers with one and the same status."""
    if _ANOTHER_DIMENSION in answer.text:
        return WrongDimension, "write it to another store, or embed it again"
    if (answer.error or {}).get("error") == "QuotaError":
        return TooMuchAtOnce, _QUOTA
    if answer.status in _OF_WHAT_WAS_SENT:
        return RequestRefused, _SEE_LOG
    return ConfigurationError, _SEE_LOG


def _said(answer: Answer, token: SecretStr | None) -> str:
    """Repeat what the server says, the token left out, for it may say that back."""
    text = (answer.error or {}).get("message") or answer.text
    if not isinstance(text, str) or not text.strip():
        return ""
    if token is not None:
        text = Redactor([token.get_secret_value()]).redact(text)
    return f": {' '.join(text.split())[:_MOST_TEXT]}"


def not_chroma(address: Address, answer: Answer) -> MemctlError:
    """Return the error of an answer that no Chroma server gives."""
    return NotAStore(
        f"`{address.origin}` does not answer `{answer.method} {answer.path}` as Chroma does",
        hint="check host and port: something else may listen there",
    )


def too_much(address: Address, request: str, exc: TooLarge) -> MemctlError:
    """Return the error of an answer that is larger than any that is asked for."""
    return BadAnswer(
        f"`{address.origin}` gives an answer to `{request}` that can't be read: {exc}",
        hint="check host and port: something else may listen there",
    )


def no_answer(address: Address, exc: httpx.HTTPError, timeout: float) -> MemctlError:
    """Return the error that tells why there is no answer."""
    if isinstance(exc, httpx.TimeoutException):
        return TimedOut(
            f"`{address.origin}` did not answer within {timeout:g} seconds",
            hint="try again, or wait longer with `--timeout SECONDS`",
        )
    hint = "check host and port, and whether the server runs; then try again"
    if _is_about_certificates(exc):
        hint = "let `SSL_CERT_FILE` name the certificates that sign the server's, or check the host"
    elif isinstance(exc, httpx.RemoteProtocolError | httpx.ReadError):
        hint = "check the setting `ssl`, and whether the server runs; then try again"
    said = " ".join(str(exc).split())[:_MOST_TEXT] or type(exc).__name__
    return Unreachable(f"`{address.origin}` can't be reached: {said}", hint=hint)


def _is_about_certificates(exc: BaseException | None) -> bool:
    while exc is not None:
        if isinstance(exc, ssl.SSLCertVerificationError):
            return True
        exc = exc.__cause__ or exc.__context__
    return False

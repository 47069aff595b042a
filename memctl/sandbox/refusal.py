"""The errors that the workspace answers with."""

from __future__ import annotations

from typing import Any
from uuid import uuid4


class Refusal(Exception):
    """The workspace says no.

    Args:
        status: of the answer.
        code: the service's word for it, ``error_code``; token errors have a number there.
        message: what the service says.
        breaks_rules: whether the request is one that the service does not know at all.
    """

    def __init__(
        self, status: int, code: str | int, message: str, *, breaks_rules: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.breaks_rules = breaks_rules

    @property
    def body(self) -> dict[str, Any]:
        """The answer, as the service writes it."""
        request = {
            "@type": "type.googleapis.com/google.rpc.RequestInfo",
            "request_id": str(uuid4()),
            "serving_data": "",
        }
        return {"error_code": self.code, "message": self.message, "details": [request]}


class TokenRefusal(Refusal):
    """The token endpoint says no, in the words of OAuth."""

    @property
    def body(self) -> dict[str, Any]:
        """The answer, as RFC 6749 section 5.2 has it."""
        return {"error": self.code, "error_description": self.message}


def invalid(message: str, *, breaks_rules: bool = False) -> Refusal:
    """Return the refusal of a value: the request is understood, and can't be done."""
    return Refusal(400, "INVALID_PARAMETER_VALUE", message, breaks_rules=breaks_rules)


def malformed(message: str) -> Refusal:
    """Return the refusal of a request that is not of the API: an unknown field, a wrong form."""
    return Refusal(400, "MALFORMED_REQUEST", message, breaks_rules=True)


def not_found(message: str, code: str = "RESOURCE_DOES_NOT_EXIST") -> Refusal:
    """Return the refusal of what is not there."""
    return Refusal(404, code, message)


def exists(message: str, code: str = "RESOURCE_ALREADY_EXISTS") -> Refusal:
    """Return the refusal of a name that is taken."""
    return Refusal(409, code, message)


def denied(message: str) -> Refusal:
    """Return the refusal of a caller who lacks a privilege."""
    return Refusal(403, "PERMISSION_DENIED", message)


def not_imitated(what: str) -> Refusal:
    """Return the refusal of what the service does and the sandbox does not."""
    return Refusal(501, "NOT_IMPLEMENTED", f"the sandbox has no {what}", breaks_rules=True)

"""What `memctl sandbox` says, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Result


@dataclass(frozen=True, slots=True)
class SandboxResult(Result):
    """A sandbox that serves, and its own credentials, which are good for nothing else.

    Attributes:
        url: the workspace's URL.
        catalog: the catalog that is there from the start.
        schema: the schema in it.
        token: the administrator's access token.
        user_token: the token of a user without any right.
        client_id: the service principal's.
        client_secret: the service principal's.
        environment: variable -> value, for what is to work with it.
    """

    url: str
    catalog: str
    schema: str
    token: str
    user_token: str
    client_id: str
    client_secret: str
    environment: dict[str, str]

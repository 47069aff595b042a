"""The options of a sandbox: its times, its limits, and the answer to each open question."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What can be set when a sandbox starts.

    Attributes:
        port: of the workspace; 0 takes a free one.
        token: the administrator's; a random one where none is given.
        catalog: a catalog that exists from the start.
        schema: a schema in it.
        groups: groups that privileges can be granted to, beside the built-in ones.
        provision_seconds: how long an endpoint and an index take to come up.
        deletion_seconds: how long a deleted index keeps its name.
        token_lifetime: seconds that a minted token is good for.
        latency_ms: how long each answer takes at least.
        page_size: rows in a page of a list.
        client_scopes: the scopes that the service principal's secret is allowed.
        stale_reads: whether the first read after each write gives what was there before it.
        unknown_token_status: 403 or 401.
        takes_passwords: whether a user may come in by name and password, as until 2024.
        oversize_status: 413 or 400, for a body above the limit.
        orphans_indexes: whether an endpoint with indexes can be deleted, which orphans them.
        storage_optimized_direct_access: whether such an endpoint takes direct-access indexes.
        indexes_while_provisioning: whether an endpoint takes indexes before it is online.
    """

    port: int = 0
    token: str | None = None
    catalog: str = "ml"
    schema: str = "agents"
    groups: tuple[str, ...] = ("data-team",)
    provision_seconds: float = 0.0
    deletion_seconds: float = 0.0
    token_lifetime: float = 3600.0
    latency_ms: float = 0.0
    page_size: int = 25
    client_scopes: tuple[str, ...] = ("all-apis", "vector-search", "model-serving", "ai-gateway")
    stale_reads: bool = False
    unknown_token_status: int = 403
    takes_passwords: bool = False
    oversize_status: int = 413
    orphans_indexes: bool = True
    storage_optimized_direct_access: bool = True
    indexes_while_provisioning: bool = True

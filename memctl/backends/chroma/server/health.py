"""Judges what a Chroma server tells of itself and its collections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....model.check import Check
from ..checks import OK, WARNING, check_dimension, check_metric, check_owners

if TYPE_CHECKING:
    from ....formats.chroma import StoredCollection
    from .backend import ChromaServer


def check_server(backend: ChromaServer) -> list[Check]:
    """Check the server, then the database, then each collection, then whose rows they are.

    Raises:
        MemctlError: when the server does not answer, or the database is not there.
    """
    stored = backend.store.collections()
    database = backend.remote
    tenant, name = backend.home
    checks = [
        Check("reachable", OK, f"API version {database.version}", "a Chroma server with API v2"),
        _check_connection(backend),
        Check("database", OK, f"{name} of tenant {tenant}", "there"),
        Check("collections", OK, str(len(stored)), "any number"),
        Check("limits", OK, f"{database.page_size} rows per request", "at least 1"),
    ]
    for each in stored:
        checks += _check_collection(backend, each)
    return checks + check_owners(backend)


def _check_connection(backend: ChromaServer) -> Check:
    origin = backend.address.origin
    token = "with a token" if backend.has_token else "without a token"
    return Check(
        "connection",
        OK if origin.is_private else WARNING,
        f"{origin.scheme}, {token}",
        "nobody between can read it",
        None
        if origin.is_private
        else "switch `ssl` on, if the server or a proxy before it offers it",
    )


def _check_collection(backend: ChromaServer, stored: StoredCollection) -> list[Check]:
    checks = [check_dimension(backend, stored), check_metric(backend, stored)]
    counted = backend.rows_in(stored)
    listed = sum(each.count for each in backend.store.tally(stored))
    rows = Check(
        "rows",
        OK if counted == listed else WARNING,
        f"{listed} listed, {counted} counted",
        "as many listed as counted",
        None if counted == listed else "something else is writing to it: verify again",
        backend.full_name(stored),
    )
    return [*filter(None, checks), rows]

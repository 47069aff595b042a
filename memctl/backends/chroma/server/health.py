"""The checks of a Chroma server, its database and its collections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....model.backend.check import Check
from ..checks import OK, WARNING, check_settings

if TYPE_CHECKING:
    from ....formats.chroma import StoredCollection
    from .place import ServerPlace


def check_server(place: ServerPlace) -> list[Check]:
    """Return the checks of the server, then of the database, then of each collection.

    Raises:
        MemctlError: when the server does not answer, or the database is not there.
    """
    stored = place.store.collections()
    database = place.remote
    tenant, name = place.names.home
    checks = [
        Check("reachable", OK, f"API version {database.version}", "a Chroma server with API v2"),
        _check_connection(place),
        Check("database", OK, f"{name} of tenant {tenant}", "there"),
        Check("collections", OK, str(len(stored)), "any number"),
        Check("limits", OK, f"{database.page_size} rows per request", "at least 1"),
    ]
    for each in stored:
        checks += _check_collection(place, each)
    return checks


def _check_connection(place: ServerPlace) -> Check:
    origin = place.address.origin
    token = "with a token" if place.has_token else "without a token"
    return Check(
        "connection",
        OK if origin.is_private else WARNING,
        f"{origin.scheme}, {token}",
        "nobody between can read it",
        None
        if origin.is_private
        else "switch `ssl` on, if the server or a proxy before it offers it",
    )


def _check_collection(place: ServerPlace, stored: StoredCollection) -> list[Check]:
    counted = place.rows_in(stored)
    listed = sum(each.count for each in place.store.tally(stored))
    rows = Check(
        "rows",
        OK if counted == listed else WARNING,
        f"{listed} listed, {counted} counted",
        "as many listed as counted",
        None if counted == listed else "something else is writing to it: verify again",
        place.names.full(stored),
    )
    return [*check_settings(stored, place.names, place.settings), rows]

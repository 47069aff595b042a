"""The steps that make a database on a Chroma server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....model.errors import StoreNotFound
from ..setup import plan_collections

if TYPE_CHECKING:
    from ....model.step import Step
    from ...base import SetupRequest
    from .place import ServerPlace


def plan_database(place: ServerPlace, request: SetupRequest) -> list[Step]:
    """List the steps; a database of another program gets no collections before they are needed.

    Raises:
        StoreNotFound: when the server has no such tenant: no API deletes one again.
    """
    database = place.remote
    if not database.is_there():
        tenant = database.address.home[0]
        if not database.has_tenant():
            raise StoreNotFound(
                f"`{database.address.origin}` has no tenant `{tenant}`",
                hint="check `--tenant`, or have whoever runs the server make it",
            )
        return [CreateDatabase(place), *plan_collections(place, request)]
    if request.source is not None or place.has_own_layout():
        return plan_collections(place, request)
    return []


class CreateDatabase:
    """Make the database in its tenant."""

    def __init__(self, place: ServerPlace) -> None:
        self._place = place
        self.name = f"create database {place.names.home[1]}"

    def find(self) -> bool:
        """Return whether it is there."""
        return self._place.remote.is_there()

    def do(self) -> None:
        """Make it."""
        self._place.remote.create()

    def undo(self) -> None:
        """Delete it, unless somebody has made collections in it."""
        if not self._place.remote.collections():
            self._place.remote.delete()
        self._place.forget_reader()

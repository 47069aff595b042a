"""Opens the store of a profile as one of indexes; a store of another kind is refused."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...backends.base import READ_ONLY
from ...backends.provisioning import ProvisionedBackend, ProvisionRequest
from ...backends.registry import backend_class
from ...model.errors import UnsupportedOperation
from ...model.progress import Silent
from ..connect import open_selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...backends.base import Access
    from ...model.profile import Profile
    from ...model.progress import Progress
    from ...model.results import StoreUsed
    from ..connect import Connection
    from ..selection import Selection

DEFAULT_WAIT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class IndexStore:
    """A store of indexes, open.

    Attributes:
        backend: the store.
        connection: the same with its selection.
        profile: the profile that names the indexes.
    """

    backend: ProvisionedBackend
    connection: Connection
    profile: Profile

    @property
    def used(self) -> StoreUsed:
        """Return which store this is, for results."""
        return self.connection.used


@contextmanager
def open_indexes(selection: Selection, access: Access = READ_ONLY) -> Iterator[IndexStore]:
    """Open the store of a profile that names indexes.

    Raises:
        UnsupportedOperation: when it is a store of another kind.
        MemctlError: when it can't be opened.
    """
    profile = selection.profile
    if profile is None or not issubclass(backend_class(selection.backend), ProvisionedBackend):
        raise UnsupportedOperation(
            f"backend `{selection.backend}` has no indexes that can be managed one by one",
            hint="name a profile of `databricks`; elsewhere `memctl clear` empties a collection",
        )
    with open_selection(selection, access) as connection:
        backend = connection.backend
        assert isinstance(backend, ProvisionedBackend)  # noqa: S101 - its class was asked before
        yield IndexStore(backend, connection, profile)


def provision_request(
    backend: type[ProvisionedBackend], progress: Progress | None, **given: Any
) -> ProvisionRequest:
    """Complete the options of a setup for one index."""
    options = {each.name: each.parse(given.get(each.name)) for each in backend.setup_options}
    return ProvisionRequest(options, progress or Silent())

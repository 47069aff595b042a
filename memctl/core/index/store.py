"""Opens the store of a profile as one of indexes; a store of another kind is refused."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...backends.base import READ_ONLY
from ...backends.facets import Indexed
from ...backends.provisioning import ProvisionRequest
from ...backends.registry import backend_class
from ...model.errors import UnsupportedOperation
from ...model.progress import Silent
from ..connect import open_selection
from ..selection import refuse_shared, select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...backends.base import Access, MemoryBackend
    from ...model.backend.provisioning import ProvisioningInfo
    from ...model.profile import Profile
    from ...model.progress import Progress
    from ...model.results import StoreUsed
    from ..connect import Connection
    from ..selection import Selection, StoreRequest

DEFAULT_WAIT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class IndexStore:
    """A store of indexes, open.

    Attributes:
        backend: the store.
        indexes: the same as a store of indexes.
        connection: the same with its selection.
        profile: the profile that names the indexes.
    """

    backend: MemoryBackend
    indexes: Indexed
    connection: Connection
    profile: Profile

    @property
    def used(self) -> StoreUsed:
        """Return which store this is, for results."""
        return self.connection.used


def select_own(request: StoreRequest) -> Selection:
    """Choose the store of a profile whose indexes are to be changed.

    Raises:
        NoProfileInForce: when it would be the shared group's, for a group without a profile.
        MemctlError: as `select` does.
    """
    selection = select(request)
    refuse_shared(selection, "indexes")
    return selection


@contextmanager
def open_indexes(selection: Selection, access: Access = READ_ONLY) -> Iterator[IndexStore]:
    """Open the store of a profile that names indexes.

    Raises:
        UnsupportedOperation: when it is a store of another kind.
        MemctlError: when it can't be opened.
    """
    profile, provisioning = selection.profile, provisioning_of(selection)
    if profile is None or provisioning is None:
        raise UnsupportedOperation(
            f"backend `{selection.backend}` has no indexes that can be managed one by one",
            hint="name a profile of `databricks`; elsewhere `memctl clear` empties a collection",
        )
    with open_selection(selection, access) as connection:
        indexes = connection.backend.facet(Indexed)
        assert indexes is not None  # noqa: S101 - what is provisioned is made of indexes
        yield IndexStore(connection.backend, indexes, connection, profile)


def provisioning_of(selection: Selection) -> ProvisioningInfo | None:
    """Return how stores of the backend are made of resources, `None` where they are not."""
    return backend_class(selection.backend).info.provisioning


def provision_request(
    selection: Selection, progress: Progress | None, **given: Any
) -> ProvisionRequest:
    """Complete the options of a setup for one index."""
    provisioning = provisioning_of(selection)
    assert provisioning is not None  # noqa: S101 - `open_indexes` has looked
    options = {each.name: each.parse(given.get(each.name)) for each in provisioning.options}
    return ProvisionRequest(options, progress or Silent())

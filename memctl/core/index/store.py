"""Opens the store of a profile as one of indexes; a store of another kind is refused."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...backends.base import READ_ONLY
from ...backends.facets import Indexed
from ...backends.provisioning import ProvisionRequest
from ...model.errors import UnsupportedOperation
from ...model.progress import Silent
from ..connect import open_selection
from ..operations.operation import run_operation
from ..selection import refuse_shared, select

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from ...backends.base import Access, MemoryBackend
    from ...model.backend.provisioning import ProvisioningInfo
    from ...model.profile import Profile
    from ...model.progress import Progress
    from ...model.results import StoreUsed
    from ..connect import Connection
    from ..operations.operation import RunningOperation
    from ..selection import Selection, StoreRequest


@dataclass(frozen=True, slots=True)
class IndexStore:
    """A store of indexes, open.

    Attributes:
        connection: the store.
        indexes: the same as a store of indexes.
        profile: the profile that names the indexes.
        provisioning: how they are made.
    """

    connection: Connection
    indexes: Indexed
    profile: Profile
    provisioning: ProvisioningInfo

    @property
    def backend(self) -> MemoryBackend:
        """The store, as one of records."""
        return self.connection.backend

    @property
    def used(self) -> StoreUsed:
        """Return which store this is, for results."""
        return self.connection.used

    def request(self, progress: Progress | None, **given: Any) -> ProvisionRequest:
        """Complete the options of a setup for one index."""
        options = {
            each.name: each.parse(given.get(each.name)) for each in self.provisioning.options
        }
        return ProvisionRequest(options, progress or Silent())

    def run(
        self, command: str, subject: str, **gone_on: Any
    ) -> AbstractContextManager[RunningOperation]:
        """Journal one run of a command on the profile's indexes."""
        group, redactor = self.profile.group_id, self.connection.redactor
        return run_operation(command, group, subject, redactor=redactor, **gone_on)


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
    profile, provisioning = managed(selection)
    with open_selection(selection, access) as connection:
        indexes = connection.backend.facet(Indexed)
        assert indexes is not None  # noqa: S101 - what is provisioned is made of indexes
        yield IndexStore(connection, indexes, profile, provisioning)


def managed(selection: Selection) -> tuple[Profile, ProvisioningInfo]:
    """Return the profile that names the indexes of a store, and how they are made.

    Raises:
        UnsupportedOperation: when it is a store of another kind, or of no profile.
    """
    provisioning = selection.kind.info.provisioning
    if selection.profile is None or provisioning is None:
        raise UnsupportedOperation(
            f"backend `{selection.backend}` has no indexes that can be managed one by one",
            hint="name a profile of `databricks`; elsewhere `memctl clear` empties a collection",
        )
    return selection.profile, provisioning

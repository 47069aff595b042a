"""Opens the store of a profile as one of indexes; a store of another kind is refused."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...backends.base import READ_ONLY
from ...backends.facets import Indexed
from ...backends.provisioning import ProvisionRequest
from ...model.errors import AnswerIsNo, UnsupportedOperation
from ...model.progress import Silent
from ...model.selector import Selector
from ..clear.counting import count_rows
from ..connect import open_selection
from ..operations.operation import run_operation
from ..selection import refuse_shared, select

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from ...backends.base import Access, MemoryBackend
    from ...model.backend.provisioning import ProvisioningInfo
    from ...model.memory_type import MemoryType
    from ...model.profile import Profile
    from ...model.progress import Progress
    from ...model.results import RowsMeant, StoreUsed
    from ..connect import Connection
    from ..operations.operation import RunningOperation
    from ..selection import Selection, StoreRequest


class OtherGroupsRows(AnswerIsNo):
    """An index that is to be deleted, or made anew, holds rows of other groups."""

    code = "other_groups_rows"


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

    def count(self, *types: MemoryType) -> list[RowsMeant]:
        """Count the rows of every group and of none, by reading them."""
        return list(count_rows(self.backend, Selector(types=frozenset(types)))[0])

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


def refuse_others(
    index: str, rows: Sequence[RowsMeant], group: str | None, *, instead: str = ""
) -> None:
    """Raise where an index holds rows of other groups, or of none.

    Args:
        index: its name, for people.
        rows: what it holds.
        group: the one group whose rows may go; `None` means every group's may.
        instead: another way out, to be named before `--all-groups`.

    Raises:
        OtherGroupsRows: naming them.
    """
    others = [each for each in rows if group is not None and each.group_id != group]
    if others:
        records = sum(each.records for each in others)
        groups = sorted(
            {f"group `{each.group_id}`" if each.group_id else "no group" for each in others}
        )
        raise OtherGroupsRows(
            f"index `{index}` also holds {records} rows of {', '.join(groups[:5])}",
            hint=f"{instead}add `--all-groups`",
        )

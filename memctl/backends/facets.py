"""What only some stores can do, as small interfaces; a store is asked with `facet`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ..model.backend.check import Check
    from ..model.backend.index import IndexFacts
    from ..model.memory_type import MemoryType
    from ..model.record import MemoryRecord
    from ..model.results import DiscoverResult, LoggedIn
    from ..model.selector import Selector
    from ..model.step import Step
    from .collection_clearing import KeptFiles, WholeClearing
    from .provisioning import Provisioning, ProvisionRequest


class StoreFiles(Protocol):
    """The files of a store, which hold all that it holds."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings that a copy is to be read with, beside its place; as JSON, no secret."""

    @property
    def schema(self) -> Mapping[str, int]:
        """The schema level of each part."""

    def copy(self, directory: Path) -> None:
        """Copy one state of the store into a directory that is empty; it is on the disk then.

        Raises:
            StoreLocked: when another process writes to the store all the while.
            DiskFull: when there is no room.
        """


class Snapshotted(ABC):
    """A store in files of this machine, which tells its revision and may be copied as files."""

    @abstractmethod
    def revision(self, memory_type: MemoryType) -> str:
        """Return the state of all records of a type as a text: another one after any write.

        The store is looked at anew each time.
        """

    @abstractmethod
    def size_bytes(self) -> int | None:
        """Return the size of the store's files."""

    def store_files(self) -> StoreFiles | None:
        """Return the store's files, or `None` where records must be copied one by one."""
        return None

    def plan_files(
        self,
        source: Snapshotted,  # noqa: ARG002 - some tell their revision only
        hashes: Mapping[str, str] | None = None,  # noqa: ARG002 - as above
    ) -> Step | None:
        """Return the step that makes this store, which holds no record, what another one is.

        Args:
            source: the other one; all of it is meant.
            hashes: of each file of a backup, as hex by path; `None` for a store that is in use. A
                backup is put back as it is; of a store in use this one's settings are heeded too.

        Returns:
            The step, or `None` where records must be copied one by one.
        """
        return None


class Discoverable(ABC):
    """Stores that are told by their files; asked of the class, since none of them is open yet.

    `registry.classes_with` gives the classes of a facet like this.
    """

    @classmethod
    @abstractmethod
    def find_stores(cls, tops: Sequence[Path]) -> DiscoverResult:
        """Find stores of this backend on this machine, and below directories, by their files."""


class KnowsUsers(ABC):
    """A store that somebody logs in to."""

    @abstractmethod
    def log_in(self) -> LoggedIn:
        """Log in, once, and say as whom.

        Raises:
            CredentialError: when no method of logging in works.
        """


class ClearedWhole(ABC):
    """A store some of whose records can be cleared by whole collections only."""

    @abstractmethod
    def whole_clearing(self, selector: Selector) -> WholeClearing | None:
        """Plan how what a selector means is cleared; `None` where single records can be deleted.

        Raises:
            UnsupportedOperation: when it means a part of a collection.
        """

    @abstractmethod
    def unfinished_clearing(self, undo: Mapping[str, Any]) -> list[Step]:
        """List what a clearing that broke off has left to do after all records were gone."""

    @abstractmethod
    def put_back(self, kept: KeptFiles) -> list[Step]:
        """List the steps that make files what they were before a clearing.

        Raises:
            Conflict: when something was changed since.
        """


class CheckedForDeletion(ABC):
    """A store that would take some deletions and then break off, where a part of it is damaged."""

    @abstractmethod
    def check_deletable(self, collections: frozenset[str]) -> None:
        """Look, before the first deletion from these collections, whether the store can bear it.

        Raises:
            DamagedStore: where it would take some deletions and then break off.
        """


class Columned(ABC):
    """A store of columns, which has none for some fields of a record."""

    @abstractmethod
    def unheld_fields(self, memory_type: MemoryType, record: MemoryRecord) -> list[str]:
        """Name what of a record this store, which is there, has no column for."""


class Settling(ABC):
    """A store that keeps what is written in a passing form first."""

    @abstractmethod
    def settle(self) -> None:
        """Bring what was written into its lasting form; a copy does so before it is compared."""


class Versioned(ABC):
    """A store that keeps earlier versions of itself, and deleted rows in them."""

    @abstractmethod
    def purge_versions(self) -> int:
        """Remove earlier versions, which still hold deleted rows, and count them.

        Raises:
            UnsupportedOperation: when this store keeps none, or is read-only.
        """


class Composed(ABC):
    """A store of several parts, of which a copy reads or writes some."""

    @abstractmethod
    def as_target(self) -> None:
        """Leave out the parts that are only read."""

    @abstractmethod
    def apart_from(self, identity: str) -> None:
        """Leave out the part that is the store of this identity, which is written to."""


class Scoped(ABC):
    """A store whose settings may name a scope, below which records that are copied get a place."""

    @property
    @abstractmethod
    def arrange(self) -> Callable[[MemoryRecord], MemoryRecord] | None:
        """What places a record as the settings say; `None` where they name no scope."""


class Indexed(ABC):
    """A store of indexes, which are made, listed, emptied and deleted one by one."""

    @abstractmethod
    def check_rows(self, group_id: str | None) -> list[Check]:
        """Read every row and judge it: whose it is, and whether a search can find it."""

    @abstractmethod
    def provision(self, request: ProvisionRequest) -> Provisioning:
        """Check all that can be checked without making anything, and list the steps.

        Raises:
            MemctlError: when the store can't be made as it is asked for.
        """

    @abstractmethod
    def list_indexes(self) -> Sequence[IndexFacts]:
        """List the indexes on the endpoints that the settings name, the profile's own first."""

    @abstractmethod
    def name_index(self, name: str) -> tuple[MemoryType | None, str]:
        """Return the memory type and the full name of what was named by either; asks nobody.

        Raises:
            StoreNotFound: when the profile names no index for a memory type.
        """

    @abstractmethod
    def find_index(self, name: str) -> IndexFacts:
        """Look at one index, by its name or by the memory type that it holds.

        Raises:
            StoreNotFound: when there is none.
        """

    @abstractmethod
    def provision_index(self, memory_type: MemoryType, request: ProvisionRequest) -> Provisioning:
        """Plan the index of one memory type, as `provision` does."""

    @abstractmethod
    def save_index(self, name: str) -> dict[str, Any]:
        """Write down, as JSON, all that is needed to make an index again as it is."""

    @abstractmethod
    def recreate_index(
        self, saved: Mapping[str, Any], request: ProvisionRequest, *, is_deleted: bool
    ) -> list[Step]:
        """List the steps that delete an index, unless it is gone, and make it as it was saved."""

    @abstractmethod
    def delete_resources(
        self, names: Sequence[str], endpoints: Sequence[str], request: ProvisionRequest
    ) -> list[Step]:
        """List the steps that delete indexes, and endpoints that serve no other.

        Raises:
            AnswerIsNo: when an endpoint has indexes beside those.
        """


class ServesModels(ABC):
    """A store whose login also opens models."""

    @abstractmethod
    def invoke_model(self, name: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send a body to a served model, try again where that helps, and return its answer.

        Raises:
            StoreNotFound: when no model of that name is served.
            MemctlError: when there is no answer that helps.
        """

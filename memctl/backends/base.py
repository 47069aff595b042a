"""The interface that every memory store offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from ..model.backend.capability import WRITING, Capability
from ..model.backend.collection import OwnerCount
from ..model.errors import UnsupportedOperation
from ..model.records import column_of
from ..model.selector import EVERYTHING, Selector
from .exchange import (
    DEFAULT_BATCH_SIZE,
    READ_ONLY,
    Access,
    Batch,
    Failure,
    FailureReason,
    Hit,
    Partition,
    SetupRequest,
    WriteResult,
)
from .holding import Holds
from .renaming import by_asked_ids, with_held_ids, with_noted_ids
from .shared.dimensions import check_dimensions
from .shared.invalidation import Invalidating
from .shared.ownership import of_same_owners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from pydantic import SecretStr

    from ..model.backend.check import Check
    from ..model.backend.collection import Collection, Description, TallyRow
    from ..model.backend.info import BackendInfo
    from ..model.memory_type import MemoryType
    from ..model.record import MemoryRecord
    from ..model.step import Step

    ReadSecret = Callable[[str], SecretStr | None]

F = TypeVar("F")

__all__ = [
    "DEFAULT_BATCH_SIZE",
    "READ_ONLY",
    "Access",
    "Batch",
    "Failure",
    "FailureReason",
    "Hit",
    "MemoryBackend",
    "Partition",
    "SetupRequest",
    "WriteResult",
]


class MemoryBackend(ABC):
    """One open memory store; a context manager.

    Args:
        settings: as `BackendInfo.parse_settings` returns them.
        read_secret: gives a stored secret by name, for this store's host only.
        access: whether the store may be changed.
    """

    info: ClassVar[BackendInfo]
    holds: ClassVar[Holds] = Holds()
    """What it holds of what a record may be."""

    def __init__(
        self, settings: Mapping[str, Any], *, read_secret: ReadSecret, access: Access = READ_ONLY
    ) -> None:
        """Keep the settings; nothing is opened or created yet."""
        self.settings = settings
        self.read_secret = read_secret
        self.access = access
        self._description: Description | None = None
        self._changes = 0

    @classmethod
    def open(
        cls, settings: Mapping[str, Any], *, read_secret: ReadSecret, access: Access = READ_ONLY
    ) -> Self:
        """Make a connection; a backend of several kinds of store chooses the kind here."""
        return cls(settings, read_secret=read_secret, access=access)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.location}>"

    @property
    @abstractmethod
    def location(self) -> str:
        """Where the store lies, as the user would write it; no secret."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """What makes two connections the same store, however each spells its place."""

    @property
    def writer_lock(self) -> str | None:
        """The name under which writers exclude each other; `None` where the store bears several."""
        return self.identity

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this connection can do: what `info` declares, and no writing without access."""
        return self.info.capabilities - (set() if self.access.writable else WRITING)

    def facet(self, kind: type[F]) -> F | None:
        """Return this store as an interface of `facets`, or `None` where it is none."""
        return self if isinstance(self, kind) else None

    def require(self, capability: Capability, *, as_writer: bool = False) -> None:
        """Raise unless the connection, or with ``as_writer`` one that may write, can do it.

        Raises:
            UnsupportedOperation: naming the backend, the capability and what to do instead.
        """
        if capability not in (self.info.capabilities if as_writer else self.capabilities):
            raise UnsupportedOperation(
                f"backend `{self.info.name}` can't `{capability}` at `{self.location}`",
                hint=self._instead_of(capability),
            )

    def _instead_of(self, capability: Capability) -> str:  # noqa: ARG002 - backends say more
        """Return what to do instead of something that this connection can't do."""
        return "run `memctl backends` to see which backend can"

    def exists(self) -> bool:
        """Return whether the store is there, by looking only."""
        return True

    @abstractmethod
    def check(self) -> list[Check]:
        """Look at the store's health without changing it."""

    def describe(self) -> Description:
        """Return what the collections are like, without counting their rows.

        It is found out once: a connection looks again only after it has itself made or changed a
        collection, by a setup, a write or a deletion.
        """
        found, changes = self._description, self._changes
        if found is None:
            found = self._describe()
            if changes == self._changes:  # else another thread has changed a collection meanwhile
                self._description = found
        return found

    @abstractmethod
    def _describe(self) -> Description:
        """Look at the collections; at most at a fixed number of rows of each."""

    def _forget_description(self) -> None:
        """Look at the collections again when they are asked for next."""
        self._changes += 1
        self._description = None

    def rows_in(self, collection: Collection) -> int:
        """Count the rows of a collection, of every owner; a service's own count may lag behind."""
        wanted = Selector(types=frozenset({collection.type})) if collection.type else EVERYTHING
        counted = self.count_by_owner(wanted)
        return sum(each.records for each in counted if each.collection == collection.name)

    @abstractmethod
    def scan(
        self,
        memory_type: MemoryType,
        selector: Selector = EVERYTHING,
        *,
        batch_size: int = DEFAULT_BATCH_SIZE,
        after: str | None = None,
        until: str | None = None,
        with_embeddings: bool = True,
    ) -> Iterator[Batch]:
        """Stream the records of a type in a stable order; memory is that of one batch.

        A selector with ``ids`` is answered by look-up, not by reading everything.
        """

    @abstractmethod
    def partitions(self, memory_type: MemoryType, n: int) -> list[Partition]:
        """Split the scan order into at most ``n`` parts that cover it without overlap."""

    def count(self, selector: Selector = EVERYTHING) -> int:
        """Count the records that a selector means, exactly."""
        if selector.ids is None and selector.created_before is None:
            return sum(row.records for row in self.tally(selector))
        return sum(len(batch.records) for batch in self._read(selector))

    def tally(self, selector: Selector = EVERYTHING) -> list[TallyRow]:
        """Count by collection, owner, agent and day; ids and age in the selector are not heeded."""
        from .shared.tallying import tally_batches

        return tally_batches(self._read(selector))

    def _read(self, selector: Selector) -> Iterator[Batch]:
        for memory_type in filter(selector.wants, self.describe().types):
            yield from self.scan(memory_type, selector, with_embeddings=False)

    def count_by_owner(self, selector: Selector = EVERYTHING) -> list[OwnerCount]:
        """Count by collection and owner, once or more each; heeds what `tally` heeds."""
        return [
            OwnerCount(row.collection, row.type, row.group_id, row.crew_id, row.records)
            for row in self.tally(selector)
        ]

    def owners(
        self, memory_type: MemoryType, ids: Sequence[str]
    ) -> dict[str, tuple[str | None, str | None]]:
        """Return group and crew of each of these ids that the store holds."""
        wanted = Selector(ids=frozenset(ids))
        return {
            record.id: (record.group_id, record.crew_id)
            for batch in self.scan(memory_type, wanted, with_embeddings=False)
            for record in batch.records
        }

    def upsert(self, memory_type: MemoryType, records: Sequence[MemoryRecord]) -> WriteResult:
        """Write records; one with the id and owner of another replaces it.

        The result names records that were not written, since their id belongs to another crew or
        group, and those that were renamed, since the store can't hold their id.

        Raises:
            WrongDimension: before anything is written.
            UnsupportedOperation: when the store is read-only.
        """
        self.require(Capability.UPSERT)
        described = self.describe()
        if Capability.MIXED_DIMENSIONS not in self.capabilities:
            place = f"`{memory_type}` at `{self.location}`"
            check_dimensions(records, described.dimension(memory_type), place)
        records, asked = with_held_ids(records, self.holds.ids)
        mine, failed = self._of_same_owners(memory_type, records)
        try:
            written = self._write(memory_type, mine) if mine else WriteResult(0)
        finally:
            if not described.has_dimension(memory_type):
                self._forget_description()
        return by_asked_ids(written, failed, asked)

    def delete(
        self, memory_type: MemoryType, ids: Sequence[str], selector: Selector = EVERYTHING
    ) -> WriteResult:
        """Delete the rows of these ids that the selector means; ids that are not there are fine.

        Raises:
            UnsupportedOperation: when the store is read-only.
        """
        self.require(Capability.DELETE)
        try:
            return self._delete(memory_type, ids, selector)
        finally:
            self._forget_description()

    def _of_same_owners(
        self, memory_type: MemoryType, records: Sequence[MemoryRecord]
    ) -> tuple[Sequence[MemoryRecord], dict[str, Failure]]:
        """Look up whose the ids are; a store that compares owners in the write need not."""
        owners = self.owners(memory_type, column_of(records, "id"))
        return of_same_owners(with_noted_ids(records, owners, self.holds.ids), owners)

    @abstractmethod
    def _write(self, memory_type: MemoryType, records: Sequence[MemoryRecord]) -> WriteResult:
        """Write checked records; name the ids that the store refused, and those it renamed."""

    @abstractmethod
    def _delete(
        self, memory_type: MemoryType, ids: Sequence[str], selector: Selector
    ) -> WriteResult:
        """Delete and count what was there."""

    def search(
        self,
        memory_type: MemoryType,
        vector: NDArray[np.float32],
        *,
        limit: int = 10,
        selector: Selector = EVERYTHING,
    ) -> list[Hit]:
        """Find the records nearest to a float32 array of shape ``(dimension,)``, exactly.

        Raises:
            WrongDimension: when stored vectors have another dimension.
        """
        from .shared.ranking import nearest

        metric = self.describe().metric(memory_type)
        return nearest(self.scan(memory_type, selector), vector, metric, limit)

    def plan_setup(self, request: SetupRequest) -> list[Step]:
        """List the steps that make the store ready for the request; each finds what is there."""
        return [Invalidating(each, self._forget_description) for each in self._plan_setup(request)]

    def _plan_setup(self, request: SetupRequest) -> list[Step]:  # noqa: ARG002 - nothing to do here
        """List the steps of a setup."""
        return []

    def finish(self) -> None:  # noqa: B027 - most stores have nothing to complete
        """Complete a store that is written once, after what was written is compared."""

    def close(self) -> None:
        """Close files and connections, and drop what was found out; closing twice is fine."""
        self._forget_description()

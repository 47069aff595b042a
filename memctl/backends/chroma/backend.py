"""Chroma's collections as a memory store; where they lie, `directory` and `server` know."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ...model.capability import Capability
from ...model.errors import UnsupportedOperation
from ...model.records import column_of
from ...model.selector import EVERYTHING, Selector
from ...model.setting import BackendInfo
from ..base import DEFAULT_BATCH_SIZE, READ_ONLY, Access, MemoryBackend, WriteResult
from .names import DEFAULT_HOME, full_name, lies_in
from .reading import Range, Reading
from .rows import is_own_layout
from .server.address import Address, is_url
from .settings import PLACES, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from ...formats.chroma import StoredCollection
    from ...model.collection import Collection, TallyRow
    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from ..base import Batch, Failure, Partition, ReadSecret
    from .store import Store
    from .writer import Writer


class ChromaBackend(MemoryBackend):
    """Collections of one place; a subclass says how the place is read and written."""

    info: ClassVar[BackendInfo] = BackendInfo(
        name="chroma",
        title="a ChromaDB directory or server, memctl's own or any other program's",
        settings=SETTINGS,
        capabilities=frozenset(
            {
                Capability.READ,
                Capability.UPSERT,
                Capability.DELETE,
                Capability.SETUP,
                Capability.PROBE,
            }
        ),
        location_setting="path",
        one_of=PLACES,
        has_setup=True,
    )

    home: tuple[str, str] = DEFAULT_HOME
    """Tenant and database whose collections memctl writes to."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        read_secret: ReadSecret,
        access: Access = READ_ONLY,
    ) -> None:
        """Keep the settings; the place is opened when it is first read or written."""
        super().__init__(settings, read_secret=read_secret, access=access)
        self._resources = ExitStack()
        self._store: Store | None = None
        self._reading: Reading | None = None
        self._writer: Writer | None = None

    @classmethod
    def open(
        cls,
        settings: Mapping[str, Any],
        *,
        read_secret: ReadSecret,
        access: Access = READ_ONLY,
    ) -> Self:
        """Make the connection that fits the place."""
        from .directory.backend import ChromaDirectory
        from .server.backend import ChromaServer

        kind: Any = ChromaServer if "host" in settings else ChromaDirectory
        return kind(settings, read_secret=read_secret, access=access)  # type: ignore[no-any-return]  # both are subclasses

    @classmethod
    def settings_at(cls, place: str) -> dict[str, Any]:
        """Tell a server's URL from a directory."""
        return Address.at(place).settings() if is_url(place) else {"path": place or None}

    @classmethod
    def place_of(cls, settings: Mapping[str, Any]) -> str:
        """Give the directory as it was given, or the server's URL."""
        return Address.of(settings).url if "host" in settings else settings["path"]

    @classmethod
    def secret_host(cls, settings: Mapping[str, Any]) -> str | None:
        """Name the server with scheme and port; a directory has none."""
        return str(Address.of(settings).origin) if "host" in settings else None

    @property
    def location(self) -> str:
        """The directory, as it was given, or the server's URL."""
        return f"chroma:{self.place_of(self.settings)}"

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Reading only, unless it was opened for writing."""
        if self.access.writable:
            return self.info.capabilities
        return frozenset({Capability.READ})

    @abstractmethod
    def open_store(self) -> AbstractContextManager[Store]:
        """Open the place for reading.

        Raises:
            MemctlError: when there is no store, or it can't be read.
        """

    @abstractmethod
    def open_writer(self) -> AbstractContextManager[Writer]:
        """Open the place for writing.

        Raises:
            MemctlError: when it can't be written.
        """

    @abstractmethod
    def rows_in(self, stored: StoredCollection) -> int:
        """Count the rows of a collection."""

    def full_name(self, stored: StoredCollection) -> str:
        """Give a name that no other collection of the place has."""
        return full_name(stored, self.home)

    @property
    def store(self) -> Store:
        """What reads the collections, opened when something is first read."""
        if self._store is None:
            self._store = self._resources.enter_context(self.open_store())
        return self._store

    @property
    def writer(self) -> Writer:
        """What writes rows, opened when something is first written."""
        if self._writer is None:
            self._writer = self._resources.enter_context(self.open_writer())
        return self._writer

    @property
    def reading(self) -> Reading:
        """The store's rows as records; a read-only connection looks for collections just once."""
        if self._reading is None or self.access.writable:
            self._reading = Reading(self, self.store)
        return self._reading

    def collections(self) -> list[Collection]:
        """List every collection with its type and crew."""
        return self.reading.describe()

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
        """Stream the rows of every collection of the type, collection by collection."""
        return self.reading.scan(
            memory_type, selector, Range(after, until, batch_size), with_embeddings=with_embeddings
        )

    def partitions(self, memory_type: MemoryType, n: int) -> list[Partition]:
        """Split the scan order, large collections further than small ones."""
        return self.reading.partitions(memory_type, n)

    def tally(self, selector: Selector = EVERYTHING) -> list[TallyRow]:
        """Count by owner, agent and day, without reading texts or vectors."""
        rows = [
            row
            for memory_type in self.types()
            if selector.wants(memory_type)
            for row in self.reading.tally(memory_type)
        ]
        return [row for row in rows if selector.owner_fits(row.group_id, row.crew_id)]

    def owners(
        self, memory_type: MemoryType, ids: Sequence[str]
    ) -> dict[str, tuple[str | None, str | None]]:
        """Look up group and crew, where all rows are memctl's own without making records.

        Raises:
            UnsupportedOperation: for a writer, when another program made the type's collection.
        """
        if self.access.writable:
            self._own_collection(memory_type)  # says so before anything is written
        collections = self.reading.collections(memory_type)
        if not all(map(is_own_layout, collections)):
            return super().owners(memory_type, ids)
        return {
            id_: owner
            for stored in collections
            for id_, owner in self.store.owners(stored, ids).items()
        }

    def dimension(self, memory_type: MemoryType) -> int | None:
        """Give the dimension of what is there, else the one that the profile asks for."""
        collections = self.reading.collections(memory_type)
        found = [each.dimension for each in collections if each.dimension]
        return found[0] if found else self.settings["dimension"]

    def _own_collection(self, memory_type: MemoryType) -> StoredCollection | None:
        """Find the collection that memctl writes records of the type to.

        Raises:
            UnsupportedOperation: when another program made a collection of that name.
        """
        for stored in self.store.collections():
            if stored.name != memory_type or not lies_in(stored, self.home):
                continue
            if is_own_layout(stored):
                return stored
            raise UnsupportedOperation(
                f"collection `{stored.name}` in `{self.location}` was made by another program, "
                "and memctl writes to none but its own",
                hint=self.other_target,
            )
        return None

    @property
    @abstractmethod
    def other_target(self) -> str:
        """The hint where a collection's name is taken by another program."""

    def has_collection(self, memory_type: MemoryType) -> bool:
        """Say whether memctl's own collection of the type is there."""
        return self._own_collection(memory_type) is not None

    def has_own_layout(self) -> bool:
        """Say whether memctl made a collection of the store, or the store has none at all."""
        stored = self.store.collections()
        return not stored or any(map(is_own_layout, stored))

    def _write(
        self, memory_type: MemoryType, records: Sequence[MemoryRecord]
    ) -> dict[str, Failure]:
        stored = self._own_collection(memory_type)
        if stored is None:
            self.writer.create(memory_type, self.settings["metric"], self.settings["embedder"])
            return self.writer.upsert(memory_type, records, {})
        ids = frozenset(column_of(records, "id"))
        held = {
            row_id: frozenset(metadata)
            for rows in self.store.scan(stored, ids=ids, with_embeddings=False)
            for row_id, metadata in zip(rows.ids, rows.metadatas, strict=True)
        }
        return self.writer.upsert(stored.name, records, held)

    def _delete(
        self, memory_type: MemoryType, ids: Sequence[str], selector: Selector
    ) -> WriteResult:
        meant = replace(selector, ids=frozenset(ids))
        found = self.scan(memory_type, meant, with_embeddings=False)
        batches = [(each.collection, [record.id for record in each.records]) for each in found]
        for collection, row_ids in batches:
            self.writer.delete(collection, row_ids)
        return WriteResult(sum(len(row_ids) for _, row_ids in batches))

    def forget_reader(self) -> None:
        """Open the place anew when it is read next."""
        self._store = self._reading = None

    def close(self) -> None:
        """Close what reads and what writes."""
        self._resources.close()
        self._writer = None
        self.forget_reader()

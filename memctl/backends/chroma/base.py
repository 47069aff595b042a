"""Chroma's collections as a memory store, wherever they lie."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from ...model.backend.capability import Capability
from ...model.backend.info import BackendInfo
from ...model.records import column_of
from ...model.selector import EVERYTHING, Selector
from ..base import DEFAULT_BATCH_SIZE, MemoryBackend, WriteResult
from .reader import ScanRange
from .rows import is_own_layout
from .server.address import Address, is_url
from .settings import PLACES, SETTINGS
from .writer import HOLDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ...model.backend.collection import Collection, TallyRow
    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from ..base import Batch, Failure, Partition
    from ..holding import Holds
    from .place import Place


class ChromaBase(MemoryBackend):
    """Collections of one place, which a subclass makes from its settings."""

    holds: ClassVar[Holds] = HOLDS
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

    @property
    @abstractmethod
    def place(self) -> Place:
        """Where the collections lie; opened when something is first read or written."""

    @classmethod
    def settings_at(cls, place: str) -> dict[str, Any]:
        """Return the settings of a server for a URL, else those of a directory."""
        return Address.at(place).settings() if is_url(place) else {"path": place or None}

    @classmethod
    def place_of(cls, settings: Mapping[str, Any]) -> str:
        """Return the directory as it was given, or the server's URL."""
        return Address.of(settings).url if "host" in settings else settings["path"]

    @classmethod
    def secret_host(cls, settings: Mapping[str, Any]) -> str | None:
        """Return the server with scheme and port, or `None` for a directory."""
        return str(Address.of(settings).origin) if "host" in settings else None

    @property
    def location(self) -> str:
        """The directory, as it was given, or the server's URL."""
        return self.place.location

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Reading only, unless it was opened for writing."""
        if self.access.writable:
            return self.info.capabilities
        return frozenset({Capability.READ})

    def exists(self) -> bool:
        """Return whether a store is there, by looking only."""
        return self.place.exists()

    def collections(self) -> list[Collection]:
        """List every collection with its type and crew."""
        return self.place.reader.describe()

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
        """Yield the rows of every collection of the type, collection by collection."""
        return self.place.reader.scan(
            memory_type,
            selector,
            ScanRange(after, until, batch_size),
            with_embeddings=with_embeddings,
        )

    def partitions(self, memory_type: MemoryType, n: int) -> list[Partition]:
        """Return parts of the scan order; large collections are split further than small ones."""
        return self.place.reader.partitions(memory_type, n)

    def tally(self, selector: Selector = EVERYTHING) -> list[TallyRow]:
        """Return counts by owner, agent and day, without reading texts or vectors."""
        rows = [
            row
            for memory_type in self.types()
            if selector.wants(memory_type)
            for row in self.place.reader.tally(memory_type)
        ]
        return [row for row in rows if selector.owner_fits(row.group_id, row.crew_id)]

    def owners(
        self, memory_type: MemoryType, ids: Sequence[str]
    ) -> dict[str, tuple[str | None, str | None]]:
        """Return group and crew of these ids; rows of memctl's own layout need not be records.

        Raises:
            UnsupportedOperation: for a writer, when another program made the type's collection.
        """
        if self.access.writable:
            self.place.own_collection(memory_type)  # says so before anything is written
        collections = self.place.reader.collections(memory_type)
        if not all(map(is_own_layout, collections)):
            return super().owners(memory_type, ids)
        return {
            record_id: owner
            for stored in collections
            for record_id, owner in self.place.store.owners(stored, ids).items()
        }

    def dimension(self, memory_type: MemoryType) -> int | None:
        """Return the dimension of what is there, else the one that the profile asks for."""
        collections = self.place.reader.collections(memory_type)
        found = [each.dimension for each in collections if each.dimension]
        return found[0] if found else self.settings["dimension"]

    def _write(self, memory_type: MemoryType, records: Sequence[MemoryRecord]) -> WriteResult:
        return WriteResult.of(records, self._upsert(memory_type, records))

    def _upsert(
        self, memory_type: MemoryType, records: Sequence[MemoryRecord]
    ) -> dict[str, Failure]:
        stored = self.place.own_collection(memory_type)
        if stored is None:
            self.place.writer.create(
                memory_type, self.settings["metric"], self.settings["embedder"]
            )
            return self.place.writer.upsert(memory_type, records, {})
        ids = frozenset(column_of(records, "id"))
        held = {
            row_id: frozenset(metadata)
            for rows in self.place.store.scan(stored, ids=ids, with_embeddings=False)
            for row_id, metadata in zip(rows.ids, rows.metadatas, strict=True)
        }
        return self.place.writer.upsert(stored.name, records, held)

    def _delete(
        self, memory_type: MemoryType, ids: Sequence[str], selector: Selector
    ) -> WriteResult:
        meant = replace(selector, ids=frozenset(ids))
        found = self.scan(memory_type, meant, with_embeddings=False)
        batches = [(each.collection, [record.id for record in each.records]) for each in found]
        for collection, row_ids in batches:
            self.place.writer.delete(collection, row_ids)
        return WriteResult(sum(len(row_ids) for _, row_ids in batches))

    def close(self) -> None:
        """Close what reads and what writes."""
        self.place.close()

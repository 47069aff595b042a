"""A Chroma directory as a memory store; how its rows become records, `reading` knows."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...formats.chroma import open_store
from ...model.capability import Capability
from ...model.errors import UnsupportedOperation
from ...model.selector import EVERYTHING, Selector
from ...model.setting import BackendInfo, Setting, SettingKind
from ..base import (
    DEFAULT_BATCH_SIZE,
    READ_ONLY,
    Access,
    MemoryBackend,
)
from .names import is_in_default_database
from .reading import Range, Reading
from .rows import is_own_layout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ...formats.chroma import ChromaStore, StoredCollection
    from ...model.check import Check
    from ...model.collection import Collection, TallyRow
    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from ...model.step import Step
    from ..base import Batch, Failure, Partition, ReadSecret, SetupRequest
    from .writer import Writer

SQLITE_FILE = "chroma.sqlite3"


class ChromaBackend(MemoryBackend):
    """One Chroma directory; reading never opens it with chromadb."""

    info: ClassVar[BackendInfo] = BackendInfo(
        name="chroma",
        title="a ChromaDB directory, memctl's own or any other program's",
        settings=(
            Setting("path", "The store's directory.", SettingKind.PATH, required=True),
            Setting("dimension", "The dimension that vectors should have.", SettingKind.INTEGER),
            Setting(
                "metric",
                "How vectors are ranked.",
                default="cosine",
                choices=("cosine", "l2", "ip"),
            ),
            Setting(
                "map",
                "The memory type of a collection whose name does not say it; repeatable.",
                SettingKind.MAPPING,
            ),
        ),
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
        has_setup=True,
    )

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        read_secret: ReadSecret,
        access: Access = READ_ONLY,
    ) -> None:
        """Keep the settings; the directory is opened when it is first read or written."""
        super().__init__(settings, read_secret=read_secret, access=access)
        self.path = Path(os.path.expanduser(settings["path"]))  # noqa: PTH111 - pathlib's raises where there is no home
        self._resources = ExitStack()
        self._store: ChromaStore | None = None
        self._reading: Reading | None = None
        self._writer: Writer | None = None

    @property
    def location(self) -> str:
        """The directory, as it was given."""
        return f"chroma:{self.settings['path']}"

    @property
    def lock_name(self) -> str | None:
        """The directory's real path."""
        return os.path.realpath(self.path)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Reading only, unless it was opened for writing."""
        if self.access.writable:
            return self.info.capabilities
        return frozenset({Capability.READ})

    def require(self, capability: Capability, *, as_writer: bool = False) -> None:
        """Raise unless it can be done; to a writer, chromadb must be able to open the store.

        Raises:
            UnsupportedOperation: when the connection can't do it.
            UnsupportedSchema: when chromadb would rewrite the store, or can't open it.
        """
        super().require(capability, as_writer=as_writer)
        if as_writer:
            self._check_schema()

    def exists(self) -> bool:
        """Say whether a Chroma store lies there.

        Raises:
            NotPermitted: when the user may not look.
            InvalidSetting: when no directory can have that name.
        """
        from .client import file_error

        try:
            return (self.path / SQLITE_FILE).exists()
        except OSError as exc:
            raise file_error("look at", self.path, exc) from exc

    @property
    def store(self) -> ChromaStore:
        """The reader of the store's files.

        Raises:
            MemctlError: when there is no store, or it can't be read.
        """
        if self._store is None:
            is_live = self._writer is not None
            self._store = self._resources.enter_context(open_store(self.path, is_live=is_live))
        return self._store

    def collections(self) -> list[Collection]:
        """List every collection with its type and crew."""
        return self.reading.describe()

    @property
    def reading(self) -> Reading:
        """The store's rows as records; a read-only connection looks for collections just once."""
        if self._reading is None or self.access.writable:
            self._reading = Reading(self.store, self.settings["map"])
        return self._reading

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
        """Count in SQL, without reading rows."""
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
        """Look up group and crew in the collection that is written to."""
        stored = self._own_collection(memory_type)
        return self.store.owners(stored, ids) if stored else {}

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
            if stored.name != memory_type or not is_in_default_database(stored):
                continue
            if is_own_layout(stored):
                return stored
            raise UnsupportedOperation(
                f"collection `{stored.name}` in `{self.location}` was made by another program, "
                "and memctl writes to none but its own",
                hint="choose another directory as the target",
            )
        return None

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
            self.writer.create(memory_type, self.settings["metric"])
            return self.writer.upsert(memory_type, records, {})
        ids = frozenset(record.id for record in records)
        held = {
            row_id: frozenset(metadata)
            for rows in self.store.scan(stored, ids=ids, with_embeddings=False)
            for row_id, metadata in zip(rows.ids, rows.metadatas, strict=True)
        }
        return self.writer.upsert(stored.name, records, held)

    def _delete(self, memory_type: MemoryType, ids: Sequence[str], selector: Selector) -> int:
        meant = replace(selector, ids=frozenset(ids))
        found = self.scan(memory_type, meant, with_embeddings=False)
        batches = [(each.collection, [record.id for record in each.records]) for each in found]
        for collection, row_ids in batches:
            self.writer.delete(collection, row_ids)
        return sum(len(row_ids) for _, row_ids in batches)

    @property
    def writer(self) -> Writer:
        """Chromadb's client on the directory, opened when something is first written.

        Raises:
            UnsupportedSchema: when the store is of another schema level than chromadb makes.
        """
        if self._writer is None:
            from .client import open_client
            from .writer import Writer

            self._check_schema()
            client = self._resources.enter_context(open_client(self.path))
            self._writer = Writer(client, self.path)
            self.forget_reader()
        return self._writer

    def _check_schema(self) -> None:
        from .upgrade import check_schema

        check_schema(self.store.schema, self.path, is_allowed=self.access.upgrade)

    def plan_setup(self, request: SetupRequest) -> list[Step]:
        """List the steps to a store with a collection for each type."""
        from .setup import plan_store

        return plan_store(self, request)

    def check(self) -> list[Check]:
        """Look at schema, vectors, rows, queue and files."""
        from .health import check_store

        return check_store(self)

    def size_bytes(self) -> int | None:
        """Add up the store's own files."""
        return self.store.inspect().size

    def forget_reader(self) -> None:
        """Open the files anew next time.

        A store has been made where there was none, or what was read so far may be a private copy,
        which does not see what is written from now on.
        """
        self._store = self._reading = None

    def close(self) -> None:
        """Close the reader and, where something was written, chromadb's client."""
        self._resources.close()
        self._store = self._reading = self._writer = None

"""CrewAI's memory in a directory as a memory store."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from ...formats.crewai import Kind
from ...model.backend.capability import Capability
from ...model.backend.collection import Description
from ...model.backend.info import BackendInfo
from ...model.errors import UnsupportedSchema
from ...model.selector import EVERYTHING, Selector
from ...model.setting import EMBEDDER_SETTINGS, Setting, SettingKind
from ..base import DEFAULT_BATCH_SIZE, READ_ONLY, Access, MemoryBackend, WriteResult
from ..facets import ClearedWhole, Composed, Discoverable, Scoped, Snapshotted, Versioned
from ..shared.sections import ScanRange, SectionReader
from .place import LEGACY, Place
from .store import OpenStore
from .unified.scopes import check_scope, place_in
from .unified.table import create_table
from .unified.writer import HOLDS, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ...model.backend.check import Check
    from ...model.backend.collection import Collection, TallyRow
    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from ...model.results import DiscoverResult
    from ...model.step import Step
    from ..base import Batch, Partition, ReadSecret, SetupRequest
    from ..collection_clearing import KeptFiles, WholeClearing
    from ..holding import Holds
    from .unified.memory import UnifiedMemory


class CrewaiBackend(
    MemoryBackend, Snapshotted, ClearedWhole, Versioned, Composed, Scoped, Discoverable
):
    """A storage directory of CrewAI, or this project's own; only unified memory is written."""

    holds: ClassVar[Holds] = HOLDS
    info: ClassVar[BackendInfo] = BackendInfo(
        name="crewai",
        title="CrewAI's own memory, of every generation",
        settings=(
            Setting(
                "path",
                "CrewAI's storage directory; without it, the working directory's project.",
                SettingKind.PATH,
            ),
            Setting("scope", "Where written records are placed, such as `/crew/NAME`."),
            Setting("dimension", "The dimension that vectors should have.", SettingKind.INTEGER),
            *EMBEDDER_SETTINGS,
        ),
        capabilities=frozenset(
            {
                Capability.READ,
                Capability.UPSERT,
                Capability.DELETE,
                Capability.SETUP,
                Capability.PURGE_VERSIONS,
                Capability.CLEAR_WHOLE,
            }
        ),
        location_setting="path",
        knows_groups=False,
    )

    def __init__(
        self, settings: Mapping[str, Any], *, read_secret: ReadSecret, access: Access = READ_ONLY
    ) -> None:
        """Keep the settings; the parts are opened at the first read or write."""
        super().__init__(settings, read_secret=read_secret, access=access)
        scope = settings["scope"]
        self._scope = check_scope(scope) if scope is not None else None
        self.place = Place(settings["path"])
        self._store: OpenStore | None = None

    @classmethod
    def find_stores(cls, tops: Sequence[Path]) -> DiscoverResult:
        """Search where CrewAI and Kasal keep memory, and below the given directories."""
        from .discovery import find_stores

        return find_stores(tops)

    @property
    def location(self) -> str:
        """The directory as it was given, or this project's own if that is a single one."""
        return self.place.location

    @property
    def identity(self) -> str:
        """The real path of the table, or of the directory if the table was left out."""
        return self.place.real_path

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Reading always, writing to unified memory, deleting if there is no older memory."""
        found = {Capability.READ}
        if self.access.writable and self.place.storage.of(*LEGACY):
            found.add(Capability.CLEAR_WHOLE)
        if not self.access.writable or not self.place.is_one_table:
            return frozenset(found)
        found.add(Capability.SETUP)
        if self.place.has_room:
            found.add(Capability.UPSERT)
            if not self.place.storage.of(*LEGACY):
                found |= {Capability.DELETE, Capability.PURGE_VERSIONS}
        return frozenset(found)

    def require(self, capability: Capability, *, as_writer: bool = False) -> None:
        """Raise unless the store can do it, now or once it is opened for writing."""
        if as_writer and not self.access.writable:
            writer = type(self)(
                self.settings, read_secret=self.read_secret, access=Access(writable=True)
            )
            writer.require(capability)
            return
        super().require(capability, as_writer=as_writer)

    def _instead_of(self, capability: Capability) -> str:
        """Return a hint that names the unified memory alone, or the place to migrate to."""
        storage = self.place.storage
        if capability is Capability.PURGE_VERSIONS and not storage.of(Kind.UNIFIED):
            return "leave it out: memory of CrewAI up to 1.9 has no earlier versions"
        if storage.is_many:
            return f"name one of its directories: `--at {self.location}/NAME`"
        if storage.of(Kind.UNIFIED):
            return f"name its unified memory alone: `--at crewai:{self.place.unified_directory}`"
        return (
            "memory of CrewAI up to 1.9 is only read; move it with "
            f"`memctl migrate {self.location} crewai:NEW --scope /crew/NAME`"
        )

    def exists(self) -> bool:
        """Return whether any memory lies there."""
        return self.place.storage.has_memory

    @property
    def store(self) -> OpenStore:
        """The open parts of the store.

        Raises:
            StoreNotFound: when nothing of CrewAI's lies there.
            UnsupportedSchema: when all of it is kept by qdrant-edge.
            MemctlError: when a part can't be opened.
        """
        if self._store is None:
            parts = self.place.storage.parts
            kinds = {part.kind for part in parts}
            if Kind.QDRANT_EDGE in kinds and kinds.isdisjoint({*LEGACY, Kind.UNIFIED}):
                raise UnsupportedSchema(
                    f"the memory at `{self.location}` is kept by qdrant-edge, which memctl "
                    "can't read",
                    hint="let the crew keep its memory in LanceDB, CrewAI's own default",
                )
            if not kinds and not self.access.writable:
                raise self.place.not_found()
            self._store = OpenStore(parts)
        return self._store

    def _describe(self) -> Description:
        """Return every collection, also knowledge and other tables that hold no memory.

        A table has one dimension for all types; else the settings say it.
        """
        dimensions = [memory.table.dimension for memory in self.store.unified]
        dimension = dimensions[0] if dimensions else self.settings["dimension"]
        return Description(self.store.collections(), dimension)

    def rows_in(self, collection: Collection) -> int:
        """Count the rows of a collection, one without memory too."""
        return self.store.rows_in(collection)

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
        """Yield batches of the records of a type, part by part."""
        bounds = ScanRange(after, until, batch_size)
        return self._reading(memory_type).scan(selector, bounds, with_embeddings=with_embeddings)

    def partitions(self, memory_type: MemoryType, n: int) -> list[Partition]:
        """Split the scan order; large parts are split into more ranges."""
        return self._reading(memory_type).partitions(n)

    def _reading(self, memory_type: MemoryType) -> SectionReader:
        return SectionReader(self.store.sections(memory_type), self.location)

    def tally(self, selector: Selector = EVERYTHING) -> list[TallyRow]:
        """Count by owner, agent and day without reading texts or vectors."""
        return [
            row
            for memory_type in filter(selector.wants, self.describe().types)
            for row in self._reading(memory_type).tally(selector)
        ]

    def revision(self, memory_type: MemoryType) -> str:
        """Return the revisions of the type's sections."""
        return " ".join(each.revision() for each in self.store.sections(memory_type))

    @property
    def arrange(self) -> Callable[[MemoryRecord], MemoryRecord] | None:
        """The function that moves a record below the given scope, if one was given."""
        return None if self._scope is None else partial(place_in, base=self._scope)

    def as_target(self) -> None:
        """Leave out memory of CrewAI up to 1.9, which is never written."""
        self.close()
        self.place.keep_unified()

    def apart_from(self, identity: str) -> None:
        """Leave out the table with this lock if there is older memory beside it."""
        self.close()
        self.place.leave_out(identity)

    @property
    def _writer(self) -> Writer:
        return Writer(self.store.unified, self._create_table)

    def _create_table(self, dimension: int) -> UnifiedMemory:
        """Create the table with the first record, whose dimension it takes."""
        create_table(self.place.unified_directory, dimension)
        self.forget()
        (memory,) = self.store.unified
        return memory

    def _write(
        self,
        memory_type: MemoryType,  # noqa: ARG002 - one table holds every type
        records: Sequence[MemoryRecord],
    ) -> WriteResult:
        return WriteResult.of(records, self._writer.upsert(records))

    def _delete(
        self, memory_type: MemoryType, ids: Sequence[str], selector: Selector
    ) -> WriteResult:
        meant = replace(selector, ids=frozenset(ids))
        return WriteResult(self._writer.delete(memory_type, meant))

    def whole_clearing(self, selector: Selector) -> WholeClearing | None:
        """Plan the clearing of collections up to CrewAI 1.9; `None` if none is meant."""
        from .clearing.plan import plan_clearing

        if not self.place.storage.of(*LEGACY):
            return None
        return plan_clearing(self.place, self.store, selector, self.require, self.forget)

    def unfinished_clearing(self, undo: Mapping[str, Any]) -> list[Step]:
        """List the steps that a clearing which broke off left to do."""
        from .clearing.plan import unfinished

        return unfinished(self.place.root, undo, self.forget)

    def put_back(self, kept: KeptFiles) -> list[Step]:
        """List the steps that restore cleared collections."""
        from .clearing.file_restore import plan_restore

        self.require(Capability.CLEAR_WHOLE, as_writer=True)
        return plan_restore(self.place.root, kept, self.forget)

    def purge_versions(self) -> int:
        """Remove deleted rows from every file; return how many versions were removed."""
        self.require(Capability.PURGE_VERSIONS)
        return sum(memory.table.purge() for memory in self.store.unified)

    def _plan_setup(self, request: SetupRequest) -> list[Step]:  # noqa: ARG002 - one table holds every type
        """List the one step, which makes the directory of the table."""
        from .unified.setup import MakeDirectory

        return [MakeDirectory(self.place.unified_directory, self.forget)]

    def check(self) -> list[Check]:
        """Check the store and each of its parts."""
        from .health import check_store

        return check_store(self.store, self.location, self.settings["dimension"])

    def size_bytes(self) -> int | None:
        """Return the size of all files of all parts."""
        from .sizes import size_of

        return sum(size_of(part) for part in self.place.storage.parts)

    def forget(self) -> None:
        """Close the parts and look again at the next use, after files were changed."""
        self.close()
        self.place.forget()

    def close(self) -> None:
        """Close all files."""
        super().close()
        if self._store is not None:
            self._store.close()
            self._store = None

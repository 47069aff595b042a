"""CrewAI's memory in a directory as a memory store; which parts it has, `formats.crewai` says."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from ...formats.crewai import Kind
from ...model.capability import Capability
from ...model.errors import UnsupportedSchema
from ...model.selector import EVERYTHING, Selector
from ...model.setting import EMBEDDER_SETTINGS, BackendInfo, Setting, SettingKind
from ..base import DEFAULT_BATCH_SIZE, READ_ONLY, Access, MemoryBackend, WriteResult
from ..facets import ClearedWhole, Composed, Scoped, Snapshotted, Versioned
from .place import LEGACY, Place
from .scopes import check_scope, place_in
from .sections import Range, Reading
from .store import OpenStore
from .writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ...model.check import Check
    from ...model.collection import Collection, TallyRow
    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from ...model.results import DiscoverResult
    from ...model.step import Step
    from ..base import Batch, Failure, Partition, ReadSecret, SetupRequest
    from ..whole_clearing import KeptFiles, WholeClearing


class CrewaiBackend(MemoryBackend, Snapshotted, ClearedWhole, Versioned, Composed, Scoped):
    """One directory of CrewAI's, or this project's own; only unified memory is ever written."""

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
        self,
        settings: Mapping[str, Any],
        *,
        read_secret: ReadSecret,
        access: Access = READ_ONLY,
    ) -> None:
        """Keep the settings; the parts are opened when they are first read or written."""
        super().__init__(settings, read_secret=read_secret, access=access)
        scope = settings["scope"]
        self._scope = check_scope(scope) if scope is not None else None
        self.place = Place(settings["path"])
        self._store: OpenStore | None = None

    @classmethod
    def find_stores(cls, tops: Sequence[Path]) -> DiscoverResult:
        """Look in every place of CrewAI's and Kasal's, and below the given directories."""
        from .discovery import find_stores

        return find_stores(tops)

    @property
    def location(self) -> str:
        """The directory, as it was given; this project's own where it lies in one directory."""
        return f"crewai:{self.place}"

    @property
    def lock_name(self) -> str | None:
        """The real path of what is written; where that was left out, of the directory."""
        return self.place.real_path

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Reading; writing to unified memory; deleting where there is nothing else."""
        found = {Capability.READ}
        if self.access.writable and self.place.layout.of(*LEGACY):
            found.add(Capability.CLEAR_WHOLE)
        if not self.access.writable or not self.place.is_one_table:
            return frozenset(found)
        found.add(Capability.SETUP)
        if self.place.has_room:
            found.add(Capability.UPSERT)
            if not self.place.layout.of(*LEGACY):
                found |= {Capability.DELETE, Capability.PURGE_VERSIONS}
        return frozenset(found)

    def require(self, capability: Capability, *, as_writer: bool = False) -> None:
        """Raise unless it can be done, now or once it is opened for writing."""
        if as_writer and not self.access.writable:
            writer = type(self)(
                self.settings, read_secret=self.read_secret, access=Access(writable=True)
            )
            writer.require(capability)
            return
        super().require(capability, as_writer=as_writer)

    def instead_of(self, capability: Capability) -> str:
        """Name the unified memory alone, or the place to migrate to."""
        layout = self.place.layout
        if capability is Capability.PURGE_VERSIONS and not layout.of(Kind.UNIFIED):
            return "leave it out: memory of CrewAI up to 1.9 has no earlier versions"
        if layout.is_many:
            return f"name one of its directories: `--at {self.location}/NAME`"
        if layout.of(Kind.UNIFIED):
            return f"name its unified memory alone: `--at crewai:{self.place.unified_directory}`"
        return (
            "memory of CrewAI up to 1.9 is only read; move it with "
            f"`memctl migrate {self.location} crewai:NEW --scope /crew/NAME`"
        )

    def exists(self) -> bool:
        """Say whether any memory lies there."""
        return self.place.layout.has_memory

    @property
    def store(self) -> OpenStore:
        """The open parts.

        Raises:
            StoreNotFound: when nothing of CrewAI's lies there.
            UnsupportedSchema: when all of it is kept by qdrant-edge.
            MemctlError: when a part can't be opened.
        """
        if self._store is None:
            parts = self.place.layout.parts
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

    def types(self) -> list[MemoryType]:
        """List the memory types that are there."""
        return self.store.types()

    def collections(self) -> list[Collection]:
        """List every collection, knowledge and what is no memory too."""
        return self.store.collections()

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
        """Stream the records of a type, part by part."""
        part = Range(after, until, batch_size)
        return self._reading(memory_type).scan(
            memory_type, selector, part, with_embeddings=with_embeddings
        )

    def partitions(self, memory_type: MemoryType, n: int) -> list[Partition]:
        """Split the scan order, large parts further than small ones."""
        return self._reading(memory_type).partitions(memory_type, n)

    def _reading(self, memory_type: MemoryType) -> Reading:
        return Reading(self.store.sections(memory_type), self.location)

    def tally(self, selector: Selector = EVERYTHING) -> list[TallyRow]:
        """Count without reading texts or vectors."""
        return [
            row
            for memory_type in self.types()
            if selector.wants(memory_type)
            for section in self.store.sections(memory_type)
            for row in section.tally()
            if selector.owner_fits(row.group_id, row.crew_id)
        ]

    def revision(self, memory_type: MemoryType) -> str:
        """Name the revision of each section of the type."""
        return " ".join(each.revision() for each in self.store.sections(memory_type))

    @property
    def arrange(self) -> Callable[[MemoryRecord], MemoryRecord] | None:
        """What places a record below the scope that was given, if one was."""
        return None if self._scope is None else partial(place_in, base=self._scope)

    def as_target(self) -> None:
        """Leave out memory of CrewAI up to 1.9: what is written has no place in it."""
        self.close()
        self.place.keep_unified()

    def apart_from(self, writer_lock: str | None) -> None:
        """Leave out the table that is written to, where there is older memory beside it."""
        self.close()
        self.place.leave_out(writer_lock)

    def dimension(self, memory_type: MemoryType) -> int | None:
        """Give the table's dimension, else the one that the profile asks for."""
        if self.access.writable or self.place.layout.of(Kind.UNIFIED):
            for memory in self.store.unified:
                return memory.table.dimension
        return super().dimension(memory_type) or self.settings["dimension"]

    @property
    def writer(self) -> Writer:
        """What writes to the table, which is made with the first record."""
        return Writer(self)

    def _write(
        self,
        memory_type: MemoryType,  # noqa: ARG002 - one table holds every type
        records: Sequence[MemoryRecord],
    ) -> dict[str, Failure]:
        return self.writer.upsert(records)

    def _delete(
        self, memory_type: MemoryType, ids: Sequence[str], selector: Selector
    ) -> WriteResult:
        meant = replace(selector, ids=frozenset(ids))
        return WriteResult(self.writer.delete(memory_type, meant))

    def whole_clearing(self, selector: Selector) -> WholeClearing | None:
        """Say which collections of memory up to CrewAI 1.9 are meant, if there is such memory."""
        from .clearing import plan_clearing

        return plan_clearing(self, selector)

    def unfinished_clearing(self, undo: Mapping[str, Any]) -> list[Step]:
        """List what a clearing that broke off has left behind."""
        from .clearing import unfinished

        return unfinished(self, undo)

    def put_back(self, kept: KeptFiles) -> list[Step]:
        """List the steps that put cleared collections back."""
        from .putting_back import plan_return

        return plan_return(self, kept)

    def purge_versions(self) -> int:
        """Let no file of the table hold deleted rows; return how many versions were forgotten."""
        self.require(Capability.PURGE_VERSIONS)
        return sum(memory.table.purge() for memory in self.store.unified)

    def plan_setup(self, request: SetupRequest) -> list[Step]:  # noqa: ARG002 - one table holds every type
        """List the one step to a place for unified memory."""
        from .setup import plan_directory

        return plan_directory(self)

    def check(self) -> list[Check]:
        """Look at every part."""
        from .health import check_store

        return check_store(self)

    def size_bytes(self) -> int | None:
        """Add up the files of every part."""
        from .sizes import size_of

        return sum(size_of(part) for part in self.place.layout.parts)

    def forget(self) -> None:
        """Look anew what is there: a table was made, or a directory."""
        self.close()
        self.place.forget()

    def close(self) -> None:
        """Let go of all files."""
        if self._store is not None:
            self._store.close()
            self._store = None

"""The archive as a memory store."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, cast

from ...model.backend.capability import Capability
from ...model.backend.collection import Collection, OwnerCount
from ...model.backend.info import BackendInfo
from ...model.errors import DamagedStore
from ...model.memory_type import MemoryType
from ...model.selector import EVERYTHING, Selector
from ...model.setting import EMBEDDER_SETTINGS, Setting, SettingKind
from ..base import DEFAULT_BATCH_SIZE, READ_ONLY, Access, MemoryBackend, Partition, WriteResult
from ..holding import Holds
from .errors import naming
from .place import find_place
from .setup import BeginArchive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ...model.backend.check import Check
    from ...model.record import MemoryRecord
    from ...model.step import Step
    from ..base import Batch, ReadSecret, SetupRequest
    from .parts.reader import FinishedArchive
    from .writer import UnfinishedArchive

_READING = frozenset({Capability.READ, Capability.ROWS_WITHOUT_VECTORS})
"""Read-only connections have both: a dry run asks one what the archive could hold."""

_WRITING = _READING | {Capability.UPSERT, Capability.DELETE, Capability.SETUP}


class ArchiveBackend(MemoryBackend):
    """A directory of Parquet files and a manifest: written once, then only read.

    Until `finish` the archive grows in the directory ``PATH.partial`` beside its place; a writable
    connection continues one that lies there.
    """

    holds: ClassVar[Holds] = Holds(half_characters=False, odd_numbers=False)
    info: ClassVar[BackendInfo] = BackendInfo(
        name="archive",
        title="a directory of Parquet files, for backups and for other programs",
        settings=(
            Setting(
                "path",
                "The archive's directory; to write one, a directory that does not exist yet.",
                kind=SettingKind.PATH,
                required=True,
            ),
            *EMBEDDER_SETTINGS,
        ),
        capabilities=_WRITING,
        location_setting="path",
    )

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        read_secret: ReadSecret,
        access: Access = READ_ONLY,
    ) -> None:
        """Resolve the path; nothing is opened or created yet."""
        super().__init__(settings, read_secret=read_secret, access=access)
        self._place = find_place(settings["path"])
        self._archive: FinishedArchive | UnfinishedArchive | None = None

    @property
    def location(self) -> str:
        """``archive:`` and the path as it was given."""
        return f"archive:{self.settings['path']}"

    @property
    def identity(self) -> str:
        """The path without symbolic links."""
        return str(self._place.path)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """All while the archive is being written, only reading once it is finished."""
        return _WRITING if self._can_write() else _READING

    def require(self, capability: Capability, *, as_writer: bool = False) -> None:
        """Raise unless the archive can do it; a finished one can't be written."""
        super().require(capability, as_writer=as_writer and not self._place.is_finished())

    def instead_of(self, capability: Capability) -> str:
        """Return a hint: an archive is written once, and some things it can never do."""
        if capability not in _WRITING:
            return super().instead_of(capability)
        if capability is Capability.DELETE:
            return "an archive is written once: copy what is to stay to a new one"
        return "an archive is written once: choose a directory that does not exist yet"

    def exists(self) -> bool:
        """Return whether there is a finished archive, or for a writer an unfinished one.

        Raises:
            NotAStore: when something else lies there.
        """
        return self._place.is_finished() or (self.access.writable and self._place.is_unfinished())

    def check(self) -> list[Check]:
        """Compare every file with the manifest; damage is returned as a problem, not raised.

        Raises:
            StoreNotFound: when there is no archive.
            NotAStore: when something else lies there.
            UnsupportedSchema: when a later memctl wrote it.
        """
        from .checks import check_finished, check_unfinished

        if self._place.is_finished():
            return check_finished(self._place.path)
        return check_unfinished(self._open_unfinished())

    def collections(self) -> list[Collection]:
        """List one collection per memory type that was written or requested."""
        archive = self._open()
        return [
            Collection(
                name=memory_type,
                type=memory_type,
                records=sum(part.records for part in archive.reader.parts(memory_type)),
                dimension=self.dimension(memory_type),
                metric=archive.manifest.metric,
                embedder=archive.manifest.embedder,
            )
            for memory_type in MemoryType
            if memory_type in archive.manifest.types or archive.reader.parts(memory_type)
        ]

    def dimension(self, memory_type: MemoryType) -> int | None:
        """Return the dimension of a type's vectors."""
        return self._open().reader.dimensions.get(memory_type)

    def count(self, selector: Selector = EVERYTHING) -> int:
        """Return how many records a selector means, from the manifest if that is enough."""
        if selector.ids is None and selector.created_before is None:
            return sum(each.records for each in self.count_by_owner(selector))
        return super().count(selector)

    def count_by_owner(self, selector: Selector = EVERYTHING) -> list[OwnerCount]:
        """Return the counts of the manifest; an unfinished archive is read for them."""
        manifest = self._open().manifest
        if not manifest.finished:
            return super().count_by_owner(selector)
        return [
            OwnerCount(memory_type, memory_type, *owner, records)
            for memory_type, contents in manifest.types.items()
            if selector.wants(memory_type)
            for owner, records in contents.owners.items()
            if selector.owner_fits(*owner)
        ]

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
        """Yield records in the order in which they were written; vectors are read-only arrays.

        Raises:
            DamagedStore: when a part is missing or not what was written.
            ConfigurationError: when a cursor is not one of an archive.
        """
        from .parts.scan import scan

        batches = scan(
            self._open().reader,
            memory_type,
            selector,
            batch_size=batch_size,
            after=after,
            until=until,
            with_embeddings=with_embeddings,
        )
        return self._named(batches)

    def partitions(self, memory_type: MemoryType, n: int) -> list[Partition]:
        """Split the scan order at the ends of files."""
        from .parts.scan import partitions

        return partitions(self._open().reader, memory_type, n)

    def plan_setup(self, request: SetupRequest) -> list[Step]:
        """List the one step, which begins an archive."""
        return [BeginArchive(self._place, request)]

    def finish(self) -> None:
        """Complete the archive and rename it into place; from now on it is read-only.

        Raises:
            StoreNotFound: when none was begun.
            DamagedStore: when what was written can't be read back.
        """
        if self._can_write():
            with self._changing() as archive:
                archive.finish()
            self._archive = None

    def close(self) -> None:
        """Drop what was read; no file is open."""
        self._archive = None

    def _write(self, memory_type: MemoryType, records: Sequence[MemoryRecord]) -> WriteResult:
        with self._changing() as archive:
            return WriteResult.of(records, archive.write(memory_type, records))

    def _delete(
        self, memory_type: MemoryType, ids: Sequence[str], selector: Selector
    ) -> WriteResult:
        with self._changing() as archive:
            return WriteResult(archive.delete(memory_type, ids, selector))

    def _can_write(self) -> bool:
        return self.access.writable and not self._place.is_finished()

    def _named(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        with naming(self.location):
            yield from batches

    def _open(self) -> FinishedArchive | UnfinishedArchive:
        if self._archive is None:
            with naming(self.location):
                self._archive = self._opened()
        return self._archive

    def _opened(self) -> FinishedArchive | UnfinishedArchive:
        if not self._place.is_finished():
            return self._open_unfinished()
        from .parts.reader import FinishedArchive

        return FinishedArchive(self._place.path)

    def _open_unfinished(self) -> UnfinishedArchive:
        if not (self.access.writable and self._place.is_unfinished()):
            raise self._place.not_found()
        from .writer import UnfinishedArchive

        try:
            return UnfinishedArchive(self._place)
        except DamagedStore as exc:
            exc.hint = f"remove `{self._place.partial}`, and run the same copy again"
            raise

    @contextmanager
    def _changing(self) -> Iterator[UnfinishedArchive]:
        """Yield the unfinished archive; after an error it is opened anew, which repairs it."""
        archive = self._open()
        try:
            with naming(self.location):
                yield cast("UnfinishedArchive", archive)
        except BaseException:
            self._archive = None
            raise

"""A Chroma directory as a memory store: looking never opens it with chromadb."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ....formats.chroma import open_store
from ....formats.chroma.snapshot import SQLITE_FILE
from ...base import READ_ONLY, Access
from ...facets import Snapshotted
from ..base import ChromaBase
from ..reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ....formats.chroma import ChromaStore, StoredCollection
    from ....model.capability import Capability
    from ....model.check import Check
    from ....model.memory_type import MemoryType
    from ....model.step import Step
    from ...base import ReadSecret, SetupRequest
    from ..writer import Writer
    from .files import DirectoryFiles
    from .writer import ClientWriter


class ChromaDirectory(ChromaBase, Snapshotted):
    """One Chroma directory; reading never opens it with chromadb."""

    other_target = "choose another directory as the target"

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
        self._counted: dict[str, int] = {}
        """Rows by the id of their collection."""

    @property
    def lock_name(self) -> str | None:
        """The directory's real path."""
        return os.path.realpath(self.path)

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
    def files(self) -> ChromaStore:
        """The reader, with all that only files tell."""
        return cast("ChromaStore", self.store)  # `open_store` gives no other

    def open_store(self) -> ChromaStore:
        """Open the files for reading.

        Raises:
            MemctlError: when there is no store, or it can't be read.
        """
        return open_store(self.path, is_live=self._writer is not None)

    @contextmanager
    def open_writer(self) -> Iterator[Writer]:
        """Open chromadb's client on the directory.

        Raises:
            UnsupportedSchema: when the store is of another schema level than chromadb makes.
        """
        from .writer import ClientWriter

        self._check_schema()
        with closing(ClientWriter(self.path)) as writer:
            self.forget_reader()  # what was read so far may be a private copy of the files
            yield writer

    def settle(self) -> None:
        """Let chromadb save its indexes, or remove what an earlier run left of that."""
        from .index_guard import recover

        if self._writer is not None:
            cast("ClientWriter", self._writer).settle()  # `open_writer` gives no other
        elif self.access.writable:
            recover(self.path)

    def rows_in(self, stored: StoredCollection) -> int:
        """Count the rows of a collection, those in the queue too; to read, just once.

        What is read has one count from beginning to end: its revision says what was written since.
        """
        if self.access.writable:
            return self.files.count(stored)
        if stored.id not in self._counted:
            self._counted[stored.id] = self.files.count(stored)
        return self._counted[stored.id]

    def forget_reader(self) -> None:
        """Open the place anew when it is read next, and count it anew."""
        super().forget_reader()
        self._counted.clear()

    def revision(self, memory_type: MemoryType) -> str:
        """Name the last operation on each collection of the type."""
        with open_store(self.path, is_live=self._writer is not None) as store:
            collections = Reader(self, store).collections(memory_type)
            return " ".join(store.revision(stored) for stored in collections)

    def _check_schema(self) -> None:
        from .upgrade import check_schema

        check_schema(self.files.schema, self.path, is_allowed=self.access.upgrade)

    def plan_setup(self, request: SetupRequest) -> list[Step]:
        """List the steps to a store with a collection for each type."""
        from .setup import plan_store

        return plan_store(self, request)

    def check(self) -> list[Check]:
        """Look at schema, vectors, rows, queue and files."""
        from .health import check_store

        return check_store(self)

    def store_files(self) -> DirectoryFiles:
        """Give the directory's files."""
        from .files import DirectoryFiles

        return DirectoryFiles(self)

    def plan_files(
        self, source: Snapshotted, hashes: Mapping[str, str] | None = None
    ) -> Step | None:
        """Give the step that takes over the files of another directory, where this one is empty."""
        from .file_restore import plan_file_restore

        if not isinstance(source, ChromaDirectory):
            return None
        return plan_file_restore(self, source, hashes)

    def size_bytes(self) -> int | None:
        """Add up the store's own files."""
        return self.files.inspect().size

"""A Chroma directory as a memory store."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from ...facets import CheckedForDeletion, Settling, Snapshotted
from ...shared.invalidation import Invalidating
from ..base import ChromaBase
from ..checks import check_owners
from .place import DirectoryPlace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ....model.backend.capability import Capability
    from ....model.backend.check import Check
    from ....model.memory_type import MemoryType
    from ....model.step import Step
    from ...base import SetupRequest
    from .files import DirectoryFiles


class ChromaDirectory(ChromaBase, Snapshotted, CheckedForDeletion, Settling):
    """One Chroma directory; reading never opens it with chromadb."""

    @cached_property
    def place(self) -> DirectoryPlace:
        """The directory, opened when it is first read or written."""
        return DirectoryPlace(self.settings, self.access)

    @property
    def identity(self) -> str:
        """The directory's real path."""
        return os.path.realpath(self.place.path)

    def require(self, capability: Capability, *, as_writer: bool = False) -> None:
        """Raise unless it can be done; to a writer, chromadb must be able to open the store.

        Raises:
            UnsupportedOperation: when the connection can't do it.
            UnsupportedSchema: when chromadb would rewrite the store, or can't open it.
        """
        super().require(capability, as_writer=as_writer)
        if as_writer:
            self.place.check_schema()

    def check_deletable(self, collections: frozenset[str]) -> None:
        """Look at the database, and at the files of the indexes as chromadb does when it saves.

        It takes deletions into its queue until then, and fails, or never ends, at the 1000th.

        Raises:
            DamagedStore: when one is missing or does not fit to the others.
        """
        files, names = self.place.files, self.place.names
        files.check_pages()
        for stored in files.collections():
            if names.full(stored) in collections:
                files.check_index(stored)

    def settle(self) -> None:
        """Make chromadb save its indexes, or remove what an earlier run left of that."""
        self.place.settle()

    def revision(self, memory_type: MemoryType) -> str:
        """Return the last operation on each collection of the type, as the files are now."""
        return self.place.revision(memory_type)

    def _plan_setup(self, request: SetupRequest) -> list[Step]:
        """List the steps to a store with a collection for each type."""
        from .setup import plan_store

        return plan_store(self.place, request)

    def check(self) -> list[Check]:
        """Return the checks of schema, vectors, rows, queue and files."""
        from .health import check_store

        return [*check_store(self.place), *check_owners(self.tally())]

    def store_files(self) -> DirectoryFiles:
        """Return the directory's files."""
        from .files import DirectoryFiles

        return DirectoryFiles(self.place.path, self.place.files.schema, self.settings["map"])

    def plan_files(
        self, source: Snapshotted, hashes: Mapping[str, str] | None = None
    ) -> Step | None:
        """Return the step that takes over another directory's files, where this one is empty."""
        from .file_restore import plan_file_restore

        if not isinstance(source, ChromaDirectory):
            return None
        step = plan_file_restore(self.place, source.place, hashes)
        return None if step is None else Invalidating(step, self._forget_description)

    def size_bytes(self) -> int | None:
        """Return the size of the store's own files."""
        return self.place.files.inspect().size

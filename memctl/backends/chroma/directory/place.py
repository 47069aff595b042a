"""A Chroma directory: chromadb opens it to write and for nothing else."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ....formats.chroma import open_store
from ....formats.chroma.store import SQLITE_FILE
from ..place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ....formats.chroma import ChromaStore, StoredCollection
    from ....model.memory_type import MemoryType
    from ...base import Access
    from ..writer import Writer
    from .writer import ClientWriter


class DirectoryPlace(Place):
    """One Chroma directory; it is opened when it is first read or written."""

    other_target = "choose another directory as the target"

    def __init__(self, settings: Mapping[str, Any], access: Access) -> None:
        super().__init__(settings, access, f"chroma:{settings['path']}")
        self.path = Path(os.path.expanduser(settings["path"]))  # noqa: PTH111 - pathlib's raises where there is no home
        self._counted: dict[str, int] = {}
        """Rows by the id of their collection."""

    def exists(self) -> bool:
        """Return whether a Chroma store lies there.

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
        return cast("ChromaStore", self.store)  # `_open_store` returns no other

    def _open_store(self) -> ChromaStore:
        return open_store(self.path, is_live=self._writer is not None)

    @contextmanager
    def _open_writer(self) -> Iterator[Writer]:
        from .writer import ClientWriter

        self.check_schema()
        with closing(ClientWriter(self.path)) as writer:
            self.forget_reader()  # what was read so far may be a private copy of the files
            yield writer

    def check_schema(self) -> None:
        """Raise where chromadb would rewrite the store, or can't open it.

        Raises:
            UnsupportedSchema: then, unless `Access.upgrade` allows the rewriting.
        """
        from .upgrade import check_schema

        check_schema(self.files.schema, self.path, is_allowed=self.access.upgrade)

    def settle(self) -> None:
        """Make chromadb save its indexes, or remove what an earlier run left of that."""
        from .index_guard import recover

        if self._writer is not None:
            cast("ClientWriter", self._writer).settle()  # `_open_writer` yields no other
        elif self.access.writable:
            recover(self.path)

    def rows_in(self, stored: StoredCollection) -> int:
        """Return how many rows a collection has, those in the queue too; to read, counted once.

        What is read has one count from beginning to end: its revision says what was written since.
        """
        if self.access.writable:
            return self.files.count(stored)
        if stored.id not in self._counted:
            self._counted[stored.id] = self.files.count(stored)
        return self._counted[stored.id]

    def revision(self, memory_type: MemoryType) -> str:
        """Return the last operation on each collection of the type, as the files are now."""
        with self._open_store() as store:
            collections = self.new_reader(store).collections(memory_type)
            return " ".join(store.revision(stored) for stored in collections)

    def forget_reader(self) -> None:
        """Open the place anew when it is read next, and count it anew."""
        super().forget_reader()
        self._counted.clear()

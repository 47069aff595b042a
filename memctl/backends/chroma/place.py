"""A directory or server that holds Chroma collections, opened when it is first read or written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ClassVar

from ...model.errors import UnsupportedOperation
from .names import DEFAULT_HOME, Names
from .reader import Reader
from .rows import is_own_layout

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from ...formats.chroma import StoredCollection
    from ...model.memory_type import MemoryType
    from ..base import Access
    from .store import Store
    from .writer import Writer


class Place(ABC):
    """Where collections lie; what reads, writes, checks and sets them up shares it.

    Args:
        settings: of the backend.
        access: whether the store may be changed.
        location: as the user would write it.
        home: tenant and database of the collections that memctl writes to.
    """

    other_target: ClassVar[str]
    """The hint where a collection's name is taken by another program."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        access: Access,
        location: str,
        home: tuple[str, str] = DEFAULT_HOME,
    ) -> None:
        self.settings = settings
        self.access = access
        self.location = location
        self.names = Names(home, settings["map"])
        self._resources = ExitStack()
        self._store: Store | None = None
        self._reader: Reader | None = None
        self._writer: Writer | None = None

    @abstractmethod
    def exists(self) -> bool:
        """Return whether a store is there, by looking only."""

    @abstractmethod
    def _open_store(self) -> AbstractContextManager[Store]:
        """Open the place for reading.

        Raises:
            MemctlError: when there is no store, or it can't be read.
        """

    @abstractmethod
    def _open_writer(self) -> AbstractContextManager[Writer]:
        """Open the place for writing.

        Raises:
            MemctlError: when it can't be written.
        """

    @abstractmethod
    def rows_in(self, stored: StoredCollection) -> int:
        """Return how many rows a collection has."""

    @property
    def store(self) -> Store:
        """What reads the collections, opened when something is first read."""
        if self._store is None:
            self._store = self._resources.enter_context(self._open_store())
        return self._store

    @property
    def writer(self) -> Writer:
        """What writes rows, opened when something is first written."""
        if self._writer is None:
            self._writer = self._resources.enter_context(self._open_writer())
        return self._writer

    @property
    def reader(self) -> Reader:
        """The store's rows as records; a read-only connection lists the collections just once."""
        if self._reader is None or self.access.writable:
            self._reader = self.new_reader(self.store)
        return self._reader

    def new_reader(self, store: Store) -> Reader:
        """Return what reads an open store's rows as records."""
        return Reader(store, self.names, self.rows_in, self.location)

    def own_collection(self, memory_type: MemoryType) -> StoredCollection | None:
        """Return the collection that memctl writes records of the type to.

        Raises:
            UnsupportedOperation: when another program made a collection of that name.
        """
        for stored in self.store.collections():
            if stored.name != memory_type or not self.names.is_home(stored):
                continue
            if is_own_layout(stored):
                return stored
            raise UnsupportedOperation(
                f"collection `{stored.name}` in `{self.location}` was made by another program, "
                "and memctl writes to none but its own",
                hint=self.other_target,
            )
        return None

    def has_own_layout(self) -> bool:
        """Return whether memctl made a collection of the store, or the store has none at all."""
        stored = self.store.collections()
        return not stored or any(map(is_own_layout, stored))

    def forget_reader(self) -> None:
        """Open the place anew when it is read next."""
        self._store = self._reader = None

    def close(self) -> None:
        """Close what reads and what writes."""
        self._resources.close()
        self._writer = None
        self.forget_reader()

"""The protocol of what reads collections: `formats.chroma` from files, `server` over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from ...formats.chroma import DayCount, StoredCollection


class Rows(Protocol):
    """Some rows of a collection, in parallel lists of one length; see `formats.chroma.RowBatch`."""

    @property
    def ids(self) -> Sequence[str]: ...  # noqa: D102 - as in `RowBatch`
    @property
    def documents(self) -> Sequence[str | None]: ...  # noqa: D102 - as in `RowBatch`
    @property
    def metadatas(self) -> Sequence[dict[str, Any]]: ...  # noqa: D102 - as in `RowBatch`
    @property
    def created_at(self) -> Sequence[datetime | None]:
        """When Chroma first stored each row, where the place tells."""

    @property
    def embeddings(self) -> NDArray[np.float32] | None: ...  # noqa: D102 - as in `RowBatch`
    @property
    def has_embedding(self) -> Sequence[bool]: ...  # noqa: D102 - as in `RowBatch`
    @property
    def cursor(self) -> str: ...  # noqa: D102 - as in `RowBatch`


class Store(Protocol):
    """Collections, open for reading; every method means what it does in `ChromaStore`."""

    def collections(self) -> list[StoredCollection]:
        """Return every collection that can be seen."""

    def scan(
        self,
        collection: StoredCollection,
        *,
        after: str | None = None,
        until: str | None = None,
        batch_size: int = 1000,
        ids: frozenset[str] | None = None,
        where: Mapping[str, str] | None = None,
        with_embeddings: bool = True,
    ) -> Iterator[Rows]:
        """Yield rows in a stable order."""

    def partition_points(self, collection: StoredCollection, n: int) -> list[str]:
        """Return up to ``n - 1`` cursors that part the order into about equal ranges."""

    def tally(self, collection: StoredCollection, *, row_times: bool = True) -> list[DayCount]:
        """Return the rows' counts by group, crew, agent and UTC day."""

    def owners(
        self, collection: StoredCollection, ids: Iterable[str]
    ) -> dict[str, tuple[str | None, str | None]]:
        """Return group and crew of each of the ids that the collection holds."""

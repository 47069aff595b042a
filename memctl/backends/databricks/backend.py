"""The backend class: the indexes that a profile names, one per memory type."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

from ...model.errors import InvalidSetting, UnsupportedOperation, UsageError
from ...model.memory_type import MemoryType
from ...model.selector import EVERYTHING, Selector
from ...workspace.connection import Workspace
from ..base import (
    DEFAULT_BATCH_SIZE,
    READ_ONLY,
    Access,
    Failure,
    FailureReason,
    Partition,
    WriteResult,
)
from ..shared.tallying import tally_batches
from .indexes.description import IndexesDescribed
from .indexes.service import VectorSearch
from .info import HOLDS, INFO
from .naming import index_setting, own_indexes
from .provisioned import ProvisionedDatabricks
from .tallies import add_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ...model.backend.collection import Collection, Description, TallyRow
    from ...model.backend.info import BackendInfo
    from ...model.record import MemoryRecord
    from ..base import Batch, Hit, ReadSecret
    from ..holding import Holds
    from .rows.open_index import OpenIndex

MOST_RESULTS = 10_000
"""The most results that the service returns for one query."""

_ROWS_WORTH_A_RANGE = 500


class DatabricksBackend(ProvisionedDatabricks):
    """The indexes that a profile names, one per memory type; each is opened at its first use."""

    holds: ClassVar[Holds] = HOLDS
    info: ClassVar[BackendInfo] = INFO

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        read_secret: ReadSecret,
        access: Access = READ_ONLY,
    ) -> None:
        """Keep the settings; the workspace is asked when it is first read or written."""
        super().__init__(settings, read_secret=read_secret, access=access)
        self.workspace = Workspace(
            settings, read_secret, timeout=access.timeout, redactor=access.redactor
        )
        self.service = VectorSearch(self.workspace)
        self._open_indexes: dict[MemoryType, OpenIndex] = {}
        self._opening = Lock()
        _check_distinct(settings)

    @property
    def location(self) -> str:
        """The workspace, and the schema that its indexes are in."""
        place = f"{self.settings['catalog']}.{self.settings['schema']}"
        return f"databricks:{self.workspace.host}/{place}"

    @property
    def identity(self) -> str:
        """The workspace and the indexes."""
        names = [self.index_name(each) or "" for each in MemoryType]
        return f"{self.workspace.host} {' '.join(names)}"

    def index_name(self, memory_type: MemoryType) -> str | None:
        """Name the index of a memory type, or `None` where the profile names none."""
        name: str | None = self.settings[index_setting(memory_type)]
        return name

    def _describe(self) -> Description:
        """Return the profile's indexes."""
        return IndexesDescribed(own_indexes(self.settings), self._open_index)

    def rows_in(self, collection: Collection) -> int:
        """Return the service's own count of an index's rows, which may lag behind."""
        return sum(
            self._open_index(memory_type).count_rows()
            for memory_type, name in own_indexes(self.settings).items()
            if name == collection.name
        )

    def _open_index(self, memory_type: MemoryType) -> OpenIndex:
        """Open the index of a type, once.

        Raises:
            UnsupportedOperation: when the profile names none.
            StoreNotFound: when there is no index of that name.
        """
        from .rows.open_index import OpenIndex

        name = self.index_name(memory_type)
        if name is None:
            raise UnsupportedOperation(
                f"the profile names no index for `{memory_type}`",
                hint=f"make one with `memctl index create {memory_type}`, or set "
                f"`{index_setting(memory_type)}`",
            )
        with self._opening:
            if memory_type not in self._open_indexes:
                self._open_indexes[memory_type] = OpenIndex(
                    self.service, name, memory_type, self.access.timeout
                )
            return self._open_indexes[memory_type]

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
        """Stream the rows of the type's index in the order of their keys."""
        if self.index_name(memory_type) is None:
            return
        yield from self._open_index(memory_type).reader.scan(
            selector, batch_size, after=after, until=until, with_embeddings=with_embeddings
        )

    def partitions(self, memory_type: MemoryType, n: int) -> list[Partition]:
        """Cut the keys into ranges, where there are enough rows for it."""
        from .rows.ranges import find_cuts

        whole = [Partition(None, None)]
        if self.index_name(memory_type) is None:
            return whole
        index = self._open_index(memory_type)
        n = min(n, index.count_rows() // _ROWS_WORTH_A_RANGE)
        if n < 2 or not index.layout.has_text_keys:  # noqa: PLR2004 - one range needs no cut
            return whole
        index.settle()
        name = self.index_name(memory_type)
        cuts = [f"{name}:{each}" for each in find_cuts(index.reader.next_key, n)]
        bounds = [None, *cuts, None]
        return [Partition(a, b) for a, b in pairwise(bounds)]

    def tally(self, selector: Selector = EVERYTHING) -> list[TallyRow]:
        """Count by reading, several ranges of keys at once."""
        parts = [
            (memory_type, part)
            for memory_type in self.describe().types
            if selector.wants(memory_type)
            for part in self.partitions(memory_type, self.info.readers)
        ]
        with ThreadPoolExecutor(self.info.readers) as pool:
            return add_up(pool.map(lambda each: self._tally_part(each, selector), parts))

    def _tally_part(
        self, place: tuple[MemoryType, Partition], selector: Selector
    ) -> list[TallyRow]:
        memory_type, part = place
        return tally_batches(
            self.scan(
                memory_type, selector, after=part.after, until=part.until, with_embeddings=False
            )
        )

    def owners(
        self, memory_type: MemoryType, ids: Sequence[str]
    ) -> dict[str, tuple[str | None, str | None]]:
        """Look up group and crew in the type's index."""
        return self._open_index(memory_type).reader.owners(ids)

    def unheld_fields(self, memory_type: MemoryType, record: MemoryRecord) -> list[str]:
        """Name what of a record the type's index has no column for."""
        from .rows.records import unheld_fields

        return unheld_fields(record, self._open_index(memory_type).layout)

    def _write(self, memory_type: MemoryType, records: Sequence[MemoryRecord]) -> WriteResult:
        return WriteResult.of(records, self._open_index(memory_type).upsert(records))

    def _delete(
        self, memory_type: MemoryType, ids: Sequence[str], selector: Selector
    ) -> WriteResult:
        meant = replace(selector, ids=frozenset(ids))
        found = self.scan(memory_type, meant, with_embeddings=False)
        keys = [record.id for batch in found for record in batch.records]
        if not keys:
            return WriteResult(0)
        written = self._open_index(memory_type).delete(keys)
        failure = Failure(FailureReason.REFUSED, "the workspace does not delete the row")
        return WriteResult(len(written.done), dict.fromkeys(written.failed, failure))

    def search(
        self,
        memory_type: MemoryType,
        vector: NDArray[np.float32],
        *,
        limit: int = 10,
        selector: Selector = EVERYTHING,
    ) -> list[Hit]:
        """Let the service rank rows by L2 distance; it may miss some of the nearest.

        Raises:
            UsageError: for more results than the service gives.
            WrongDimension: when the index holds vectors of another dimension.
        """
        if limit > MOST_RESULTS:
            raise UsageError(
                f"{limit} results are more than the {MOST_RESULTS} that the service gives",
                hint=f"ask for at most {MOST_RESULTS}, or list records instead",
            )
        if limit < 1 or self.index_name(memory_type) is None:
            return []
        index = self._open_index(memory_type)
        index.check_vector(vector)
        asked = limit
        while True:
            hits, is_all = index.reader.nearest(vector.tolist(), asked, selector)
            if len(hits) >= limit or is_all:
                return hits[:limit]
            if asked == MOST_RESULTS:
                return super().search(memory_type, vector, limit=limit, selector=selector)
            asked = min(asked * 8, MOST_RESULTS)

    def close(self) -> None:
        """Close every connection; closing twice is fine."""
        super().close()
        self._open_indexes.clear()
        self.workspace.close()


def _check_distinct(settings: Mapping[str, Any]) -> None:
    """Refuse one index for two memory types.

    Raises:
        InvalidSetting: then.
    """
    used: dict[str, str] = {}
    for setting in map(index_setting, MemoryType):
        name = settings[setting]
        if name is not None and used.setdefault(name.lower(), setting) != setting:
            raise InvalidSetting(
                f"settings `{used[name.lower()]}` and `{setting}` name the same index",
                hint="give each memory type an index of its own",
            )

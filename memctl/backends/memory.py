"""The reference backend: records in this process, which are gone when it ends."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from itertools import count, islice, pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from ..model.backend.capability import Capability
from ..model.backend.check import Check, CheckStatus
from ..model.backend.collection import Collection, Description
from ..model.backend.info import BackendInfo
from ..model.errors import InvalidCursor
from ..model.memory_type import MemoryType
from ..model.selector import EVERYTHING, Selector
from .base import (
    DEFAULT_BATCH_SIZE,
    READ_ONLY,
    Access,
    Batch,
    MemoryBackend,
    Partition,
    WriteResult,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..model.record import MemoryRecord
    from .base import ReadSecret


class MemoryInProcess(MemoryBackend):
    """Records in a dictionary per memory type, in the order of their first writing."""

    info: ClassVar[BackendInfo] = BackendInfo(
        name="memory",
        title="in this process, for trying things out and for tests",
        settings=(),
        capabilities=frozenset(
            {
                Capability.READ,
                Capability.UPSERT,
                Capability.DELETE,
                Capability.PROBE,
                Capability.ROWS_WITHOUT_VECTORS,
            }
        ),
        location_setting=None,
    )

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        read_secret: ReadSecret,
        access: Access = READ_ONLY,
    ) -> None:
        """Start empty."""
        super().__init__(settings, read_secret=read_secret, access=access)
        self._rows: dict[MemoryType, dict[str, tuple[int, MemoryRecord]]] = {}
        self._positions = count(1)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """All of them: nobody else can open what is in this process."""
        return self.info.capabilities

    @property
    def location(self) -> str:
        """Always ``memory:``."""
        return "memory:"

    @property
    def identity(self) -> str:
        """This very object: no two share their records."""
        return f"memory:{id(self):x}"

    def check(self) -> list[Check]:
        """Return the one check, which always holds."""
        return [Check("reachable", CheckStatus.OK, "in this process", "in this process")]

    def _describe(self) -> Description:
        """Return one collection per memory type that was written, as its first vectors are."""
        return Description(
            [
                Collection(memory_type, memory_type, self._dimension(memory_type), "cosine")
                for memory_type in self._rows
            ]
        )

    def _dimension(self, memory_type: MemoryType) -> int | None:
        vectors = (record.embedding for _, record in self._rows[memory_type].values())
        return next((each.shape[0] for each in vectors if each is not None), None)

    def rows_in(self, collection: Collection) -> int:
        """Return how many records of a type there are."""
        return len(self._rows[MemoryType(collection.name)])

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
        """Yield copies of the records in the order of their first writing."""
        first = _position(after) or 0
        last = _position(until)
        meant = (
            (position, record)
            for position, record in list(self._rows.get(memory_type, {}).values())
            if position > first and (last is None or position <= last) and selector.matches(record)
        )
        while page := list(islice(meant, batch_size)):
            records = [_copy(record, with_embedding=with_embeddings) for _, record in page]
            yield Batch(memory_type, records, str(page[-1][0]))

    def partitions(self, memory_type: MemoryType, n: int) -> list[Partition]:
        """Return runs of positions of about the same length."""
        positions = [position for position, _ in self._rows.get(memory_type, {}).values()]
        step = max(1, -(-len(positions) // n))
        bounds = [None, *(str(each) for each in positions[step - 1 : -1 : step]), None]
        return [Partition(a, b) for a, b in pairwise(bounds)]

    def _write(self, memory_type: MemoryType, records: Sequence[MemoryRecord]) -> WriteResult:
        rows = self._rows.setdefault(memory_type, {})
        for record in records:
            position = rows[record.id][0] if record.id in rows else next(self._positions)
            rows[record.id] = (position, _copy(record))
        return WriteResult(len(records))

    def _delete(
        self, memory_type: MemoryType, ids: Sequence[str], selector: Selector
    ) -> WriteResult:
        rows = self._rows.get(memory_type, {})
        meant = [each for each in set(ids) if each in rows and selector.matches(rows[each][1])]
        for each in meant:
            del rows[each]
        return WriteResult(len(meant))

    def close(self) -> None:
        """Keep the records: they live as long as the object."""


def _position(cursor: str | None) -> int | None:
    if cursor is not None and not cursor.isdecimal():
        raise InvalidCursor(f"`{cursor[:80]}` is not a cursor of backend `memory`")
    return None if cursor is None else int(cursor)


def _copy(record: MemoryRecord, *, with_embedding: bool = True) -> MemoryRecord:
    """Return a copy that shares nothing mutable with the record."""
    vector = record.embedding
    return replace(
        record,
        embedding=vector.copy() if vector is not None and with_embedding else None,
        metadata=deepcopy(record.metadata),
    )

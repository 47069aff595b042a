"""One open index: its reader, its writer, and the wait until reads see what was written."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ....model.errors import NotAStore, NotPermitted, StoreNotFound, WrongDimension
from ..indexes.layouts import read_layout
from ..indexes.schema import read_vector
from ..indexes.states import FAILED, PROVISIONING, STOPPED, index_state
from ..resource_errors import NotReady
from .reader import Reader
from .visibility import Visibility
from .writer import Writer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ....model.memory_type import MemoryType
    from ....model.record import MemoryRecord
    from ...base import Failure
    from ..indexes.service import VectorSearch
    from .writer import Written

_LONGEST_PATIENCE_SECONDS = 10.0


class OpenIndex:
    """The index of one memory type, described and open.

    Args:
        service: of the workspace that it is in.
        name: its full name.
        memory_type: the type that it holds.
        timeout: seconds for one request.

    Raises:
        NotReady: when its rows can't be read or written now.
        NotAStore: when it holds no vectors of its own.
        MemctlError: when it can't be described.
    """

    def __init__(
        self, service: VectorSearch, name: str, memory_type: MemoryType, timeout: float
    ) -> None:
        from .data_plane import open_data_plane

        described = _ready(service, name)
        layout = read_layout(described)
        vector, dimension = read_vector(described)
        if vector is None or dimension is None:
            raise NotAStore(
                f"index `{name}` at `{service.workspace.host}` names no column of vectors",
                hint="memctl works on indexes of vectors, made by `memctl setup databricks`",
            )
        self._service = service
        self._name = name
        self._has_written = False
        index = open_data_plane(service, name)
        self.dimension = dimension
        self.layout = layout
        self.reader = Reader(
            index,
            layout,
            memory_type,
            dimension,
            row_count=self.count_rows,
            endpoint_type=self.endpoint_type,
            settle=self.settle,
        )
        self._writer = Writer(index, layout)
        self._visibility = Visibility(self.reader.find, min(timeout, _LONGEST_PATIENCE_SECONDS))

    def count_rows(self) -> int:
        """Return the service's count of rows as of the last answer; it may lag behind.

        It is asked again only after this connection has written.
        """
        fresh, self._has_written = self._has_written, False
        status = self._service.describe(self._name, fresh=fresh).get("status") or {}
        return int(status.get("indexed_row_count") or 0)

    def endpoint_type(self) -> str | None:
        """Return the endpoint's type, which tells the filter dialect; `None` if it is hidden."""
        name = self._service.describe(self._name).get("endpoint_name")
        with suppress(NotPermitted, StoreNotFound):
            found = self._service.endpoint(name).get("endpoint_type") if name else None
            return str(found) if found else None
        return None

    def check_vector(self, vector: NDArray[np.float32]) -> None:
        """Refuse to search with a vector that the index's own can't be compared with.

        Raises:
            WrongDimension: then.
        """
        if vector.shape != (self.dimension,):
            raise WrongDimension(
                f"the vector has {vector.shape[0]} dimensions, and index `{self._name}` has "
                f"{self.dimension}",
                hint="search with a vector of the model that made the stored ones",
            )

    def settle(self) -> None:
        """Wait until reads see what was written."""
        self._visibility.wait()

    def upsert(self, records: Sequence[MemoryRecord]) -> dict[str, Failure]:
        """Write records; return the ids that were not written."""
        written, failed = self._writer.upsert(records)
        self._has_written = True
        self.reader.note_written(record for record, _ in written)
        if written:
            record, row = written[-1]
            texts = {name: each for name, each in row.items() if self._is_text(name)}
            self._visibility.expect(record.id, texts)
        return failed

    def delete(self, keys: Sequence[str]) -> Written:
        """Delete rows by key."""
        written = self._writer.delete(keys)
        self._has_written = True
        self.reader.note_deleted(written.done)
        if written.done:
            self._visibility.expect(written.done[-1], None)
        return written

    def _is_text(self, column: str) -> bool:
        return self.layout.columns.get(column) == "string"


def _ready(service: VectorSearch, name: str) -> Mapping[str, Any]:
    """Return the description of a ready index; one that was not ready is asked about again.

    Raises:
        NotReady: when it still is not.
    """
    described = service.describe(name)
    if _is_down(described):
        described = service.describe(name, fresh=True)
    if _is_down(described):
        status = described.get("status") or {}
        said = status.get("message") or status.get("detailed_state") or "no state"
        raise NotReady(
            f"index `{name}` at `{service.workspace.host}` is {index_state(described)}: {said}",
            hint="run `memctl verify` to see what it waits for",
        )
    return described


def _is_down(described: Mapping[str, Any]) -> bool:
    is_ready = (described.get("status") or {}).get("ready")
    return not is_ready and index_state(described) in {PROVISIONING, STOPPED, FAILED}

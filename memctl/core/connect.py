"""From a profile or location, and secrets, to an open store; choosing it is done in `selection`."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..backends.base import DEFAULT_BATCH_SIZE, READ_ONLY, Access
from ..backends.facets import KnowsUsers
from ..model.results import StoreUsed
from .credentials import secret_reader
from .operations.locks import hold_lock
from .query.rows import EVERY_ROW, Rows
from .selection import StoreRequest, select

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from ..backends.base import Batch, Hit, MemoryBackend
    from ..model.memory_type import MemoryType
    from ..model.redaction import Redactor
    from ..model.results import LoggedIn
    from ..model.selector import Selector
    from .selection import Selection

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Connection:
    """An open store within the group in force: what `memctl.connect` gives.

    Attributes:
        backend: the store itself, which knows no group in force.
        selection: why this store, and whose rows are meant.
    """

    backend: MemoryBackend
    selection: Selection

    @property
    def redactor(self) -> Redactor:
        """What takes the secrets of this run out of what is told of it."""
        return self.selection.connecting.redactor

    @property
    def used(self) -> StoreUsed:
        """Return which store this is, for results."""
        profile = self.selection.profile
        return StoreUsed(
            backend=self.selection.backend,
            location=self.backend.location,
            profile=profile.name if profile else None,
            selected_by=self.selection.selected_by,
            login=log_in(self.backend),
        )

    def selector(self, rows: Rows = EVERY_ROW) -> Selector:
        """Return the selector of the rows that are asked for, within the group in force."""
        return self.selection.selector(rows)

    def count(self, **selected: Any) -> int:
        """Count records; takes the attributes of `Rows`, such as ``crew_id``."""
        return self.backend.count(self.selector(Rows(**selected)))

    def scan(self, *, batch_size: int = DEFAULT_BATCH_SIZE, **selected: Any) -> Iterator[Batch]:
        """Stream the records of every type in batches; takes the attributes of `Rows` too."""
        yield from self.read(Rows(**selected), batch_size=batch_size)

    def read(self, rows: Rows, **how: Any) -> Iterator[Batch]:
        """Stream the records that are asked for, type by type, as the store's `scan` does."""
        selector = self.selector(rows)
        for memory_type in filter(selector.wants, self.backend.describe().types):
            yield from self.backend.scan(memory_type, selector, **how)

    def search(
        self,
        memory_type: MemoryType,
        vector: NDArray[np.float32],
        *,
        limit: int = 10,
        **selected: Any,
    ) -> list[Hit]:
        """Find the records of a type nearest to a vector of shape ``(dimension,)``, best first."""
        selector = self.selector(Rows(**selected))
        return self.backend.search(memory_type, vector, limit=limit, selector=selector)


def log_in(backend: MemoryBackend) -> LoggedIn | None:
    """Log in, once, and say as whom; `None` where the store knows no users.

    Raises:
        CredentialError: when no method of logging in works.
    """
    store = backend.facet(KnowsUsers)
    return None if store is None else store.log_in()


@contextmanager
def connect(
    request: StoreRequest, access: Access = READ_ONLY, *, only_looks: bool = False
) -> Iterator[Connection]:
    """Open the store that is asked for; a writer holds its lock until the end.

    Args:
        request: which store.
        access: whether it may be changed.
        only_looks: as `select` takes it.

    Raises:
        MemctlError: when no store is chosen, or it can't be opened.
    """
    with open_selection(select(request, only_looks=only_looks), access) as connection:
        yield connection


@contextmanager
def open_selection(selection: Selection, access: Access = READ_ONLY) -> Iterator[Connection]:
    """Open a store that was chosen already; no error of it tells a secret."""
    connecting = selection.connecting
    try:
        backend = selection.kind.open(
            selection.settings,
            read_secret=secret_reader(selection),
            access=replace(access, timeout=connecting.timeout, redactor=connecting.redactor),
        )
        logger.info("opening %s: %s", backend.location, selection.reason)
        with hold_lock(backend.writer_lock if access.writable else None), backend:
            yield Connection(backend, selection)
    except Exception as exc:
        connecting.redactor.clean(exc)
        raise

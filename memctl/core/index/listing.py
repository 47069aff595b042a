"""Lists indexes and looks at one; changes none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.results import IndexListResult, IndexResult
from ..selection import select
from .store import open_indexes

if TYPE_CHECKING:
    from ..selection import StoreRequest


def list_indexes(request: StoreRequest) -> IndexListResult:
    """List a profile's indexes, and the others on its endpoints.

    Raises:
        UnsupportedOperation: when the store has none.
        MemctlError: when nobody can log in.
    """
    with open_indexes(select(request)) as store:
        return IndexListResult(**store.used.named, indexes=list(store.indexes.list_indexes()))


def show_index(request: StoreRequest, name: str, *, count: bool = False) -> IndexResult:
    """Look at one index, named by its memory type or its name.

    Args:
        request: which store.
        name: a memory type, a full name or the end of one.
        count: count its rows by group, by reading them.

    Raises:
        StoreNotFound: when there is no such index.
        MemctlError: when it can't be looked at.
    """
    with open_indexes(select(request)) as store:
        facts = store.indexes.find_index(name)
        rows = store.count(facts.type) if count and facts.type is not None else []
        return IndexResult(**store.used.named, index=facts, rows=rows)

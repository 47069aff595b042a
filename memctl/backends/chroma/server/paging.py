"""Asks a server page by page, in requests of a size that it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from ....model.errors import StoreLocked
from .errors import TooMuchAtOnce

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .database import Database

T = TypeVar("T")
R = TypeVar("R")

_ATTEMPTS: Final = 5


def in_pages(items: Sequence[T], size: int, ask: Callable[[Sequence[T]], R]) -> Iterator[R]:
    """Yield the answers for items page by page; a page that is too large is asked in halves.

    A server tells how many rows it takes, but neither how many bytes nor its quota.

    Args:
        items: what is asked for or sent.
        size: how many items of it per request.
        ask: makes one request.
    """
    for start in range(0, len(items), size):
        page = items[start : start + size]
        try:
            answer = ask(page)
        except TooMuchAtOnce:
            if len(page) == 1:
                raise
            yield from in_pages(page, (len(page) + 1) // 2, ask)
        else:
            yield answer


def list_ids(database: Database, collection_id: str, where: Mapping[str, Any] | None) -> list[str]:
    """List the ids of a collection, sorted.

    A server pages by offset, in the order in which rows were first written: Chroma 1.0 and 1.5 sort
    by `embeddings.id`, which only grows (`rust/segment/src/sqlite_metadata.rs`). A row that is
    deleted meanwhile moves those after it up, past the next page. So each page begins with the last
    row of the one before: if that is not there, listing begins anew.

    Raises:
        StoreLocked: when rows are deleted all the time.
    """
    for _ in range(_ATTEMPTS):
        found = _list_once(database, collection_id, where)
        if found is not None:
            return sorted(found)
    raise StoreLocked(
        f"something else keeps deleting from `{database.address.url}`",
        hint="try again when it is done",
    )


def _list_once(
    database: Database, collection_id: str, where: Mapping[str, Any] | None
) -> set[str] | None:
    """Return the ids, or `None` when rows were deleted before the place that was reached."""
    found: set[str] = set()
    limit = database.page_size
    while True:
        offset = max(0, len(found) - 1)
        query: dict[str, Any] = {"limit": limit, "offset": offset, "where": where, "include": []}
        try:
            page = database.rows(collection_id, query)["ids"]
        except TooMuchAtOnce:
            if limit <= 2:  # noqa: PLR2004 - one row is known already, and one is new
                raise
            limit = limit // 2
            continue
        if found and found.isdisjoint(page):
            return None
        if found.issuperset(page):
            return found
        found.update(page)

"""Splits what is asked of a server into requests that it takes; what they are, others know."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .errors import TooMuchAtOnce

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")


def in_pages(items: Sequence[T], size: int, ask: Callable[[Sequence[T]], R]) -> Iterator[R]:
    """Ask for items page by page; a page that the server finds too large, in halves.

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
